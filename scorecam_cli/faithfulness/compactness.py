"""How small a part of the picture a map speaks of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def compactness(saliency: NDArray[np.float32]) -> float | None:
    """The share of the pixels that hold half of the map: its largest values, as many as it takes.

    Letters: n pixels, v their values in falling order. The smallest k with `v_1 + ... + v_k >= (v_1 + ... + v_n) / 2`,
    as `k / n`.

    Args:
        saliency: float32 [H, W], >= 0, finite, before any display scaling.

    Returns:
        In (0, 1]: near 0 where one spot has it all, 0.5 where it is the same everywhere; None for a map of zeros.
    """
    held = _held(saliency)
    return None if held is None else held / saliency.size


def half_level(saliency: NDArray[np.float32]) -> float | None:
    """The value from which on pixels belong to the half of the map that `compactness` counts; None for zeros."""
    held = _held(saliency)
    return None if held is None else float(np.partition(saliency.ravel(), -held)[-held])


def _held(saliency: NDArray[np.float32]) -> int | None:
    """How many of the largest values hold half of the sum."""
    falling = np.sort(saliency.ravel().astype(np.float64))[::-1]
    sums = np.cumsum(falling)
    if not sums[-1] > 0:
        return None
    return int(np.searchsorted(sums, sums[-1] / 2)) + 1
