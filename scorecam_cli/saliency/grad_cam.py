"""Grad-CAM: channels weighted by the mean gradient of the class's logit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.answered import target_gradient
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question

Floats = NDArray[np.float64]


def grad_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k a_k * A_k)`, where a_k is the mean over the grid of the logit's gradient with respect to A_k.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2.
    """
    return maps_from_gradients(asked, _weighted, on_passes, settings)


def maps_from_gradients(
    asked: Question,
    combine: Callable[[Floats, Floats], Floats],
    on_passes: OnPasses,
    settings: MethodSettings | None = None,
) -> Maps:
    """Maps from what `combine` makes of activations and gradient, float64 [h, w, K] both: a grid float64 [h, w]."""
    grids = []
    for index, against in asked.derived:
        activations, gradient = target_gradient(asked, index, against)
        grids.append(combine(activations.astype(np.float64), gradient.astype(np.float64)))
        on_passes(1)
    return Maps(from_grids(grids, asked.size, settings), len(grids))


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    return np.asarray(activations @ gradient.mean(axis=(0, 1)))


METHOD = Method(
    name="grad-cam",
    summary="channels weighted by their mean gradient",
    run=grad_cam,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Selvaraju et al.", 2017, "arXiv:1610.02391"),
    needs=BY_GRADIENTS,
    takes=frozenset({"signed"}),
    unmixed=True,
)
