"""The order a map puts the pixels in, and how alike two such orders are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import NumericsError, UsageError


def pixel_ranks(saliency: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.intp]:
    """The place of each pixel when all are sorted by the map, the highest first.

    Pixels of equal value are ordered by chance, so that a flat map favours no corner; the same seed, the same order.

    Args:
        saliency: float32 [H, W], finite.
        seed: of the order among equal values.

    Returns:
        intp [H, W], each of 0 .. H * W - 1 once; 0 is the pixel of the highest value.

    Raises:
        NumericsError: a value of the map is not finite.
    """
    if not np.isfinite(saliency).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    values = saliency.ravel()
    numbers, drawn = np.arange(values.size), np.empty(values.size, np.intp)
    drawn[np.random.default_rng(seed).permutation(values.size)] = numbers  # pixels in the order of their lots
    ranks = np.empty(values.size, np.intp)
    ranks[drawn[np.argsort(-values[drawn], kind="stable")]] = numbers  # half the time of sorting by value and lot
    return ranks.reshape(saliency.shape)


def require_size(saliency: NDArray[np.float32], size: tuple[int, ...]) -> None:
    """Refuse a map that is not [H, W] of the photo it is used with.

    Raises:
        UsageError: the sizes differ.
    """
    if saliency.shape != tuple(size):
        found, wanted = (" x ".join(str(side) for side in each) for each in (saliency.shape, size))
        raise UsageError(f"the map is {found} and the prepared photo {wanted}; use a map made with the same model")


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Whether two maps put the pixels in the same order: Spearman's rank correlation, equal values sharing a rank.

    Args:
        first, second: float [H, W], finite.

    Returns:
        In [-1, 1]: 1 for the same order, -1 for the reverse; 0 where either map is flat and orders nothing.

    Raises:
        UsageError: the maps differ in size.
    """
    require_size(first, second.shape)
    one, other = (_centred_ranks(each) for each in (first, second))
    length = np.sqrt((one @ one) * (other @ other))
    return float(np.clip(one @ other / length, -1, 1)) if length > 0 else 0.0


def _centred_ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks [H * W] with their mean taken off; each group of equal values has the mean of the places it fills."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(sizes) - (sizes + 1) / 2  # last place of the group, back to its middle; counted from 0
    return np.asarray(ranks[group.ravel()] - (values.size - 1) / 2)
