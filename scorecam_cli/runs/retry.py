"""Photos that failed in an earlier run, to be tried again as they were asked for, where their files should go."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from scorecam_cli.errors import UsageError
from scorecam_cli.files.regular import kind_of
from scorecam_cli.outcomes import Failed, Found
from scorecam_cli.photos.find import why_missing
from scorecam_cli.photos.names import is_output
from scorecam_cli.records import PhotoJob, Stored
from scorecam_cli.runs.log import FailedBefore
from scorecam_cli.runs.logged_request import MANNER, LoggedRequest, known_names, present_folder, resolved, same_folder
from scorecam_cli.urls import READ_ONLY, Url, is_url, url

_SHOWN = 200  # characters of a path in a message
RUN_CODE = ("unsafe", "imports")  # what a log alone never brings about

Spelled = Callable[[str, Any], str]  # of a setting and its value, as one would type it


@dataclass(frozen=True)
class Retry:
    """What is tried again. settings: those of the earlier run, by name, with those given now that may differ."""

    settings: Mapping[str, Any]
    failed: tuple[FailedBefore, ...]


def retry_of(failed: Sequence[FailedBefore], given: Mapping[str, Any], *, source: Path, spelled: Spelled) -> Retry:
    """The request that photos failed under, and those of them that failed under it.

    Args:
        failed: at least one photo.
        given: settings that the user gave now, by name.
        source: the log, for messages.
        spelled: puts a setting into words.

    Raises:
        UsageError: what is given contradicts the request, several requests are left, the log does not tell what was
            asked, or its run was allowed to run code and this one is not.
    """
    groups: dict[str, list[FailedBefore]] = {}
    for each in failed:
        groups.setdefault("" if each.request is None else each.request.essence, []).append(each)
    fitting = {name: group for name, group in groups.items() if not _differing(group[0].request, given)}
    if not fitting:
        raise UsageError(_contradiction([group[0].request for group in groups.values()], given, source, spelled))
    if len(fitting) > 1:
        raise UsageError(_several([group[0].request for group in fitting.values()], source, spelled))
    (chosen,) = fitting.values()
    request = chosen[-1].request
    if request is None:
        if "model" not in given:
            raise UsageError(
                f"{source} does not tell which model its run had, as logs of an earlier version do not; give -m and "
                "all other options of that run again"
            )
        return Retry({name: value for name, value in given.items() if name in known_names()}, tuple(chosen))
    code = [name for name in RUN_CODE if request.settings[name] and name not in given]
    if code:
        raise UsageError(
            f"the run of {source} had {spelled(code[0], request.settings[code[0]])}, and a log alone runs no code: "
            "give that option again, if you trust the file"
        )
    manner = {name: value for name, value in given.items() if name in MANNER}
    return Retry({**request.here, **manner}, tuple(chosen))


def found_again(failed: Sequence[FailedBefore], *, output_dir: PurePath | None) -> Found:
    """The photos as jobs; a `Failed` for each that is no photo, or would write outside the folders of its run.

    Names are those of files, never patterns or folders.

    Args:
        failed: as the log has them.
        output_dir: where the files of the run go, for the present folder; None for next to each photo.
    """
    again = _Again(output_dir)
    for each in failed:
        again.take(each)
    return Found(tuple(again.jobs), tuple(again.failures))


def among(failed: Sequence[FailedBefore], photos: Collection[PurePath]) -> tuple[FailedBefore, ...]:
    """Those of the failed that are named, from whichever folder."""
    named = {_placed(str(photo), present_folder()) for photo in photos}
    return tuple(each for each in failed if _placed(each.photo, each.cwd) in named)


@dataclass
class _Again:
    """The jobs so far, and what must not come twice."""

    output_dir: PurePath | None
    jobs: list[PhotoJob] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    photo_of_output: dict[PurePath, PurePath] = field(default_factory=dict)

    def take(self, each: FailedBefore) -> None:
        """One photo of the log."""
        photo = _placed(each.photo, None if same_folder(each.cwd) else each.cwd)
        source = Stored(each.photo) if isinstance(photo, Url) else None
        if not each.photo:
            self.failures.append(Failed(photo, "an empty name"))
            return
        output = self._output_of(each, photo)
        if (reason := self._why_not_there(photo, output)) is not None:
            self.failures.append(Failed(photo, reason))
        elif (reason := _why_no_photo(photo)) is not None:
            self.failures.append(Failed(photo, reason, output))
        else:
            self.jobs.append(PhotoJob(photo, output, source))
        self.photo_of_output.setdefault(output, photo)

    def _output_of(self, each: FailedBefore, photo: PurePath) -> PurePath:
        if each.output is None:
            return photo if self.output_dir is None else self.output_dir / photo.name
        return _placed(each.output, None if same_folder(each.cwd) else each.cwd)

    def _why_not_there(self, photo: PurePath, output: PurePath) -> str | None:
        folder = self.output_dir
        inside = output == photo if folder is None else _is_within(output, folder) and output.name == photo.name
        if not inside:
            where = "next to the photo" if folder is None else f"in {folder}"
            return (
                f"the log has its files at {str(output)[:_SHOWN]}, and those of its run go {where}: nothing is written"
            )
        other = self.photo_of_output.get(output)
        return None if other is None else f"the log has its files where those of {other} go: nothing is written"


def _placed(text: str, folder: Path | None) -> PurePath:
    """What a log names: an address, or a path that starts from a folder, from the present one where none is given."""
    if is_url(text):
        return url(text)
    return Path(text) if folder is None else folder / text


def _why_no_photo(photo: PurePath) -> str | None:
    if not isinstance(photo, Path):
        if isinstance(photo, Url) and photo.scheme in READ_ONLY:
            return "the web is not read on the word of a log, which has no signatures either: name the photo again"
        return "an output of scorecam, not a photo" if is_output(photo.name) else None
    try:
        mode = photo.stat().st_mode
    except (OSError, ValueError) as error:
        return why_missing(photo, error)
    if not stat.S_ISREG(mode):
        return f"{kind_of(mode)}, not a photo"
    return "an output of scorecam, not a photo" if is_output(photo.name) else None


def _is_within(output: PurePath, folder: PurePath) -> bool:
    return (
        isinstance(output, Url) == isinstance(folder, Url)
        and output.is_relative_to(folder)
        and ".." not in output.relative_to(folder).parts
    )


def _differing(request: LoggedRequest | None, given: Mapping[str, Any]) -> list[str]:
    """The settings given that are not those of the request; of one that is not known none are."""
    if request is None:
        return []
    here = present_folder()
    return [
        name
        for name, value in given.items()
        if name in request.settings
        and name not in MANNER
        and resolved(name, value, here) != resolved(name, request.settings[name], request.cwd)
    ]


def _contradiction(
    requests: Sequence[LoggedRequest | None], given: Mapping[str, Any], source: Path, spelled: Spelled
) -> str:
    request = next(each for each in requests if each is not None)
    name = _differing(request, given)[0]
    return (
        f"{spelled(name, given[name])} contradicts {source}, whose run had {spelled(name, request.settings[name])}: "
        "leave it out to retry as then, or explain the photos without --retry-failed"
    )


def _several(requests: Sequence[LoggedRequest | None], source: Path, spelled: Spelled) -> str:
    known = [each for each in requests if each is not None]
    if len(known) < 2:
        return f"{source} tells of some photos only what was asked; name the photos to be tried again"
    first, second = known[:2]
    values = [{name: resolved(name, value, each.cwd) for name, value in each.settings.items()} for each in known[:2]]
    name = next(name for name in values[0] if name not in MANNER and values[0][name] != values[1][name])
    return (
        f"photos of {len(known)} different requests failed in {source}: {spelled(name, first.settings[name])} and "
        f"{spelled(name, second.settings[name])}; give the option of those to be tried again"
    )
