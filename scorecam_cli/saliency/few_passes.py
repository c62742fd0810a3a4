"""Score-CAM with fewer passes: representatives are passed, the rest inferred, until the map is as close as asked.

Letters: N live channels, R of them passed, C classes, P = h * w positions of the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.inference import Inferred, Link, infer_weights, median_of
from scorecam_cli.saliency.next_masks import Unpassed, next_masks
from scorecam_cli.saliency.representatives import grid_masks, medoids_in_turns, spread_order, squared_distances
from scorecam_cli.saliency.upsampling import interpolation

FIRST_ROUND = 16  # representatives; with fewer the kernel cannot be told
GROWTH = 1.5  # of the passes from round to round, at most; each costs a fit
LEAST_GROWTH = 1.0625  # at least
FALL = 3  # the error that the estimate takes falls with this power of the passes, or less: then a step falls short
WORTH_INFERRING = 0.6  # of the masks; where more are needed all are passed

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
    telling: Floats,
    ranges: tuple[NDArray[np.float32], NDArray[np.float32]],
    layers: NDArray[np.intp],
    passes: int | None,
    fidelity: float,
) -> FewPasses:
    """Pass representatives of the masks, in rounds, and infer the weights of the others.

    The first round are medoids; each further one is what would lower most the expected error of the map of one class:
    the first that is not as like as asked, or of a number of passes each class in turn.

    Args:
        grids: float32 [N, h, w], N > FIRST_ROUND.
        weigh: runs the passes of some masks, by number in 0 .. N - 1, and gives their weights.
        link: between weights and the process that infers them.
        parts: float64 [N, P], see `infer_weights`.
        energies: float64 [N], by which the first representatives are chosen, see `medoid_order`.
        telling: float64 [N, P], by which further ones are, see `next_masks`.
        ranges: lows and highs [N] of the upsampled channels.
        layers: [N], which layer each mask is of; they take turns.
        passes: R; None: as many as `fidelity` asks for.
        fidelity: the estimated correlation to reach for every class.

    Returns:
        Weights and estimates; all N passes and an estimate of 1 where the fidelity is not reached before.
    """
    distances = squared_distances(grid_masks(grids, *ranges))
    median = median_of(distances)
    new = medoids_in_turns(distances, energies, min(passes or FIRST_ROUND, FIRST_ROUND), layers)
    unsure: Unpassed | None
    passed, known, rounds = new[:0], np.zeros((0, 0)), 0
    while True:
        weights = weigh(new)  # [classes, R new]
        known = np.concatenate([known.reshape(len(weights), -1), weights], axis=1)
        passed, rounds = np.concatenate([passed, new]), rounds + 1
        if len(passed) == len(grids):
            return FewPasses(tuple(_exact(row, passed) for row in known), passed)
        infer = partial(infer_weights, passed=passed, distances=distances, median=median, parts=parts, link=link)
        if passes is None:
            inferred, unsure = _until_below(fidelity, map(infer, known))
            count = _next_count(len(passed), inferred[-1].estimated_correlation or 0.0, fidelity, masks=len(grids))
        elif len(passed) < passes:
            inferred, unsure = (), infer(known[rounds % len(known)])[1]
            count = min(passes, int(GROWTH * len(passed)))
        else:
            inferred, unsure = tuple(infer(row)[0] for row in known), None
        if unsure is None:
            return FewPasses(inferred, passed)
        rest, wanted = unsure.numbers, count - len(passed)
        new = rest if wanted == len(rest) else next_masks(unsure, telling[rest], count=wanted, turns=layers[rest])


def _until_below(
    fidelity: float, each: Iterable[tuple[Inferred, Unpassed]]
) -> tuple[tuple[Inferred, ...], Unpassed | None]:
    """Of some classes those up to the first below the fidelity, and what is not known of it; None: none is below."""
    found: list[Inferred] = []
    for inferred, unpassed in each:
        found.append(inferred)
        if (inferred.estimated_correlation or 0.0) < fidelity:
            return tuple(found), unpassed
    return tuple(found), None


def _next_count(count: int, estimate: float, fidelity: float, *, masks: int) -> int:
    """How many masks to have passed after the next round, as the estimate is so far: all where that is most of them."""
    error, wanted = (1 / max(each, 1e-3) ** 2 - 1 for each in (estimate, fidelity))  # as shares of the map
    needed = count * (error / max(wanted, 1e-300)) ** (1 / FALL)
    following = int(np.clip(needed, max(count + 4, LEAST_GROWTH * count), max(count + 4, GROWTH * count)))
    return following if following <= WORTH_INFERRING * masks else masks


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
