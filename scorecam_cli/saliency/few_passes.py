"""Score-CAM with fewer passes: representatives are passed, the rest inferred, until the map is as close as asked.

Letters: N live channels, R of them passed, C classes, P = h * w positions of the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.inference import Inferred, Link, infer_weights
from scorecam_cli.saliency.representatives import grid_masks, medoids_in_turns, spread_order, squared_distances
from scorecam_cli.saliency.upsampling import interpolation

FIRST_ROUND = 16  # representatives; with fewer the kernel cannot be told
ROUND_SHARE = 16  # a later round adds 1/16 of what is there
WORTH_INFERRING = 0.5  # of the masks; where more are needed all are passed, for each round costs its own fit

Floats = NDArray[np.float64]
Weigh = Callable[[NDArray[np.intp]], Floats]  # numbers of R masks -> weights float64 [classes, R]


@dataclass(frozen=True)
class FewPasses:
    """Weights of all live channels for each class asked for, from some of the passes.

    inferred: one for each class. passed: [R], which of the N masks, in the order of their passes.
    """

    inferred: tuple[Inferred, ...]
    passed: NDArray[np.intp]


def representative_passes(
    grids: NDArray[np.float32],
    *,
    weigh: Weigh,
    link: Link,
    parts: Floats,
    energies: Floats,
    ranges: tuple[NDArray[np.float32], NDArray[np.float32]],
    layers: NDArray[np.intp],
    passes: int | None,
    fidelity: float,
) -> FewPasses:
    """Pass representatives of the masks, in rounds, and infer the weights of the others.

    Args:
        grids: float32 [N, h, w], N > FIRST_ROUND.
        weigh: runs the passes of some masks, by number in 0 .. N - 1, and gives their weights.
        link: between weights and the process that infers them.
        parts: float64 [N, P], see `infer_weights`.
        energies: float64 [N], by which representatives are chosen, see `medoid_order`.
        ranges: lows and highs [N] of the upsampled channels.
        layers: [N], which layer each mask is of; they take turns.
        passes: R; None: as many as `fidelity` asks for.
        fidelity: the estimated correlation to reach for every class.

    Returns:
        Weights and estimates; all N passes and an estimate of 1 where the fidelity is not reached before.
    """
    masks = grid_masks(grids, *ranges)
    distances = squared_distances(masks)
    order = medoids_in_turns(distances, energies, passes or len(grids), layers)
    known = np.zeros((0, 0))
    count = min(passes or FIRST_ROUND, len(order))
    while True:
        new = order[known.shape[1] : count]
        weights = weigh(new)  # [classes, R new]
        known = np.concatenate([known.reshape(len(weights), -1), weights], axis=1)
        passed = order[:count]
        if count == len(grids):
            return FewPasses(tuple(_exact(row, passed) for row in known), passed)
        inferred = tuple(infer_weights(row, passed, distances=distances, parts=parts, link=link) for row in known)
        if passes is not None or min(each.estimated_correlation or 0.0 for each in inferred) >= fidelity:
            return FewPasses(inferred, passed)
        count += max(4, count // ROUND_SHARE)
        count = count if count <= WORTH_INFERRING * len(order) else len(order)


def spread_passes(
    grids: NDArray[np.float32],
    *,
    weigh: Weigh,
    passes: int,
) -> FewPasses:
    """Pass the channels of largest spread and leave out the others, as Faster-Score-CAM does; nothing is estimated."""
    chosen = spread_order(grids)[:passes]
    weights = weigh(chosen)  # [classes, R]
    full = np.zeros((len(weights), len(grids)))
    full[:, chosen] = weights
    return FewPasses(tuple(Inferred(row, None) for row in full), chosen)


def pixel_coordinates(grids_shape: Sequence[int], size: Sequence[int]) -> Floats:
    """Coordinates in which grids have the inner product that their upsampled maps have over pixels, mean removed.

    Args:
        grids_shape: (h, w). size: (H, W).

    Returns:
        float64 [P, P]; `a @ it` for a grid `a` [P].
    """
    rows, columns = interpolation(grids_shape[0], size[0]), interpolation(grids_shape[1], size[1])
    second = np.kron(rows.T @ rows, columns.T @ columns) / (size[0] * size[1])  # [P, P]
    first = np.kron(rows.mean(axis=0), columns.mean(axis=0))  # [P]
    powers, axes = np.linalg.eigh(second - np.outer(first, first))
    return np.asarray(axes * np.sqrt(np.maximum(powers, 0)))


def _exact(weights: Floats, passed: NDArray[np.intp]) -> Inferred:
    full = np.empty(len(weights))
    full[passed] = weights
    return Inferred(full, 1.0)
