"""From Click's parameters to the records of the configuration."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from scorecam_cli.config import MAX_PIXELS, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.urls import is_url, shown
from scorecam_cli.worker_settings import WorkerSettings


def model_settings(options: dict[str, Any]) -> ModelSettings:
    """Take the model's options out of Click's parameters."""
    names = [field.name for field in fields(ModelSettings) if field.name in options]
    return ModelSettings(**{name: options.pop(name) for name in names})


def photo_settings(options: dict[str, Any]) -> PhotoSettings:
    """Take the photos' options out of Click's parameters, reading the list of --files-from."""
    from scorecam_cli.files.small_files import FILE_LIST, read_small
    from scorecam_cli.photos.find import names_in_list

    images, files_from = options.pop("images"), options.pop("files_from")
    listed: list[str] = []
    if files_from == "-":
        listed = names_in_list(_read_standard_input())
    elif files_from is not None and is_url(files_from):
        raise UsageError(f"--files-from {files_from} is an address; photos may be in a bucket, their list is a file")
    elif files_from is not None:
        listed = names_in_list(read_small(Path(files_from), FILE_LIST))
    _check_offline([*images, *listed, str(options.get("output_dir"))], offline=bool(options.get("offline")))
    recursive, output_dir, max_pixels = (options.pop(name, None) for name in ("recursive", "output_dir", "max_pixels"))
    seconds = options.pop("seconds") or None
    pixels, shard = max_pixels or MAX_PIXELS, options.pop("shard", None)
    return PhotoSettings(tuple(images), tuple(listed), bool(recursive), output_dir, pixels, seconds, shard)


def _check_offline(names: list[str], *, offline: bool) -> None:
    """Raise UsageError where a name is of another machine and nothing may connect."""
    found = next((name for name in names if is_url(name)), None) if offline else None
    if found is not None:
        raise UsageError(f"{shown(found)} is on another machine, and --offline connects to none: leave one of them out")


def worker_settings(options: dict[str, Any]) -> WorkerSettings:
    """Take the options of who does the work out of Click's parameters."""
    return WorkerSettings(**{field.name: options.pop(field.name) for field in fields(WorkerSettings)})


def _read_standard_input() -> bytes:
    from scorecam_cli.files.small_files import FILE_LIST, read_stream

    if sys.stdin is None:
        raise UsageError("standard input is closed: --files-from - has nothing to read")
    return read_stream(sys.stdin.buffer, FILE_LIST)


def verbosity(options: dict[str, Any]) -> int:
    """-1 quiet, 0 normal, 1 verbose."""
    quiet, verbose = options.pop("quiet"), options.pop("verbose")
    return -1 if quiet else int(verbose)


def path_ending(*, print0: bool, as_json: bool = False) -> bytes:
    """What each printed path ends with.

    Raises:
        UsageError: no path is printed.
    """
    if print0 and as_json:
        raise UsageError("--print0 is for paths and --json prints objects: leave one of them out")
    return b"\0" if print0 else b"\n"
