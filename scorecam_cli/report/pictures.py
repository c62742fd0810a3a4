"""Photos, maps and figures as a page shows them: scaled, encoded, and kept in the page or in a folder beside it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.files.write import write_bytes

FIGURE_SIDE = 1600
_PHOTO_QUALITY = 80
_EFFORT = 2  # of 6: 0.03 s for 1024 x 768 pixels; 3 takes twice and 6 four times as long for 5 and 8 % fewer bytes


class Album(Protocol):
    """Where pictures are kept; policy: what a Content-Security-Policy must add to let a page show them."""

    @property
    def policy(self) -> str: ...

    def keep(self, name: str, data: bytes) -> str:
        """Keep an encoded WebP picture under a plain name; the address by which the page shows it."""


class Embedded:
    """Pictures that are part of the page."""

    policy = ""

    def keep(self, name: str, data: bytes) -> str:
        """The picture itself, as a `data:` address."""
        return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


@dataclass(frozen=True)
class AssetFolder:
    """Pictures as files in the folder `assets` beside the page."""

    folder: Path
    name: ClassVar[str] = "assets"
    policy: ClassVar[str] = " 'self' file:"  # a page opened from a disk is of no site; `file:` lets it see its folder

    def keep(self, name: str, data: bytes) -> str:
        """Write the picture; its address relative to the page.

        Raises:
            PhotoError: it cannot be written.
        """
        write_bytes(self.folder / self.name / f"{name}.webp", data)
        return f"{self.name}/{name}.webp"


def shrink(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most `longest` pixels, never enlarged, never less than one pixel wide.

    Args:
        rgb: uint8 [H0, W0, 3].

    Returns:
        uint8 [H1, W1, 3].
    """
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return rgb
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))


def encode_photo(rgb: NDArray[np.uint8]) -> bytes:
    """A WebP file of a photo or a figure, uint8 [H1, W1, 3], without metadata."""
    encoded = io.BytesIO()
    Image.fromarray(rgb).save(encoded, "WEBP", quality=_PHOTO_QUALITY, method=_EFFORT)
    return encoded.getvalue()


def encode_map(levels: NDArray[np.uint8]) -> bytes:
    """A WebP file of the levels of a map, uint8 [h, w], each of them kept."""
    encoded = io.BytesIO()
    Image.fromarray(levels).save(encoded, "WEBP", lossless=True, method=_EFFORT)
    return encoded.getvalue()


def map_shape(width: int, height: int, longest: int) -> tuple[int, int]:
    """Width and height of a small map, at most `longest`, whose shape is as nearly the photo's as whole pixels allow.

    At 160 pixels rounding alone would let the map stand out half a per cent beside its photo.
    """
    longer, shorter = max(width, height), min(width, height)
    if longer <= longest:
        return width, height
    sides = [(long, max(1, round(long * shorter / longer))) for long in range(longest // 2, longest + 1)]
    best = min(sides, key=lambda side: (abs(side[1] / side[0] - shorter / longer), -side[0]))
    return best if width >= height else (best[1], best[0])
