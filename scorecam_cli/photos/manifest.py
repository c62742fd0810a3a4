"""Names of what is written for a photo, and whether what a manifest tells is still true."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.regular import file_sha256, read_regular

__all__ = [
    "SCHEMA",
    "file_sha256",
    "file_sizes",
    "is_current",
    "manifest_path",
    "named_output",
    "output_paths",
    "read_manifest",
]

SCHEMA = 1
MAX_BYTES = 2**24  # a manifest of 1000 classes has about 0.5 MB; more than 16 MiB is something else

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


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What an earlier run noted; None where it is missing, torn, no plain file, or of another schema."""
    try:
        manifest = json.loads(read_regular(path, MAX_BYTES))
    except (PhotoError, ValueError, RecursionError):
        return None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        return None
    return manifest


def is_current(manifest: Mapping[str, Any], *, settings: Mapping[str, Any], photo_sha256: str, folder: Path) -> bool:
    """Whether nothing would change if the photo were explained again.

    Args:
        manifest: as `read_manifest` returns it; fields of a wrong type make it outdated, never an error.
        settings: what the present run would record under `settings`; anything JSON can hold.
        photo_sha256: of the photo's present bytes.
        folder: where the manifest lies; its file names are relative to it.

    Returns:
        True where settings and photo are the same and each file of each class is there with the size recorded.
    """
    if manifest.get("photo_sha256") != photo_sha256 or _canonical(manifest.get("settings")) != _canonical(settings):
        return False
    classes, sizes = manifest.get("classes"), manifest.get("file_sizes")
    if not isinstance(classes, list) or not classes or not isinstance(sizes, dict):
        return False
    for entry in classes:
        files = entry.get("files") if isinstance(entry, dict) else None
        if not isinstance(files, dict):
            return False
        if not all(_has_size(folder, name, sizes) for name in files.values()):
            return False
    return True


def _canonical(value: Any) -> str:
    """One spelling of a JSON value: tuples equal lists, key order is nothing, but 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def _has_size(folder: Path, name: Any, sizes: Mapping[str, Any]) -> bool:
    """Whether the bare name is a plain file of the recorded size, which is not zero."""
    if not isinstance(name, str) or name in ("", ".", "..") or Path(name).name != name:
        return False
    try:
        status = os.lstat(folder / name)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0 and sizes.get(name) == status.st_size
