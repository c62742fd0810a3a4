"""What each variant of Score-CAM sums, and with which weights.

Letters: H W model input, h w feature grid, K channels, N live channels, P = h * w positions of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import OF_DIFFERENCES, Variant
from scorecam_cli.models.answers import MASK_EPSILON
from scorecam_cli.records import Uncertainty
from scorecam_cli.saliency.few_passes import pixel_coordinates
from scorecam_cli.saliency.question import live_channels
from scorecam_cli.saliency.regression import (
    FEWEST_ANSWERS,
    Layers,
    Regression,
    centred_deviations,
    centred_weights,
    without_mean,
)

Floats = NDArray[np.float64]
Ranges = tuple[NDArray[np.float32], NDArray[np.float32]]  # lows and highs [N] of the upsampled channels


@dataclass(frozen=True)
class Summands:
    """What is summed for one photo, by one variant.

    activations: float32 [h, w, K]. live: numbers [N] of the channels that are summed. spans: of these.
    measured: how many of their weights are what the model answered, the others inferred; None: all.
    layers: [N], of which target layer each is; None: all are of one.
    """

    activations: NDArray[np.float32]
    live: NDArray[np.intp]
    spans: Ranges
    variant: Variant
    measured: int | None = None
    layers: Layers = None

    @property
    def falls_back(self) -> bool:
        """Whether there are fewer answers than a fit needs, and `centred` is what is summed."""
        return self.variant == Variant.FITTED and self._answers < FEWEST_ANSWERS

    @property
    def warnings(self) -> tuple[str, ...]:
        """That the variant could not be had as it was asked for."""
        if not (self.falls_back and len(self.live)):
            return ()
        few = f"fitted needs the answers to {FEWEST_ANSWERS} masks and has {self._answers}"
        more = "; give more --passes" if len(live_channels(self.activations)) >= FEWEST_ANSWERS else ""
        return (f"{few}: the map is that of the variant centred{more}",)

    def shares(self, weights: Floats) -> Floats:
        """What each mask is multiplied by in the sum, float64 [N].

        Args:
            weights: float64 [N], as measured or inferred: probabilities, or for `paper` exp of the rise of the logit.
        """
        if self.variant == Variant.PAPER:
            return np.asarray(weights * self._share_of_constant(weights))
        if self.variant == Variant.CENTRED or self.falls_back:
            return centred_weights(weights, self.layers)
        return self._regression.weights(weights) if self.variant == Variant.FITTED else weights

    def summed(self, weights: Floats) -> Floats:
        """`sum_k a_k * M_k` or `sum_k a_k * A_k` on the grid, float64 [h, w]; a: the shares of these weights."""
        shares = self.shares(weights)
        if self.variant == Variant.PAPER:
            every = np.full(self.activations.shape[2], self._share_of_constant(weights))
            every[self.live] = shares
            return np.asarray(self.activations.astype(np.float64) @ every)
        return np.asarray(shares @ self._summands).reshape(self.activations.shape[:2])

    def uncertainty(self, weights: Floats) -> Uncertainty | None:
        """How sure the contributions are, of the variants that are a regression, where all weights were measured."""
        if self.variant not in OF_DIFFERENCES or not len(self.live):
            return None
        centred = self.variant == Variant.CENTRED or self.falls_back
        spread = (
            centred_deviations(self._summands, weights, self.layers)
            if centred
            else self._regression.deviations(weights)
        )
        shape = self.activations.shape[:2]
        return Uncertainty(self.summed(weights).astype(np.float32), spread.reshape(shape).astype(np.float32))

    def parts(self, size: Sequence[int]) -> Floats:
        """What one unit of each weight adds to the map, in pixel coordinates of (H, W): float64 [N, P]."""
        added = self._summands
        if self.variant in OF_DIFFERENCES:
            added = (
                without_mean(added, self.layers)
                if self.variant == Variant.CENTRED or self.falls_back
                else self._regression.effects
            )
        return np.asarray(added @ pixel_coordinates(self.activations.shape[:2], size))

    def energies(self, size: Sequence[int]) -> Floats:
        """How much each mask moves the plain sum: float64 [N]. By it the first representatives are chosen.

        For all variants: by what a mask moves those that are regressions, their maps come out less like the exact ones.
        """
        plain = self._summands @ pixel_coordinates(self.activations.shape[:2], size)
        return np.asarray(np.einsum("np,np->n", plain, plain))

    def telling_parts(self, size: Sequence[int]) -> Floats:
        """What one unit of each weight adds to the map by which further masks are chosen: float64 [N, P], as `parts`.

        That is the sum of masks without their mean, for all variants: the error that all masks have in common is soon
        known, and by the map of `fitted` itself the masks chosen on a fine grid are worse for it.
        """
        apart = without_mean(self._summands, self.layers)
        return np.asarray(apart @ pixel_coordinates(self.activations.shape[:2], size))

    @property
    def _answers(self) -> int:
        return len(self.live) if self.measured is None else self.measured

    def _share_of_constant(self, weights: Floats) -> float:
        """Of each channel that is constant over the grid, whose logit does not rise: exp(0) among all K."""
        return float(1 / (weights.sum() + self.activations.shape[2] - len(weights)))

    @cached_property
    def _summands(self) -> Floats:
        """Masks M_k, or for the variants that sum them activations A_k: float64 [N, P]."""
        above = self.activations[:, :, self.live].astype(np.float64)  # [h, w, N]
        if self.variant not in (Variant.OFFICIAL, Variant.PAPER):
            lows, highs = (each.astype(np.float64) for each in self.spans)
            above = (above - lows) / (highs - lows + MASK_EPSILON)  # U(A - low) = U(A) - low
        return np.asarray(np.moveaxis(above, 2, 0).reshape(len(self.live), np.prod(above.shape[:2])))

    @cached_property
    def _regression(self) -> Regression:
        return Regression.on(self._summands, layers=self.layers)
