"""What each variant of Score-CAM sums, and with which weights.

Letters: H W model input, h w feature grid, K channels, N live channels, P = h * w positions of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Variant
from scorecam_cli.models.answers import MASK_EPSILON
from scorecam_cli.saliency.few_passes import pixel_coordinates

Ranges = tuple[NDArray[np.float32], NDArray[np.float32]]  # lows and highs [N] of the upsampled channels


def shares(weights: NDArray[np.float64], channels: int, variant: Variant) -> NDArray[np.float64]:
    """What each live channel is multiplied by: weights [N], for `paper` normalised over all K channels."""
    if variant != Variant.PAPER:
        return weights
    return np.asarray(weights / (weights.sum() + channels - len(weights)))  # exp(0): a constant channel does not rise


def summed(
    activations: NDArray[np.float32],
    live: NDArray[np.intp],
    weights: NDArray[np.float64],
    spans: Ranges,
    *,
    variant: Variant,
) -> NDArray[np.float64]:
    """`sum_k a_k * M_k` or `sum_k a_k * A_k` on the grid, float64 [h, w]."""
    if variant == Variant.PAPER:
        count = activations.shape[2]
        every = np.full(count, 1 / (weights.sum() + count - len(live)))
        every[live] = shares(weights, count, variant)
        return np.asarray(activations.astype(np.float64) @ every)
    if variant == Variant.OFFICIAL:
        return np.asarray(activations[:, :, live].astype(np.float64) @ weights)
    lows, highs = (each.astype(np.float64) for each in spans)
    above = activations[:, :, live].astype(np.float64) - lows  # U(A - low) = U(A) - low
    return np.asarray(above @ (weights / (highs - lows + MASK_EPSILON)))


def parts(grids: NDArray[np.float32], spans: Ranges, variant: Variant, *, size: Sequence[int]) -> NDArray[np.float64]:
    """What one unit of each weight adds to the map, in pixel coordinates: float64 [N, h * w]."""
    summands = grids.astype(np.float64)  # [N, h, w]
    if variant == Variant.ARTICLE:
        lows, highs = (each.astype(np.float64)[:, None, None] for each in spans)
        summands = (summands - lows) / (highs - lows + MASK_EPSILON)
    return np.asarray(summands.reshape(len(grids), -1) @ pixel_coordinates(grids.shape[1:], size))
