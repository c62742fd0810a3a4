"""Maps to colours: the heatmap, and the heatmap laid over its photo."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.photos.quiet import quiet_matplotlib
from scorecam_cli.words import nearest_or, quoted

# 64 rows x 4000 columns x 3 float32 = 3 MB: fits a processor's cache, where whole photos do not
TILE_ROWS, TILE_COLUMNS = 64, 2**15
LONGEST_SIDE = 2**20  # beyond it, Pillow's table of rows and its buffers for one row take more than the pixels
PERCENTILE = 99  # of the values of a map of single pixels that keep their own colours
MOST_STRIPS = 4096  # each costs 50 microseconds: those of a column of 89 million pixels would take a minute


@dataclass(frozen=True)
class Tile:
    """A part of a picture and where it lies in it; rgb: uint8 [rows, columns, 3]."""

    rows: slice
    columns: slice
    rgb: NDArray[np.uint8]


def to_uint8(values: NDArray[np.floating], *, most: int = 255) -> NDArray[np.uint8]:
    """Real values in [0, 1] as 0-255, rounded to the nearest: the one place where floats become 8-bit.

    Args:
        values: any float dtype and shape; what lies outside [0, 1] is clipped.
        most: what 1 becomes.

    Returns:
        uint8 of the same shape.
    """
    rounded: NDArray[np.uint8] = np.rint(np.clip(values, 0, 1) * most).astype(np.uint8)
    return rounded


def scale_map(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map stretched to [0, 1] by its own minimum and maximum; a flat map becomes zeros.

    Args:
        saliency: float32 [H, W], finite.

    Returns:
        float32 [H, W] in [0, 1].

    Raises:
        NumericsError: a value is not finite.
    """
    values = saliency.astype(np.float64)  # the span of two float32 may exceed float32
    if not np.isfinite(values).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    low, high = values.min(), values.max()
    if high <= low:
        return np.zeros(saliency.shape, np.float32)
    scaled: NDArray[np.float32] = ((values - low) / (high - low)).astype(np.float32)
    return scaled


def without_outliers(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map of single pixels as it is shown: what is beyond its 99th percentile, in absolute value, has that value.

    A gradient by the photo has a few pixels far above all others, and would be dark but for them. Where nearly all is
    zero the map stays as it is.

    Args:
        saliency: float32 [H, W], finite, of either sign.

    Returns:
        float32 [H, W].
    """
    reach = np.float32(np.percentile(np.abs(saliency), PERCENTILE))
    return np.clip(saliency, -reach, reach) if reach > 0 else saliency


def tiles(height: int, width: int, *, rows: int = TILE_ROWS) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the parts that a picture is drawn in: strips of whole rows where these are not too long."""
    rows = 1 if width > LONGEST_SIDE else max(rows, math.ceil(height / MOST_STRIPS))
    for top in range(0, height, rows):
        for left in range(0, width, TILE_COLUMNS):
            yield slice(top, min(top + rows, height)), slice(left, min(left + TILE_COLUMNS, width))


def heat_levels(saliency: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.uint8]:
    """The map at the size of the photo, from 0, its minimum, to 255, its maximum; row 0 is the top row.

    Args:
        saliency: float32 [H, W], finite.
        width: W0 of the photo.
        height: H0 of the photo.

    Returns:
        uint8 [H0, W0]: a third of the memory of its colours.

    Raises:
        NumericsError: a value is not finite.
    """
    return levels_of(scale_map(saliency), width=width, height=height)


def levels_of(scaled: NDArray[np.float32], *, width: int, height: int, most: int = 255) -> NDArray[np.uint8]:
    """Values float32 [H, W] in [0, 1] at the size of the photo, bilinearly, as 0 .. `most`: uint8 [H0, W0]."""
    picture = Image.fromarray(scaled)
    map_height, map_width = scaled.shape
    levels = np.empty((height, width), np.uint8)
    for rows, columns in tiles(height, width):
        (left, right), (top, bottom) = (
            (part.start * steps / length, part.stop * steps / length)
            for part, steps, length in ((columns, map_width, width), (rows, map_height, height))
        )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        tile = picture.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
        levels[rows, columns] = to_uint8(np.asarray(tile), most=most)
    return levels


def heatmap(saliency: NDArray[np.float32], *, width: int, height: int, colormap: str) -> NDArray[np.uint8]:
    """The map in colours at the size of the photo; its row 0 is the top row.

    Args:
        saliency: float32 [H, W], finite.
        width: W0 of the photo.
        height: H0 of the photo.
        colormap: a name that matplotlib knows.

    Returns:
        uint8 [H0, W0, 3].

    Raises:
        NumericsError: a value is not finite.
        UsageError: no such colour map.
    """
    return whole(heat_tiles(heat_levels(saliency, width=width, height=height), colormap=colormap), height, width)


def heat_tiles(levels: NDArray[np.uint8], *, colormap: str) -> Iterator[Tile]:
    """The heatmap part by part, in colours.

    Args:
        levels: uint8 [H0, W0], of `heat_levels`.
        colormap: a name that matplotlib knows.

    Yields:
        Tiles of uint8 [rows, columns, 3].

    Raises:
        UsageError: no such colour map.
    """
    return coloured(levels, colour_table(colormap))


def coloured(levels: NDArray[np.uint8], colours: NDArray[np.uint8]) -> Iterator[Tile]:
    """Levels uint8 [H0, W0] in the colours of a table, uint8 [levels, 3]: tiles of uint8 [rows, columns, 3]."""
    for place in tiles(*levels.shape):
        yield Tile(*place, np.take(colours, levels[place], axis=0))


def overlay_tiles(rgb: NDArray[np.uint8], levels: NDArray[np.uint8], *, colormap: str, alpha: float) -> Iterator[Tile]:
    """The heatmap laid over the photo, part by part: `(1 - alpha) * rgb + alpha * heat`, rounded once.

    Args:
        rgb: uint8 [H0, W0, 3].
        levels: uint8 [H0, W0], of `heat_levels`.
        colormap: a name that matplotlib knows.
        alpha: opacity of the heatmap, in [0, 1].

    Yields:
        Tiles of uint8 [rows, columns, 3].

    Raises:
        UsageError: no such colour map.
    """
    if rgb.shape[:2] != levels.shape:
        raise ValueError(f"photo {rgb.shape} and heatmap {levels.shape} differ in shape")
    for tile in heat_tiles(levels, colormap=colormap):
        yield Tile(tile.rows, tile.columns, blend(rgb[tile.rows, tile.columns], tile.rgb, alpha))


def image_of(parts: Iterable[Tile], *, width: int, height: int) -> Image.Image:
    """The picture of its tiles, ready to be encoded: never whole in memory but in that form."""
    image = Image.new("RGB", (width, height))
    for tile in parts:
        image.paste(Image.fromarray(tile.rgb), (tile.columns.start, tile.rows.start))
    return image


def overlay(rgb: NDArray[np.uint8], heat: NDArray[np.uint8], *, alpha: float) -> NDArray[np.uint8]:
    """The heatmap laid over the photo: `(1 - alpha) * rgb + alpha * heat`, rounded once.

    Args:
        rgb: uint8 [H0, W0, 3].
        heat: uint8 [H0, W0, 3].
        alpha: opacity of the heatmap, in [0, 1].

    Returns:
        uint8 [H0, W0, 3].
    """
    if rgb.shape != heat.shape:
        raise ValueError(f"photo {rgb.shape} and heatmap {heat.shape} differ in shape")
    places = tiles(*rgb.shape[:2])
    return whole((Tile(*place, blend(rgb[place], heat[place], alpha)) for place in places), *rgb.shape[:2])


def blend(rgb: NDArray[np.uint8], heat: NDArray[np.uint8], alpha: float | NDArray[np.float32]) -> NDArray[np.uint8]:
    """`(1 - alpha) * rgb + alpha * heat`, rounded once; alpha: a number, or float32 [rows, columns, 1]."""
    photo_share, heat_share = np.asarray((1 - alpha) / 255, np.float32), np.asarray(alpha / 255, np.float32)
    return to_uint8(rgb * photo_share + heat * heat_share)


def whole(parts: Iterable[Tile], height: int, width: int) -> NDArray[np.uint8]:
    """The picture of its tiles, uint8 [height, width, 3]."""
    picture = np.empty((height, width, 3), np.uint8)
    for tile in parts:
        picture[tile.rows, tile.columns] = tile.rgb
    return picture


def colormap_names() -> list[str]:
    """Every colour map that matplotlib knows."""
    with quiet_matplotlib():
        import matplotlib

        return list(matplotlib.colormaps)


def check_colormap(name: str) -> None:
    """Nothing, where matplotlib knows the colour map.

    Raises:
        UsageError: it does not; the message names the nearest ones.
    """
    names = colormap_names()
    if name in names:
        return
    advice = nearest_or("try inferno, viridis, cividis or turbo", name, names)
    raise UsageError(f"there is no colour map {quoted(name)}; {advice}")


@functools.lru_cache(maxsize=8)
def colour_table(colormap: str) -> NDArray[np.uint8]:
    """The colour map at 256 equal steps, uint8 [256, 3]: a photo has no more levels to show."""
    check_colormap(colormap)
    import matplotlib

    table = to_uint8(matplotlib.colormaps[colormap](np.linspace(0, 1, 256))[:, :3])  # [256, 3]
    table.setflags(write=False)
    return table
