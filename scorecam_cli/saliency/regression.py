"""The masked passes read as data: a regression of the class's probability on the masks.

What `article` sums up is mostly the masks themselves, which light up whatever the network finds striking, for any
class. Here only what differs between the passes counts: `centred` weighs each mask by how far its answer is from the
mean of all; `fitted` solves for what each position contributes, so that what many masks share counts once. Up to a
factor, `centred` is `fitted` of infinite strength.

Letters: N masks with an answer, P = h * w positions of the grid; X the masks, Xc the same without their mean; y the
answers. Of several layers each has a mean of its own: masks of a fine grid show less of the photo than those of a
coarse one, and are answered otherwise for that alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Layers = NDArray[np.intp] | None  # of which layer each mask is; None: all are of one

# A direction in which the masks differ is believed by half where it holds this share of all their variance. So the fit
# has at most the inverse of it, 16, degrees of freedom, and the same ones on a finer grid.
STRENGTH = 1 / 16
SAME = 1e-12  # variance of masks that do not differ; the square of what float32 tells apart is 1e-14
SAME_ANSWERS = 1e-6  # a share of the largest; float32 tells 1e-7 apart, and softmax sums up a thousand
FEWEST_ANSWERS = 16  # no fewer than it may have degrees of freedom


@dataclass(frozen=True)
class Regression:
    """Ridge regression on some masks, of any answers: `min_b sum_n (y_n - b_0 - sum_x b_x X_nx)^2 + l |b|^2`.

    Solved by `b = (Xc^T Xc + l)^-1 Xc^T y`. It is a sum of masks again, `b = sum_n a_n X_n`, with the weights
    `a = (y - mean y - Xc b) / l`, which sum to 0.

    apart: Xc, float64 [N, P]; zeros where the masks do not differ, and so are contributions and weights.
    penalty: l, > 0. layers: int [N], of each mask; None: one.
    """

    apart: Floats
    penalty: float
    layers: Layers = None

    @classmethod
    def on(cls, masks: Floats, *, strength: float = STRENGTH, layers: Layers = None) -> Regression:
        """The regression on masks float64 [N, P] in [0, 1], of this strength: l as a share of the squares of Xc."""
        apart = without_mean(masks, layers)
        squares = float(np.sum(apart**2))
        if squares <= SAME * masks.size:
            return cls(np.zeros_like(apart), 1.0, layers)
        return cls(apart, strength * squares, layers)

    @cached_property
    def effects(self) -> Floats:
        """What one unit of each answer adds to each contribution: float64 [N, P], `Xc (Xc^T Xc + l)^-1`."""
        count, positions = self.apart.shape
        if positions <= count:
            powers = self.apart.T @ self.apart + self.penalty * np.eye(positions)  # [P, P]
            return np.asarray(np.linalg.solve(powers, self.apart.T).T)
        powers = self.apart @ self.apart.T + self.penalty * np.eye(count)  # [N, N]
        return np.asarray(np.linalg.solve(powers, self.apart))

    def contributions(self, answers: Floats) -> Floats:
        """b of answers float64 [N]: what a position adds to the answer where it is shown, float64 [P]."""
        return np.asarray(centred_weights(answers, self.layers) @ self.effects)

    def weights(self, answers: Floats) -> Floats:
        """a of answers float64 [N]: what each mask is multiplied by, of either sign, float64 [N]."""
        if not self.apart.any():
            return np.zeros_like(answers)
        return np.asarray(self._residuals(answers) / self.penalty)

    def deviations(self, answers: Floats) -> Floats:
        """Standard deviation of each contribution, float64 [P]: how far it would move with other masks of the kind.

        `sqrt(sum_n effects_nx^2 e_n^2)`, e_n the error of the fit without mask n. What the masks do not explain is not
        one noise, but more for some masks than for others: the posterior of a ridge regression, with one noise for
        all, is far too wide.

        Source: MacKinnon & White 1985, "Some heteroskedasticity-consistent covariance matrix estimators", HC3.
        """
        of_means = 1 / _of_layer(answers, self.layers)
        leverages = np.einsum("np,np->n", self.apart, self.effects) + of_means  # below 1: there is a penalty
        errors = self._residuals(answers) / (1 - leverages)
        return np.asarray(np.sqrt(errors**2 @ self.effects**2))

    def _residuals(self, answers: Floats) -> Floats:
        return np.asarray(centred_weights(answers, self.layers) - self.apart @ self.contributions(answers))


def centred_weights(answers: Floats, layers: Layers = None) -> Floats:
    """How far each answer is from the mean of its layer: float64 [N] -> float64 [N]; zeros where all are the same."""
    if not len(answers) or np.ptp(answers) <= SAME_ANSWERS * np.abs(answers).max():
        return np.zeros_like(answers)
    return without_mean(answers, layers)


def centred_deviations(masks: Floats, answers: Floats, layers: Layers = None) -> Floats:
    """The same of the centred sum of masks float64 [N, P]: float64 [P]."""
    return np.asarray(np.sqrt(centred_weights(answers, layers) ** 2 @ without_mean(masks, layers) ** 2))


def without_mean(values: Floats, layers: Layers = None) -> Floats:
    """Values float64 [N, ...] without the mean of all, or of those of their layer."""
    if layers is None:
        return np.asarray(values - values.mean(axis=0))
    apart = np.empty_like(values)
    for layer in np.unique(layers):
        own = layers == layer
        apart[own] = values[own] - values[own].mean(axis=0)
    return apart


def _of_layer(answers: Floats, layers: Layers) -> Floats:
    """How many answers there are of the layer of each: float64 [N]."""
    count = np.full(len(answers), len(answers)) if layers is None else np.bincount(layers)[layers]
    return np.asarray(count, np.float64)
