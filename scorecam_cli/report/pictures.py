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

from scorecam_cli.errors import NumericsError, PhotoError, UsageError
from scorecam_cli.files.regular import read_regular
from scorecam_cli.files.write import write_bytes
from scorecam_cli.photos import draw
from scorecam_cli.photos.read import read_photo
from scorecam_cli.photos.signed import signed_heatmap

MAP_SIDE = 160  # pixels: a grid of 7 x 7 or 14 x 14, upsampled, has no more to show; the browser smooths it
FIGURE_SIDE = 1600
_PHOTO_QUALITY, _MAP_QUALITY = 80, 88
_EFFORT = 2  # of 6: 0.03 s for 1024 x 768 pixels; 3 takes twice and 6 four times as long for 5 and 8 % fewer bytes
_MAX_ARRAY_BYTES = 2**28  # 8192 x 8192 float32


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
    return _webp(rgb, _PHOTO_QUALITY)


def encode_map(heat: NDArray[np.uint8]) -> bytes:
    """A WebP file of a map in colours, uint8 [h, w, 3]."""
    return _webp(heat, _MAP_QUALITY)


def map_from_array(path: Path, *, width: int, height: int, colormap: str, signed: bool = False) -> NDArray[np.uint8]:
    """A `.npy` map in colours: uint8 [h, w, 3], its longer side at most MAP_SIDE, in the shape of its photo.

    signed: zero is the middle of the colours.

    Raises:
        PhotoError: the file cannot be read, or is no finite float32 [H, W].
    """
    data = read_regular(path, _MAX_ARRAY_BYTES)
    try:
        saliency = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError) as error:
        raise PhotoError(f"{path.name} is no map: {error}") from error
    if not isinstance(saliency, np.ndarray) or saliency.ndim != 2 or saliency.dtype != np.float32 or not saliency.size:
        raise PhotoError(f"{path.name} is no map: it must be float32 of two axes")
    map_width, map_height = map_shape(width, height)
    try:
        heatmap = signed_heatmap if signed else draw.heatmap
        return heatmap(saliency, width=map_width, height=map_height, colormap=colormap)
    except (NumericsError, UsageError) as error:
        raise PhotoError(str(error)) from error


def map_from_heatmap(path: Path) -> NDArray[np.uint8]:
    """A heatmap PNG, smaller: uint8 [h, w, 3], its longer side at most MAP_SIDE.

    Raises:
        PhotoError: the file cannot be read.
    """
    rgb = read_photo(path).rgb
    height, width = rgb.shape[:2]
    # Whole pixels are averaged first, which is quick; what is left to do is small.
    small = Image.fromarray(rgb).resize(map_shape(width, height), Image.Resampling.BILINEAR, reducing_gap=1.5)
    return np.asarray(small)


def map_shape(width: int, height: int) -> tuple[int, int]:
    """Width and height of a small map, at most MAP_SIDE, whose shape is as nearly the photo's as whole pixels allow.

    At 160 pixels rounding alone would let the map stand out half a per cent beside its photo.
    """
    longer, shorter = max(width, height), min(width, height)
    if longer <= MAP_SIDE:
        return width, height
    sides = [(long, max(1, round(long * shorter / longer))) for long in range(MAP_SIDE // 2, MAP_SIDE + 1)]
    best = min(sides, key=lambda side: (abs(side[1] / side[0] - shorter / longer), -side[0]))
    return best if width >= height else (best[1], best[0])


def colour_bar(colormap: str) -> NDArray[np.uint8] | None:
    """The colours of a colour map from low to high, uint8 [1, 256, 3]; None where no such map is known."""
    try:
        return draw.heatmap(np.linspace(0, 1, 256, dtype=np.float32)[None], width=256, height=1, colormap=colormap)
    except UsageError:
        return None


def _webp(rgb: NDArray[np.uint8], quality: int) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(rgb).save(encoded, "WEBP", quality=quality, method=_EFFORT)
    return encoded.getvalue()
