"""Opti-CAM: the sum of the channels that, as a mask, shows most of the class; its weights are searched for.

Letters: H W model input, c its colours, h w feature grid, N live channels; U upsamples bilinearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source
from scorecam_cli.saliency.question import Derived, Question, live_channels
from scorecam_cli.saliency.upsampling import interpolation

ITERATIONS = 100
RATE = 0.1  # of Adam; the other numbers are its usual ones
DECAYS = 0.9, 0.999
EPSILON = 1e-8

Floats = NDArray[np.float64]


def opti_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`M = (U(S) - min) / (max - min)`, `S = sum_k w_k ReLU(A_k)`, w the softmax of the u of largest logit_c(X * M).

    u begins with zeros and follows the gradient of the logit by Adam with a rate of 0.1. Passes are its steps, 100 by
    default, a forward and a backward pass each, for each class. The authors end the search earlier where the logit no
    longer rises; here all steps are taken. A channel that is constant over the grid, or never above 0, is left out: it
    adds nothing that the scaling to [0, 1] does not take away, so neither map nor search changes.

    Returns:
        Maps float32 [H, W] in [0, 1], the masks themselves.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Zhang et al. 2023, "Opti-CAM: Optimizing saliency maps for interpretability", arXiv:2301.07002, section 3;
    steps, rate and ReLU as in the authors' code.
    """
    activations = np.maximum(asked.observation.activations, 0)  # [h, w, K]
    live = live_channels(activations)
    if not len(live):
        return Maps(tuple(np.zeros(asked.size, np.float32) for _ in asked.class_indices), 0)
    masks = WeightedMasks(activations[:, :, live].astype(np.float64), asked.size)
    steps = settings.passes or ITERATIONS
    maps = [_optimised(asked, own, masks, steps, on_passes) for own in asked.derived]
    return Maps(tuple(finished(each) for each in maps), steps * len(maps))


def _optimised(asked: Question, own: Derived, masks: WeightedMasks, steps: int, on_passes: OnPasses) -> Floats:
    """The mask of one class after so many steps: float64 [H, W]."""
    gradients, apart = asked.classifier.gradients, (asked.image - asked.hidden).astype(np.float64)  # [H, W, c]
    search = Adam(masks.grids.shape[2])
    for _ in range(steps):
        shown = asked.behind(masks.mask(search.values)[None].astype(np.float32))  # [1, H, W, c]
        derived = gradients.of_photos(shown, *own, batch_size=1, on_passes=on_passes)[0].astype(np.float64)
        search.rise(masks.derived(search.values, (derived * apart).sum(axis=2)))
    return masks.mask(search.values)


@dataclass(frozen=True)
class WeightedMasks:
    """Masks that are weighted sums of channels.

    grids: float64 [h, w, N], none of them constant. size: (H, W).
    """

    grids: Floats
    size: tuple[int, int]

    def mask(self, values: Floats) -> Floats:
        """The sum whose weights are the softmax of values [N], upsampled and scaled to [0, 1]: float64 [H, W]."""
        upsampled = self._upsampled(values)
        low, high = upsampled.min(), upsampled.max()
        return np.asarray((upsampled - low) / (high - low)) if high > low else np.zeros(self.size)

    def derived(self, values: Floats, by_mask: Floats) -> Floats:
        """How a number changes with each of the values [N], from how it changes with each pixel of the mask [H, W]."""
        upsampled, mask = self._upsampled(values), self.mask(values)
        spread = np.ptp(upsampled)
        if not spread:
            return np.zeros_like(values)
        by_upsampled = by_mask.copy()
        by_upsampled.flat[upsampled.argmin()] += np.sum(by_mask * (mask - 1))  # the scaling hangs on both ends
        by_upsampled.flat[upsampled.argmax()] -= np.sum(by_mask * mask)
        rows, columns = self._axes
        by_weights = np.tensordot(rows.T @ (by_upsampled / spread) @ columns, self.grids, axes=2)  # [N]
        weights = softmax(values)
        return np.asarray(weights * (by_weights - weights @ by_weights))

    def _upsampled(self, values: Floats) -> Floats:
        rows, columns = self._axes
        return np.asarray(rows @ (self.grids @ softmax(values)) @ columns.T)

    @cached_property
    def _axes(self) -> tuple[Floats, Floats]:
        height, width, _ = self.grids.shape
        return interpolation(height, self.size[0]), interpolation(width, self.size[1])


class Adam:
    """A search for a maximum by steps whose length does not depend on that of the gradient.

    values: float64 [N], zeros at first.

    Source: Kingma & Ba 2014, arXiv:1412.6980, algorithm 1.
    """

    def __init__(self, count: int) -> None:
        self.values = np.zeros(count)
        self._mean, self._square, self._steps = np.zeros(count), np.zeros(count), 0

    def rise(self, gradient: Floats) -> None:
        """One step along a gradient [N]."""
        self._steps += 1
        of_mean, of_square = DECAYS
        self._mean = of_mean * self._mean + (1 - of_mean) * gradient
        self._square = of_square * self._square + (1 - of_square) * gradient**2
        mean = self._mean / (1 - of_mean**self._steps)
        square = self._square / (1 - of_square**self._steps)
        self.values = self.values + RATE * mean / (np.sqrt(square) + EPSILON)


def softmax(values: Floats) -> Floats:
    """Shares [N] that sum to 1."""
    raised = np.exp(values - values.max())
    return np.asarray(raised / raised.sum())


METHOD = Method(
    name="opti-cam",
    summary="sum of channels that shows most of the logit as a mask",
    run=opti_cam,
    planned=lambda work: (work.passes or ITERATIONS) * work.classes,
    passes=f"{ITERATIONS} backward passes, or `--passes`",
    source=Source("Zhang et al.", 2023, "arXiv:2301.07002"),
    needs=BY_GRADIENTS,
    takes=frozenset({"passes", "fill"}),
)
