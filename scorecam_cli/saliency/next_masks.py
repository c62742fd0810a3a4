"""Which masks to pass next: those whose answers would lower the expected error of the map most.

Letters: M masks not passed, P = h * w positions of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AS_GOOD_AS_KNOWN = 1e-12  # a weight with this share of the largest variance


@dataclass(frozen=True)
class Unpassed:
    """What is not known of one class.

    numbers: [M] of the masks without an answer. covariance: float64 [M, M], of their weights.
    """

    numbers: NDArray[np.intp]
    covariance: Floats


def next_masks(unpassed: Unpassed, parts: Floats, *, count: int, turns: NDArray[np.intp]) -> NDArray[np.intp]:
    """The masks to pass next, one after the other that which lowers the expected squared error of the map most.

    The error is `|sum_m e_m s_m|^2`, e the errors of the weights, s what one unit of each adds to the map. Knowing e_t
    explains of it `|sum_m cov(e_m, e_t) s_m|^2 / var(e_t)`, and leaves `cov(e_m, e_n) - cov(e_m, e_t) cov(e_n, e_t) /
    var(e_t)` of the covariances, whatever e_t turns out to be.

    Args:
        unpassed: the masks to choose from.
        parts: float64 [M, P], s, in coordinates whose inner product is the covariance over pixels.
        count: how many, at most M.
        turns: int [M], the layer of each mask; as many of each are chosen, while it has any.

    Returns:
        Numbers [count], out of `unpassed.numbers`.

    Source: the A-optimal design of Cohn, Ghahramani & Jordan 1996, "Active Learning with Statistical Models", for the
    map in place of the predictions; the updates are those of a pivoted Cholesky decomposition.
    """
    covariance = unpassed.covariance
    variances = np.diag(covariance).copy()  # [M]
    least = max(AS_GOOD_AS_KNOWN * float(variances.max()), 1e-300)
    reach = parts.T @ covariance  # [P, M]: sum_m cov(e_m, e_t) s_m
    known = np.zeros((count, len(variances)))
    chosen: list[int] = []
    for step in range(count):
        gains = np.einsum("pm,pm->m", reach, reach) / np.maximum(variances, least)
        gains[_out_of_turn(turns, chosen)] = -1
        best = int(gains.argmax())
        before, deviation = known[:step], np.sqrt(max(variances[best], least))
        known[step] = (covariance[best] - before[:, best] @ before) / deviation
        reach -= np.outer(reach[:, best] / deviation, known[step])
        variances -= known[step] ** 2
        chosen.append(best)
    return unpassed.numbers[chosen]


def _out_of_turn(turns: NDArray[np.intp], chosen: list[int]) -> NDArray[np.bool_]:
    """Masks that are chosen already, or whose layer has more of the chosen than another that has some left."""
    taken = np.zeros(len(turns), bool)
    taken[chosen] = True
    had = np.bincount(turns[taken], minlength=int(turns.max()) + 1)
    fewest = had[turns[~taken]].min()
    return np.asarray(taken | (had[turns] > fewest))
