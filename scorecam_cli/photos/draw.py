"""Maps to colours: the heatmap, and the heatmap laid over its photo."""

from __future__ import annotations

import difflib
import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import NumericsError, UsageError

STRIP_ROWS = 64  # 64 rows x 4000 columns x 3 float32 = 3 MB: fits a processor's cache, where whole photos do not


def to_uint8(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Real values in [0, 1] as 0-255, rounded to the nearest: the one place where floats become 8-bit.

    Args:
        values: any float dtype and shape; what lies outside [0, 1] is clipped.

    Returns:
        uint8 of the same shape.
    """
    rounded: NDArray[np.uint8] = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
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
    colours = _colour_table(colormap)  # [256, 3]
    scaled = Image.fromarray(scale_map(saliency))
    map_height, map_width = saliency.shape
    heat = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, height)
        box = (0.0, top * map_height / height, float(map_width), bottom * map_height / height)
        strip = scaled.resize((width, bottom - top), Image.Resampling.BILINEAR, box=box)
        np.take(colours, to_uint8(np.asarray(strip)), axis=0, out=heat[top:bottom])
    return heat


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
    blended = np.empty_like(rgb)
    photo_share, heat_share = np.float32((1 - alpha) / 255), np.float32(alpha / 255)
    for top in range(0, rgb.shape[0], STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        blended[rows] = to_uint8(rgb[rows] * photo_share + heat[rows] * heat_share)
    return blended


def check_colormap(name: str) -> None:
    """Nothing, where matplotlib knows the colour map.

    Raises:
        UsageError: it does not; the message names the nearest ones.
    """
    with quiet_matplotlib():
        import matplotlib

        names = list(matplotlib.colormaps)
    if name in names:
        return
    by_lower = {known.lower(): known for known in reversed(names)}
    nearest = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
    advice = f"did you mean {' or '.join(nearest)}?" if nearest else "try jet, viridis, inferno or turbo"
    raise UsageError(f"there is no colour map {name!r}; {advice}")


@contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """matplotlib without its log lines about font caches and configuration folders, which are no words to the user."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@functools.lru_cache(maxsize=8)
def _colour_table(colormap: str) -> NDArray[np.uint8]:
    """The colour map at 256 equal steps, uint8 [256, 3]: a photo has no more levels to show."""
    check_colormap(colormap)
    import matplotlib

    table = to_uint8(matplotlib.colormaps[colormap](np.linspace(0, 1, 256))[:, :3])  # [256, 3]
    table.setflags(write=False)
    return table
