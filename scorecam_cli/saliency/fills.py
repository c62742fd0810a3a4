"""What stands in the place of pixels that the model must not see.

Letters: H W model input, c its colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Fill

BLUR = 5 / 224  # standard deviation as a share of each side: 5 pixels of 224
STRONG_BLUR = 1 / 8  # the same where a mask is closed: 28 pixels of 224


def filled(image: NDArray[np.float32], fill: Fill, *, blur: float = BLUR) -> NDArray[np.float32]:
    """The photo with nothing left to see: float32 [H, W, c] -> float32 [H, W, c].

    Args:
        image: in any units.
        fill: what is seen instead.
        blur: standard deviation of the Gaussian as a share of each side. It keeps to the photo at its borders: a photo
            of one colour stays as it is.
    """
    if fill == Fill.ZERO:
        return np.zeros_like(image)
    if fill == Fill.MEAN:
        return np.broadcast_to(image.mean(axis=(0, 1), dtype=np.float64), image.shape).astype(np.float32)
    rows, columns = (_smoothing(side, blur) for side in image.shape[:2])
    blurred = np.tensordot(rows, image.astype(np.float64), axes=1)  # [H, W, c]
    smooth: NDArray[np.float32] = np.einsum("vw,hwc->hvc", columns, blurred, optimize=True).astype(np.float32)
    return smooth


def _smoothing(side: int, blur: float) -> NDArray[np.float64]:
    """Gaussian blur along one axis: float64 [side, side]; each row sums to 1, at the borders too."""
    apart = np.subtract.outer(np.arange(side), np.arange(side)) / (blur * side)
    weights = np.exp(-(apart**2) / 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
