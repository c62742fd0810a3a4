"""Where the files of a run go: processes that share a folder agree on what is written there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from scorecam_cli.errors import OutputError, PhotoError, UsageError
from scorecam_cli.files import remote, write
from scorecam_cli.files.listings import Listings
from scorecam_cli.files.looks import is_file, is_folder
from scorecam_cli.files.small_files import AGREEMENT, read_small
from scorecam_cli.outcomes import Found
from scorecam_cli.records import Stored
from scorecam_cli.runs.current import differences, joined
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.urls import Url

SCHEMA = 1


def agree(request: ExplainRequest, found: Found) -> None:
    """Let all parts of a run that write to one folder be asked for the same: the first notes its settings there.

    A run that is no part of one, or has nothing to do, notes and asks nothing.

    Args:
        request: of this part.
        found: its photos.

    Raises:
        UsageError: another part, of other settings, has written there, and --force was not given; or nothing can be
            written there.
    """
    folder = request.config.photos.output_dir or found.shared
    if request.config.photos.shard is None or not found.jobs or folder is None:
        return
    path = agreement_path(folder, request.mark)
    settings = {**request.settings, "truth": None if request.truth is None else request.truth.sha256}
    data = f"{json.dumps({'schema': SCHEMA, 'settings': settings}, indent=2)}\n".encode("ascii")
    try:
        if _noted_first(path, data):
            return
        if differing := _differing(path, settings):
            if not request.config.force:
                raise UsageError(
                    f"another part of a run has written to {folder} with other settings: {joined(differing)}; give "
                    "another --output-dir, or --force to take the place of its files"
                )
            _note(path, data)
    except PhotoError as error:
        raise UsageError(f"{error}; give another --output-dir") from error


def agreement_path(folder: PurePath, mark: str) -> PurePath:
    """What the parts of a run with this mark in the names of its files agree on: hidden, and no manifest."""
    return folder / f".shards.{mark}.json"


def agreed_settings(folder: PurePath, mark: str) -> Mapping[str, Any] | None:
    """What the parts of a run agreed on, but for the file of expected classes; None where nothing readable is noted.

    Raises:
        UsageError: it cannot be opened. PhotoError: the bucket does not give it.
    """
    path = agreement_path(folder, mark)
    if isinstance(path, Path) and not is_file(path):
        return None
    noted = _noted(path)
    return None if noted is None else {name: value for name, value in noted.items() if name != "truth"}


def _noted_first(path: PurePath, data: bytes) -> bool:
    """Note it where nothing is noted yet; in a bucket of two parts that begin in the same moment the later one wins."""
    if not isinstance(path, Url):
        return write.write_new(Path(path), data)
    if path.name in Listings().of(path.parent):
        return False
    remote.put_bytes(path, data)
    return True


def _note(path: PurePath, data: bytes) -> None:
    if isinstance(path, Url):
        remote.put_bytes(path, data)
    else:
        write.write_bytes(Path(path), data)


def _differing(path: PurePath, settings: Mapping[str, Any]) -> list[str]:
    noted = _noted(path)
    return [f"{path.name} is damaged"] if noted is None else differences(noted, settings)


def _noted(path: PurePath) -> Mapping[str, Any] | None:
    try:
        data = remote.read_object(Stored(str(path)), AGREEMENT.most_bytes) if isinstance(path, Url) else None
        found = json.loads(read_small(Path(path), AGREEMENT) if data is None else data)
    except (ValueError, RecursionError):
        found = None
    noted = found.get("settings") if isinstance(found, dict) else None
    return noted if isinstance(noted, dict) else None


def require_place(output_dir: PurePath | None, output: PurePath) -> None:
    """Nothing, where the files of a photo can be written: asked before its model is loaded and its passes are run.

    A bucket is not asked: whether it takes an object is seen by putting one.

    Args:
        output_dir: where all files go; None for next to each photo.
        output: what the names of this photo's files begin with.

    Raises:
        UsageError: nothing can be written to the output folder. PhotoError: nothing beside this photo.
    """
    try:
        if isinstance(output_dir, Path):
            write.require_writable(output_dir)
    except PhotoError as error:
        raise UsageError(f"{error}; give another --output-dir") from error
    try:
        if isinstance(output, Path) and is_folder(output.parent):
            write.require_writable(output.parent)
    except OutputError as error:  # as it would be for every other photo
        raise UsageError(f"{error}; give an --output-dir elsewhere") from error
