"""Whether a map speaks of what it shows: coherency, and the two numbers that are means of it with others.

Sources: coherency and ADCC: Poppi et al. 2021, arXiv:2104.10252, section 4; ARCC: Domeniconi et al. 2026, "How to
Evaluate and Refine your CAM", arXiv:2605.14641, as its authors' code computes it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import NumericsError
from scorecam_cli.faithfulness.ranks import require_size
from scorecam_cli.photos.draw import scale_map


def coherency(
    explain: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    image: NDArray[np.float32],
    *,
    saliency: NDArray[np.float32],
) -> float:
    """Whether the map stays the same when the photo is replaced by what the map shows of it.

    Letters: L the map scaled to [0, 1], L' that of the photo times L, r their correlation over the pixels: (1 + r) / 2.

    Args:
        explain: from float32 [H, W, c] in model units to the map, float32 [H, W], of the same class; called once.
        image: float32 [H, W, c] in model units.
        saliency: float32 [H, W], finite.

    Returns:
        In [0, 1]: 1 for the same map, 0.5 for one that is not like it; 0 where either is flat.

    Raises:
        UsageError: the map is not of the photo's size. NumericsError: a map is not finite.
    """
    require_size(saliency, image.shape[:2])
    shown = explain(image * scale_map(saliency)[..., None])
    if not np.isfinite(shown).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    return (1 + alike) / 2 if (alike := _correlation(saliency, shown)) is not None else 0.0


def adcc(*, coherent: float, complex_: float, drop: float) -> float:
    """The harmonic mean of coherency, 1 - complexity and 1 - average drop, each in [0, 1]; 0 where one of them is."""
    return harmonic_mean(coherent, 1 - complex_, 1 - drop)


def arcc(*, coherent: float, complex_: float, road: float) -> float:
    """The harmonic mean of coherency, 1 - complexity and ROAD, which is in [-1, 1] and counts as 0 below 0."""
    return harmonic_mean(coherent, 1 - complex_, max(0.0, road))


def harmonic_mean(*parts: float) -> float:
    """n / (1/a + 1/b + ...) of numbers in [0, 1]; 0 where one of them is."""
    return len(parts) / sum(1 / part for part in parts) if min(parts) > 0 else 0.0


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float | None:
    """Pearson's, in [-1, 1]; None where either is flat."""
    one, other = (each.ravel().astype(np.float64) - each.mean(dtype=np.float64) for each in (first, second))
    if first.max() == first.min() or second.max() == second.min():
        return None
    length = np.sqrt(one @ one) * np.sqrt(other @ other)
    return float(np.clip(one @ other / length, -1, 1)) if length > 0 else None
