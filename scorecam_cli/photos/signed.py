"""Signed maps to colours: what speaks for the class in one, what speaks against it in another, zero in the middle.

Over the photo the colours are the more opaque the further a value is from zero, so that zero is the photo itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.photos.draw import Tile, blend, check_colormap, coloured, levels_of, to_uint8, whole
from scorecam_cli.words import nearest_or, quoted

NEUTRAL = 127  # the level of zero: 0 .. 126 speak against the class, 128 .. 254 for it
_BOTH_WAYS = (
    *("PiYG", "PRGn", "BrBG", "PuOr", "RdGy", "RdBu", "RdYlBu", "RdYlGn", "Spectral"),
    *("coolwarm", "bwr", "seismic", "berlin", "managua", "vanimo"),
)
DIVERGING = tuple(f"{name}{ending}" for name in _BOTH_WAYS for ending in ("", "_r"))  # as matplotlib lists them


def check_diverging(name: str) -> None:
    """Nothing, where the colour map has a middle that its colours lead away from.

    Raises:
        UsageError: it has none, or matplotlib does not know it; the message names the nearest ones that have.
    """
    check_colormap(name)
    if name not in DIVERGING:
        advice = nearest_or("try RdBu_r, coolwarm or PRGn", name, DIVERGING)
        raise UsageError(f"the colour map {quoted(name)} has no middle for zero, which --signed needs; {advice}")


def signed_levels(saliency: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.uint8]:
    """The map at the size of the photo, 127 where it is zero, 0 or 254 where it is furthest from that.

    Args:
        saliency: float32 [H, W], finite, of either sign.
        width: W0 of the photo.
        height: H0 of the photo.

    Returns:
        uint8 [H0, W0].

    Raises:
        NumericsError: a value is not finite.
    """
    return levels_of(_scaled(saliency), width=width, height=height, most=2 * NEUTRAL)


def signed_tiles(levels: NDArray[np.uint8], *, colormap: str) -> Iterator[Tile]:
    """The heatmap part by part, in colours.

    Args:
        levels: uint8 [H0, W0], of `signed_levels`.
        colormap: one of DIVERGING.

    Yields:
        Tiles of uint8 [rows, columns, 3].

    Raises:
        UsageError: no such colour map.
    """
    return coloured(levels, signed_table(colormap))


def signed_overlay_tiles(
    rgb: NDArray[np.uint8], levels: NDArray[np.uint8], *, colormap: str, alpha: float
) -> Iterator[Tile]:
    """The heatmap laid over the photo, part by part, with an opacity that begins at 0 where the map is zero.

    Args:
        rgb: uint8 [H0, W0, 3].
        levels: uint8 [H0, W0], of `signed_levels`.
        colormap: one of DIVERGING.
        alpha: opacity where the map is furthest from zero, in [0, 1].

    Yields:
        Tiles of uint8 [rows, columns, 3].

    Raises:
        UsageError: no such colour map.
    """
    if rgb.shape[:2] != levels.shape:
        raise ValueError(f"photo {rgb.shape} and heatmap {levels.shape} differ in shape")
    opacities = _opacities(alpha)  # [255]
    for tile in signed_tiles(levels, colormap=colormap):
        place = tile.rows, tile.columns
        yield Tile(*place, blend(rgb[place], tile.rgb, np.take(opacities, levels[place])[..., None]))


def signed_heatmap(saliency: NDArray[np.float32], *, width: int, height: int, colormap: str) -> NDArray[np.uint8]:
    """The map in colours at the size of the photo, uint8 [H0, W0, 3]; arguments as above.

    Raises:
        NumericsError: a value is not finite. UsageError: no such colour map.
    """
    levels = signed_levels(saliency, width=width, height=height)
    return whole(signed_tiles(levels, colormap=colormap), height, width)


def _scaled(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """From [-m, m] to [0, 1], m the largest absolute value; a map of zeros lies in the middle."""
    if not np.isfinite(saliency).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    largest = float(np.abs(saliency).max()) or 1.0
    return np.asarray(saliency.astype(np.float64) / (2 * largest) + 0.5, np.float32)


def _opacities(alpha: float) -> NDArray[np.float32]:
    """Of each level: the square root of its distance from zero, so that half of the largest value is well seen."""
    apart = np.abs(np.arange(2 * NEUTRAL + 1) - NEUTRAL) / NEUTRAL  # [255]
    return np.asarray(alpha * np.sqrt(apart), np.float32)


@functools.lru_cache(maxsize=8)
def signed_table(colormap: str) -> NDArray[np.uint8]:
    """The colour map at 255 equal steps, the middle one at zero: uint8 [255, 3]."""
    check_colormap(colormap)
    import matplotlib

    table = to_uint8(matplotlib.colormaps[colormap](np.linspace(0, 1, 2 * NEUTRAL + 1))[:, :3])  # [255, 3]
    table.setflags(write=False)
    return table
