"""Names of what is written for a photo, and whether what a manifest tells is still true."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files import write
from scorecam_cli.files.json_records import parse_json, read_record
from scorecam_cli.files.regular import read_regular
from scorecam_cli.records import Manifest

SCHEMA = 1
MAX_BYTES = 2**24  # a manifest of 1000 classes has about 0.5 MB; more than 16 MiB is something else
MAX_SIDE = 10**9  # pixels; a photo of one row may be that long

# What `--save` can name, in the order in which paths are printed, and how each file's name ends.
_ENDINGS = {
    "heatmap": "-heatmap.png",
    "overlay": "-overlay.png",
    "panel": "-panel.png",
    "pipeline": "-pipeline.png",
    "masked": "-masked.png",
    "npy": ".npy",
}


def output_paths(output: Path, class_index: int, save: Collection[str]) -> dict[str, Path]:
    """Where the files of one class go: kind to path, in the order heatmap, overlay, panel, pipeline, masked, npy.

    Args:
        output: the path that every name starts with, as `PhotoJob.output`.
        class_index: of the class shown.
        save: kinds among `heatmap`, `overlay`, `panel`, `pipeline`, `masked`, `npy`.
    """
    unknown = set(save) - set(_ENDINGS)
    if unknown:
        raise ValueError(f"unknown kinds of output: {sorted(unknown)}")
    stem = f"{output.name}.scorecam-{class_index}"
    return {kind: output.with_name(stem + ending) for kind, ending in _ENDINGS.items() if kind in save}


def manifest_path(output: Path) -> Path:
    """Where the manifest of one photo goes."""
    return output.with_name(f"{output.name}.scorecam.json")


def named_output(output: Path, ending: str) -> Path:
    """Where another file of the photo goes: `242-compare.png` gives `dog.jpg.scorecam-242-compare.png`."""
    return output.with_name(f"{output.name}.scorecam-{ending}")


def file_sizes(paths: Iterable[Path]) -> dict[str, int]:
    """Bytes of each file by its bare name: what a manifest records under `file_sizes`.

    Raises:
        PhotoError: a file that was just written is gone.
    """
    sizes = {}
    for path in paths:
        try:
            sizes[path.name] = path.stat().st_size
        except OSError as error:
            raise PhotoError(f"{path} was written, but cannot be found again: {error.strerror}") from error
    return sizes


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write what was noted of a photo, after all files that it vouches for.

    Raises:
        PhotoError: it cannot be written; nothing of it is left.
    """
    write.write_json(path, json_values(manifest))


def json_values(manifest: Manifest) -> dict[str, Any]:
    """The manifest as scripts read it, from a file or from `--json`."""
    return {"schema": SCHEMA, **asdict(manifest)}


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
    value = parse_json(data)
    schema = value.get("schema") if isinstance(value, dict) else None
    if isinstance(schema, bool) or schema != SCHEMA:
        raise MisfitError(f"it is no manifest of schema {SCHEMA}")
    manifest = read_record(Manifest, value)
    _check(manifest)
    return manifest


def is_current(manifest: Manifest, *, settings: Mapping[str, Any], photo_sha256: str, folder: Path) -> bool:
    """Whether nothing would change if the photo were explained again.

    Args:
        settings: what the present run would record under `settings`; anything JSON can hold.
        photo_sha256: of the photo's present bytes.
        folder: where the manifest lies; its file names are relative to it.

    Returns:
        True where settings and photo are the same and each file of each class is there with the size recorded.
    """
    if manifest.photo_sha256 != photo_sha256 or _canonical(manifest.settings) != _canonical(settings):
        return False
    names = [name for each in manifest.classes for name in each.files.values()]
    return all(_has_size(folder, name, manifest.file_sizes) for name in names)


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


def _canonical(value: Any) -> str:
    """One spelling of a JSON value: tuples equal lists, key order is nothing, but 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def _has_size(folder: Path, name: str, sizes: Mapping[str, int]) -> bool:
    """Whether the bare name is a plain file of the recorded size, which is not zero."""
    try:
        status = os.lstat(folder / name)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0 and sizes.get(name) == status.st_size
