"""The manifest of a photo on a disk: written, read and checked, and whether its files are still as it tells."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files import write
from scorecam_cli.files.json_records import parse_json, read_record
from scorecam_cli.files.regular import file_sha256, read_regular
from scorecam_cli.manifest import Manifest, WrittenFile

SCHEMA = 1
MAX_BYTES = 2**24  # a manifest of 1000 classes has about 0.5 MB; more than 16 MiB is something else
_SECOND = 10**9  # nanoseconds; times without a fraction are of a file system that tells two files apart no better
MAX_SIDE = 10**9  # pixels; a photo of one row may be that long


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write what was noted of a photo, after all files that it vouches for.

    Raises:
        PhotoError: it cannot be written; nothing of it is left.
    """
    write.write_json(path, json_values(manifest))


def json_values(manifest: Manifest) -> dict[str, Any]:
    """The manifest as scripts read it, from a file or from `--json`."""
    sizes = {name: written.size for name, written in manifest.outputs.items()}
    return {"schema": SCHEMA, **asdict(manifest), "file_sizes": sizes}


def read_manifest(path: Path) -> Manifest | None:
    """What an earlier run noted; None where there is none.

    Raises:
        MisfitError: there is a file, and it is no manifest of a version that can be read.
    """
    if not os.path.lexists(path):
        return None
    try:
        data = read_regular(path, MAX_BYTES)
    except PhotoError as error:
        raise MisfitError(str(error)) from error
    return parsed_manifest(data)


def parsed_manifest(data: bytes) -> Manifest:
    """The manifest that these bytes are.

    Raises:
        MisfitError: they are none of a version that can be read.
    """
    value = parse_json(data)
    schema = value.get("schema") if isinstance(value, dict) else None
    if isinstance(schema, bool) or schema != SCHEMA:
        raise MisfitError(f"it is no manifest of schema {SCHEMA}")
    manifest = read_record(Manifest, value)
    _check(manifest)
    return manifest


def changed_file(manifest: Manifest, folder: Path) -> str | None:
    """The first file of the manifest that is not as the run that noted it left it; None where all are.

    A file of the size, time and inode noted is believed; of another, its bytes decide. So a run that wrote over the
    files of another, at the same time even, is found out, and a folder that was copied is not done again.

    Args:
        folder: where the manifest lies.
    """
    for each in manifest.classes:
        for name in each.files.values():
            written = manifest.outputs.get(name)
            if written is None or not _is_untouched(folder / name, written):
                return name
    return None


def _check(manifest: Manifest) -> None:
    """Raise MisfitError where the fields are of the right types, and still say what no run has written."""
    if not manifest.classes:
        raise MisfitError("it names no class")
    if not is_path(manifest.photo) or Path(manifest.photo).name in ("", ".."):
        raise MisfitError("`photo` is no name of a file")
    if not (0 < manifest.width <= MAX_SIDE and 0 < manifest.height <= MAX_SIDE):
        raise MisfitError(f"the photo is {manifest.width} x {manifest.height} pixels")
    for each in manifest.classes:
        wrong = [name for name in each.files.values() if not is_bare_name(name)]
        if wrong:
            raise MisfitError(f"class {each.index} names {wrong[0][:80]!r}, which is no file beside it")


def is_path(text: str) -> bool:
    """Whether a file could have this path on this system."""
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return False


def is_bare_name(text: str) -> bool:
    """Whether a file in the same folder could have this name."""
    return is_path(text) and text not in (".", "..") and Path(text).name == text


def _is_untouched(path: Path, written: WrittenFile) -> bool:
    """Whether a plain file, not empty, holds what was written."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if not stat.S_ISREG(status.st_mode) or status.st_size != written.size or not status.st_size:
        return False
    seen = (status.st_mtime_ns, status.st_ino)
    if seen == (written.mtime_ns, written.inode) and written.mtime_ns % _SECOND:
        return True
    try:
        return file_sha256(path) == written.sha256
    except PhotoError:
        return False
