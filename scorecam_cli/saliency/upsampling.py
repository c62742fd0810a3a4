"""From grids to the size of the model's input, bilinear with half-pixel centres: a matrix for each axis.

Letters: H W model input, h w feature grid, N channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.answers import MASK_EPSILON

CHUNK = 64  # 64 x 224 x 224 float32 = 13 MB


@cache
def interpolation(small: int, large: int) -> NDArray[np.float64]:
    """What each position of a small axis adds to each of a large one: [large, small], rows summing to 1; read-only."""
    positions = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
    below = np.floor(positions).astype(int)
    above = np.minimum(below + 1, small - 1)
    matrix = np.zeros((large, small))
    np.add.at(matrix, (np.arange(large), below), 1 - (positions - below))
    np.add.at(matrix, (np.arange(large), above), positions - below)
    matrix.flags.writeable = False
    return matrix


def upsample(grids: NDArray[Any], size: Sequence[int]) -> NDArray[np.float32]:
    """Numbers [..., h, w] -> float32 [..., H, W]; each grid by itself, however many there are."""
    rows, columns = (interpolation(small, large) for small, large in zip(grids.shape[-2:], size, strict=True))
    return np.asarray(rows.astype(np.float32) @ grids.astype(np.float32) @ columns.T.astype(np.float32))


def ranges(grids: NDArray[np.float32], size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Smallest and largest value [N], [N] of each channel float32 [N, h, w] once it is upsampled to [H, W]."""
    lows, highs = np.empty(len(grids), np.float32), np.empty(len(grids), np.float32)
    for first in range(0, len(grids), CHUNK):
        part = slice(first, first + CHUNK)
        upsampled = upsample(grids[part], size)  # [n, H, W]
        lows[part], highs[part] = upsampled.min(axis=(1, 2)), upsampled.max(axis=(1, 2))
    return lows, highs


def unit_masks(grids: NDArray[np.float32], size: Sequence[int]) -> NDArray[np.float32]:
    """Channels float32 [..., h, w] -> masks float32 [..., H, W] in [0, 1]: `(U(A) - min) / (max - min + 1e-5)`."""
    upsampled = upsample(grids, size)
    lows, highs = (edge(upsampled, axis=(-2, -1), keepdims=True) for edge in (np.min, np.max))
    return np.asarray((upsampled - lows) / (highs - lows + np.float32(MASK_EPSILON)))
