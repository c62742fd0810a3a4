"""Maps as levels of one channel: out of the files that explain writes, small, and what can be said of them in words.

Levels are uint8 [h, w] in the shape of the photo: 0 is the smallest value of the map, 255 the largest. Those of a
signed map are 127 where it is zero, 0 or 254 where it is furthest from that. A page colours them itself.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import NumericsError, PhotoError, UsageError
from scorecam_cli.files.regular import read_regular
from scorecam_cli.photos import draw
from scorecam_cli.photos.read import read_photo
from scorecam_cli.photos.signed import NEUTRAL, signed_levels
from scorecam_cli.report.colours import colour_table
from scorecam_cli.report.pictures import map_shape

GRID_SIDE = 24  # values of a map's longer side that are read under the pointer: 14 or 7 made it
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"  # a level of 64 as one letter
COARSE_SIDE, FINE_SIDE = 112, 224  # pixels of a map's longer side: fewer where no more is to be seen
_ALIKE = 8  # of 255 levels: a map that differs by no more when it is made smaller and larger again has nothing finer
_MAX_ARRAY_BYTES = 2**28  # 8192 x 8192 float32
_READ_SIDE = 640  # pixels of a heatmap that are looked up
_PLACES = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))


def levels_from_array(path: Path, *, width: int, height: int, signed: bool = False) -> NDArray[np.uint8]:
    """The levels of a `.npy` map, uint8 [h, w], its longer side at most FINE_SIDE, in the shape of its photo.

    signed: zero is the middle.

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
    map_width, map_height = map_shape(width, height, FINE_SIDE)
    try:
        levels = (signed_levels if signed else draw.heat_levels)(saliency, width=map_width, height=map_height)
        return _no_finer_than_needed(levels, width, height)
    except (NumericsError, UsageError) as error:
        raise PhotoError(str(error)) from error


def map_from_heatmap(path: Path, *, colormap: str, signed: bool = False) -> NDArray[np.uint8]:
    """The levels that a heatmap PNG was coloured from, as above; where its colours are not those of the colour map, the
    colours themselves, uint8 [h, w, 3].

    Raises:
        PhotoError: the file cannot be read.
    """
    rgb = read_photo(path).rgb
    height, width = rgb.shape[:2]
    step = max(1, max(height, width) // _READ_SIDE)
    levels = _levels_of(rgb[step // 2 :: step, step // 2 :: step], colormap, signed)
    if levels is None:  # whole pixels are averaged first, which is quick; what is left to do is small
        small = Image.fromarray(rgb).resize(
            map_shape(width, height, COARSE_SIDE), Image.Resampling.BILINEAR, reducing_gap=1.5
        )
        return np.asarray(small)
    return _no_finer_than_needed(_resized(levels, map_shape(width, height, FINE_SIDE)), width, height)


def _no_finer_than_needed(levels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Levels of the photo's shape at COARSE_SIDE where that keeps what is seen of them; else as they are."""
    coarse = _resized(levels, map_shape(width, height, COARSE_SIDE))
    again = _resized(coarse, (levels.shape[1], levels.shape[0]))
    return coarse if np.abs(again.astype(np.int16) - levels).max() <= _ALIKE else levels


def _resized(levels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR))


def _levels_of(rgb: NDArray[np.uint8], colormap: str, signed: bool) -> NDArray[np.uint8] | None:
    """Colours uint8 [h, w, 3] back to levels [h, w]; None where one is not of the colour map, or is twice in it."""
    known = _known_colours(colormap, signed)
    if known is None:
        return None
    colours, levels = known
    wanted = _packed(rgb)
    places = np.minimum(np.searchsorted(colours, wanted), len(colours) - 1)
    return levels[places] if np.array_equal(colours[places], wanted) else None


@functools.lru_cache(maxsize=16)
def _known_colours(colormap: str, signed: bool) -> tuple[NDArray[np.uint32], NDArray[np.uint8]] | None:
    """The colours of a colour map, sorted, and the level of each; None where two levels that look alike lie apart."""
    table = colour_table(colormap, signed=signed)
    if table is None:
        return None
    colours, places, counts = np.unique(_packed(table), return_index=True, return_counts=True)
    last = len(table) - 1 - np.unique(_packed(table[::-1]), return_index=True)[1]
    if (last - places + 1 != counts).any():  # a colour map that comes back to a colour
        return None
    return colours, ((places + last) // 2).astype(np.uint8)


def _packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    packed: NDArray[np.uint32] = rgb.astype(np.uint32) @ np.array([2**16, 2**8, 1], np.uint32)
    return packed


def grid_of(levels: NDArray[np.uint8]) -> tuple[int, str]:
    """A map as few values: how many columns, and a letter of DIGITS for each value, row after row.

    64 levels are kept: 1.6 % of the range apart.
    """
    height, width = levels.shape
    scale = min(1.0, GRID_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = _resized(levels, size)
    return size[0], "".join(DIGITS[value] for value in (small.ravel() >> 2).tolist())


def strongest_place(levels: NDArray[np.uint8], *, signed: bool) -> str:
    """Which ninth of the photo a map is strongest in, in words; empty where it is the same everywhere."""
    values = np.maximum(levels.astype(np.int64) - (NEUTRAL if signed else 0), 0)
    if values.max() == values.min():
        return ""
    heights, widths = (np.linspace(0, 2.999, length).astype(int) for length in values.shape)  # ninth of each pixel
    row, column = max(
        ((row, column) for row in range(3) for column in range(3)),
        key=lambda place: _mean(values[np.ix_(heights == place[0], widths == place[1])]),
    )
    return _PLACES[row][column]


def _mean(values: NDArray[np.int64]) -> float:
    return float(values.mean()) if values.size else -1.0
