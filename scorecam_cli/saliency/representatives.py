"""Which masks to pass when not all of them: representatives of groups, in an order that any number can be cut from.

Letters: N live channels, P = h * w positions of the grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def grid_masks(grids: NDArray[np.float32], lows: NDArray[np.float32], highs: NDArray[np.float32]) -> Floats:
    """Masks at the positions of the grid: [N, h, w] with the range [N] of each after upsampling -> float64 [N, P]."""
    span = np.maximum(highs.astype(np.float64) - lows, np.finfo(np.float32).tiny)
    masks = (grids.astype(np.float64) - lows[:, None, None]) / span[:, None, None]  # [N, h, w]
    return masks.reshape(len(grids), -1)  # [N, P]


def squared_distances(masks: Floats) -> Floats:
    """Squared Euclidean distances between masks [N, P] -> float64 [N, N]."""
    squares = np.einsum("np,np->n", masks, masks)
    return np.asarray(np.maximum(squares[:, None] + squares[None, :] - 2 * masks @ masks.T, 0))


def medoid_order(distances: Floats, energies: Floats, count: int) -> NDArray[np.intp]:
    """Masks in the order in which they lower the loss of k-medoids most: the first R are the medoids for any R.

    The loss is `sum_n energy_n * min_r distance_nr`: a mask that moves the map more must have a medoid nearer to it.

    Args:
        distances: float64 [N, N], squared. energies: float64 [N], what a mask adds to the variance of the map.
        count: how many to order.

    Returns:
        Indices [min(count, N)].

    Source: the BUILD step of Kaufman & Rousseeuw 1990, Partitioning Around Medoids.
    """
    weighted = energies[:, None] * distances  # [N, N]
    order = [int(weighted.sum(axis=0).argmin())]
    nearest = weighted[:, order[0]].copy()
    while len(order) < min(count, len(distances)):
        gains = np.maximum(nearest[:, None] - weighted, 0).sum(axis=0)  # [N]
        gains[order] = -1
        order.append(int(gains.argmax()))
        nearest = np.minimum(nearest, weighted[:, order[-1]])
    return np.array(order)


def medoids_in_turns(distances: Floats, energies: Floats, count: int, layers: NDArray[np.intp]) -> NDArray[np.intp]:
    """The same of several layers: each in its own order, the layers take turns until they have no more.

    In one order of all masks a layer of large masks comes first again and again, and the map is less like the exact one
    for it.

    Args:
        distances, energies, count: as in `medoid_order`.
        layers: int [N], of each mask.

    Returns:
        Indices [min(count, N)].
    """
    each = [np.flatnonzero(layers == layer) for layer in np.unique(layers)]
    if len(each) == 1:
        return medoid_order(distances, energies, count)
    orders = [own[medoid_order(distances[np.ix_(own, own)], energies[own], count)] for own in each]
    turns = np.concatenate([np.arange(len(order)) for order in orders])
    return np.concatenate(orders)[np.argsort(turns, kind="stable")][:count]


def spread_order(grids: NDArray[np.float32]) -> NDArray[np.intp]:
    """Channels [N, h, w] by the standard deviation of their activation, largest first: indices [N].

    Source: Faster-Score-CAM, as published with its TensorFlow code by Kim (2020).
    """
    return np.argsort(-grids.reshape(len(grids), -1).std(axis=1), kind="stable")
