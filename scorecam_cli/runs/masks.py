"""Masks, PNGs that say where the object is: a folder of them, and the pixels of one.

A region is bool [H0, W0] in the pixels of the upright photo, rows before columns.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.looks import is_there
from scorecam_cli.files.regular import file_sha256, joint_sha256, read_regular
from scorecam_cli.photos.names import is_output

MAX_MASK_BYTES = 2**28

_PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Masks:
    """A folder of PNGs. digests: of each one there, by its name; None: not taken, whatever is there later counts."""

    folder: Path
    digests: Mapping[str, str] | None = None

    def noted(self) -> Masks:
        """The same as it is now: a mask that comes, goes or changes later is not read as one of these.

        Raises:
            UsageError: the folder or a mask in it cannot be read.
        """
        try:
            names = sorted(entry.name for entry in os.scandir(self.folder) if entry.is_file())
            masks = [name for name in names if name.lower().endswith(".png") and not is_output(name)]
            return replace(self, digests={name: file_sha256(self.folder / name) for name in masks})
        except (OSError, PhotoError) as error:
            raise UsageError(f"{self.folder} cannot be read: {error}; give a folder of masks") from error

    @property
    def sha256(self) -> str:
        """Of the names and bytes of all masks."""
        return joint_sha256(self.digests or {})

    def named_for(self, photo: PurePath) -> Path | None:
        """The mask of a photo: `dog.jpg.png` or, without it, `dog.png`."""
        for name in (f"{photo.name}.png", f"{photo.stem}.png"):
            path = self.folder / name
            if is_there(path) if self.digests is None else name in self.digests:
                return path
        return None


def read_mask(path: Path, *, width: int, height: int, sha256: str | None) -> NDArray[np.bool_]:
    """Where a PNG is neither 0 nor transparent; the numbers of a palette count, not its colours.

    sha256: of the bytes that are expected; None: any are right.
    """
    try:
        data = read_regular(path, MAX_MASK_BYTES)
    except PhotoError as error:
        raise PhotoError(f"the mask {path} cannot be read: {str(error).removesuffix(', not a photo')}") from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise PhotoError(f"the mask {path} has changed since the run began; run again when it is as it shall be")
    if not data.startswith(_PNG_START) or len(data) < 24:
        raise PhotoError(f"the mask {path} is no PNG")
    size = struct.unpack(">II", data[16:24])  # of the header: nothing is decoded that is not as large as the photo
    if size != (width, height):
        raise PhotoError(f"the mask {path} is {size[0]} x {size[1]} pixels and the photo {width} x {height}")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            pixels = np.asarray(image)
            alpha = "A" in image.getbands()
    except Exception as error:  # what a decoder raises on damaged bytes has no common type
        raise PhotoError(f"the mask {path} is damaged or cut short") from error
    region = _seen(np.atleast_3d(pixels), alpha=alpha)
    if not region.any():
        raise PhotoError(f"the mask {path} is zero everywhere: nothing is inside")
    return region


def _seen(pixels: NDArray[np.uint8], *, alpha: bool) -> NDArray[np.bool_]:
    """[H0, W0, bands] -> [H0, W0]: any colour above 0 and, where there is alpha, alpha above 0."""
    colours = pixels[..., :-1] if alpha else pixels
    seen = pixels[..., -1] > 0 if alpha else np.True_
    return np.asarray(colours.any(axis=-1) & seen)
