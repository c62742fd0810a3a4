"""Whether a map points at the object: its share of energy inside a region, and where its maximum lies.

Letters: H W the map, H0 W0 the photo; regions are in the photo's own pixels, rows before columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import NumericsError
from scorecam_cli.faithfulness.ranks import pixel_ranks

TOLERANCE = 15.0  # pixels of the photo


def energy_inside(saliency: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    """The energy-based pointing game: how much of the map, enlarged to the photo, lies inside the region.

    Args:
        saliency: float32 [H, W] >= 0, finite.
        region: bool [H0, W0].

    Returns:
        Sum inside / sum in total, in [0, 1]; 0 for a map of zeros.

    Raises:
        NumericsError: a value of the map is not finite.

    Source: Wang et al. 2020, arXiv:1910.01279, section 4.3.
    """
    large = at_photo_size(saliency, region.shape)
    total = large.sum(dtype=np.float64)
    return float(large.sum(where=region, dtype=np.float64) / total) if total > 0 else 0.0


def points_inside(
    saliency: NDArray[np.float32], region: NDArray[np.bool_], *, tolerance: float = TOLERANCE, seed: int = 0
) -> bool:
    """The pointing game: whether the maximum of the map, enlarged to the photo, lies in the region or near it.

    Args:
        saliency: float32 [H, W], finite; a flat one points nowhere and misses.
        region: bool [H0, W0].
        tolerance: pixels of the photo, >= 0: how far from the region's nearest pixel is still a hit.
        seed: of the choice among several equal maxima.

    Raises:
        NumericsError: a value of the map is not finite.

    Source: Zhang et al. 2016, "Top-down Neural Attention by Excitation Backprop", arXiv:1608.00507, section 4.1.
    """
    large = at_photo_size(saliency, region.shape)
    if large.max() == large.min():
        return False
    row, column = np.unravel_index(pixel_ranks(large, seed=seed).argmin(), large.shape)
    reach = int(tolerance)
    top, left = max(0, int(row) - reach), max(0, int(column) - reach)
    rows, columns = np.nonzero(region[top : int(row) + reach + 1, left : int(column) + reach + 1])
    return bool(((rows + top - row) ** 2 + (columns + left - column) ** 2 <= tolerance**2).any())


def density_share(saliency: NDArray[np.float32], named: NDArray[np.bool_], other: NDArray[np.bool_]) -> float | None:
    """The pointing game on pairs: of two objects in one photo, how much of the map is on the one that the class names.

    Letters: a, b the mean of the map, enlarged to the photo, in the named object and in the other: `a / (a + b)`. The
    means, not the sums: a large object shall not win by its size.

    Args:
        saliency: float32 [H, W] >= 0, finite.
        named, other: bool [H0, W0]; pixels of both count in neither.

    Returns:
        In [0, 1]: 0.5 where the map does not tell them apart; None where it is zero in both, or one has no pixel of
        its own.

    Raises:
        NumericsError: a value of the map is not finite.
    """
    own, its = named & ~other, other & ~named
    if not (own.any() and its.any()):
        return None
    large = at_photo_size(saliency, named.shape)
    one, two = (float(large.mean(where=region, dtype=np.float64)) for region in (own, its))
    return one / (one + two) if one + two > 0 else None


def at_photo_size(saliency: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The map bilinearly, with half-pixel centres, at the size of the photo: float32 [H, W] -> float32 [H0, W0].

    Where the photo is the smaller one, each of its pixels is a weighted mean of those it covers.

    Raises:
        NumericsError: a value of the map is not finite.
    """
    if not np.isfinite(saliency).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    height, width = shape
    resized = Image.fromarray(saliency.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)
