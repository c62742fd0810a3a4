"""Like masks put together: cosine distances, and agglomerative clustering with complete linkage.

Letters: H W model input, h w feature grid, N masks, P = h * w positions of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.upsampling import interpolation, ranges

Floats = NDArray[np.float64]
APART = 0.1  # cosine distance: masks that are nearer to each other than this become one


def merged_masks(grids: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Sums of the masks of like channels, on the grid: float32 [N, h, w] -> float32 [R, h, w], in order of channel.

    Args:
        grids: of live channels. size: (H, W), where their masks span [0, 1] and are compared.
    """
    lows, highs = (each[:, None, None] for each in ranges(grids, size))  # [N, 1, 1]
    masks = (grids - lows) / np.maximum(highs - lows, np.finfo(np.float32).tiny)  # [N, h, w]
    labels = complete_linkage(cosine_distances(masks, size), APART)  # [N]
    merged = np.zeros((labels.max() + 1, *grids.shape[1:]), np.float32)
    np.add.at(merged, labels, masks)
    return merged


def cosine_distances(masks: NDArray[np.float32], size: Sequence[int]) -> Floats:
    """One minus the cosine between masks of the size (H, W), told from their grids: float32 [N, h, w] -> [N, N].

    Where one is zero, the distance is 1. No mask is upsampled: `<U(a), U(b)> = a^T (R^T R x C^T C) b`.
    """
    rows, columns = (interpolation(small, large) for small, large in zip(masks.shape[1:], size, strict=True))
    grids = masks.astype(np.float64)
    spread = (rows.T @ rows) @ grids @ (columns.T @ columns)  # [N, h, w]
    products = grids.reshape(len(grids), -1) @ spread.reshape(len(grids), -1).T  # [N, N]
    lengths = np.sqrt(np.maximum(np.diagonal(products), 0))
    lengths = np.outer(lengths, lengths)
    return np.asarray(1 - np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0))


def complete_linkage(distances: Floats, threshold: float) -> NDArray[np.intp]:
    """Groups in which any two are nearer than a threshold, made by merging the two nearest groups again and again.

    Args:
        distances: float64 [N, N], symmetric. threshold: groups whose farthest members are as far apart stay two.

    Returns:
        Number of the group of each, [N], in 0 .. R - 1, in order of the groups' first members.

    Source: the nearest-neighbour chain of Benzecri 1982, which finds the same groups in steps of N.
    """
    apart = distances.copy()  # of groups, each at its first member; infinite for those that are merged or final
    np.fill_diagonal(apart, np.inf)
    groups = np.arange(len(apart))
    waiting, chain = set(range(len(apart))), list[int]()
    while waiting:
        chain = chain or [min(waiting)]
        top = chain[-1]
        near = int(apart[top].argmin())
        if len(chain) > 1 and apart[top, near] == apart[top, chain[-2]]:
            near = chain[-2]
        if apart[top, near] >= threshold:  # no merging brings anything nearer
            gone = top
            chain.clear()
        elif chain[-2:-1] != [near]:
            chain.append(near)
            continue
        else:
            kept, gone = sorted((top, near))
            groups[groups == gone] = kept
            apart[kept] = apart[:, kept] = np.maximum(apart[kept], apart[gone])
            del chain[-2:]
        apart[gone] = apart[:, gone] = np.inf
        waiting.discard(gone)
    return np.unique(groups, return_inverse=True)[1]
