"""`scorecam explain --retry-failed`: the options of an earlier run out of its log, beside what is given now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

import click
from click.core import ParameterSource

from scorecam_cli.config import PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.outcomes import Found

_SHOWN = 200  # characters of a value in a message


def retried(
    log: Path, photos: PhotoSettings, options: Mapping[str, Any]
) -> tuple[PhotoSettings, dict[str, Any], Found]:
    """Settings as they were in the run of a log, and the photos that failed in it.

    Args:
        log: the file of an earlier --log.
        photos: as given now; where any is named, only those of them are tried again.
        options: all other settings by field name, given now or by default.

    Raises:
        UsageError: the log cannot be read or makes no sense, or what is given now contradicts it.
    """
    from scorecam_cli.runs.log import failed_before
    from scorecam_cli.runs.retry import among, found_again, retry_of

    failed = failed_before(log)
    if photos.images or photos.listed:
        failed = among(failed, _named(photos))
    if not failed:
        whose = "photo named" if photos.images or photos.listed else "photo"
        return photos, dict(options), Found((), notes=(f"no {whose} failed in {log}: nothing to do",))
    context = click.get_current_context()
    parameters = {each.name: each for each in context.command.params if each.name is not None}
    of_photos = {each.name: getattr(photos, each.name) for each in fields(PhotoSettings)}
    given = {
        name: value
        for name, value in {**of_photos, **options}.items()
        if name in parameters and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    retry = retry_of(failed, given, source=log, spelled=lambda name, value: _spelled(parameters[name], value))
    for name, value in retry.settings.items():
        _check_range(context, parameters[name], value, log)
    photos = replace(photos, **{name: value for name, value in retry.settings.items() if name in of_photos})
    others = {name: value for name, value in retry.settings.items() if name not in of_photos}
    return photos, {**options, **others}, found_again(retry.failed, output_dir=photos.output_dir)


def _named(photos: PhotoSettings) -> set[PurePath]:
    from scorecam_cli.photos.find import find_jobs

    found = find_jobs(photos.images, listed=photos.listed, recursive=photos.recursive)
    return {job.photo for job in found.jobs} | {failed.photo for failed in found.failures}


def _check_range(context: click.Context, parameter: click.Parameter, value: Any, log: Path) -> None:
    """Nothing, where an option could have this value: choices, ranges and files that must be there."""
    if _is_absent(parameter, value) or isinstance(value, Enum):  # one of an enum is one of the choices
        return
    try:
        for each in value if isinstance(value, tuple) else [value]:
            if isinstance(parameter.type, click.Choice | click.IntRange | click.FloatRange | click.Path):
                parameter.type.convert(each, parameter, context)
            elif parameter.callback is not None and not isinstance(value, tuple):
                parameter.callback(context, parameter, str(each))
    except click.UsageError as error:
        raise UsageError(
            f"the request in {log} has {_spelled(parameter, value)}: {error.message}; put that right there, or explain "
            "its photos anew"
        ) from error


def _spelled(parameter: click.Parameter, value: Any) -> str:
    """A setting as one would type it: `--model a.keras`, `--unsafe-model`, `no --labels`."""
    option = max(parameter.opts, key=len)
    if _is_absent(parameter, value):
        return f"no {option}"
    if value is True:
        return option
    if isinstance(value, tuple):
        value = (f" {option} " if parameter.multiple else " " if parameter.nargs > 1 else ",").join(map(str, value))
    return f"{option} {value}"[:_SHOWN]


def _is_absent(parameter: click.Parameter, value: Any) -> bool:
    """Whether a setting has this value where its option is left out, and no value that could be typed."""
    return value is None or value is False or value == () or (parameter.name == "top" and value == 0)
