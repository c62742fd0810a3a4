"""Grad-CAM++: positive gradients, each weighted by how much of the channel it stands for."""

from __future__ import annotations

import numpy as np

from scorecam_cli.saliency.grad_cam import Floats, maps_from_gradients
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question


def grad_cam_plus_plus(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k w_k * A_k)` with `w_k = sum_ij alpha_ijk * ReLU(g_ijk)`, g the gradient of the logit.

    `alpha = g^2 / (2 g^2 + g^3 * sum_ab A_abk)`, which is `1 / (2 + g * sum_ab A_abk)` where g is not 0. The paper
    derives the exponential of the logit: that multiplies the whole map by one number, which is left out here because
    it overflows.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Chattopadhay et al. 2018, arXiv:1710.11063, equations 1, 5 and 19.
    """
    return maps_from_gradients(asked, _weighted, on_passes)


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    shares = 2 + gradient * activations.sum(axis=(0, 1))  # [h, w, K]
    alphas = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares != 0)
    weights = (alphas * np.maximum(gradient, 0)).sum(axis=(0, 1))  # [K]
    return np.asarray(activations @ weights)


METHOD = Method(
    name="grad-cam++",
    summary="channels weighted by their positive gradients",
    run=grad_cam_plus_plus,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Chattopadhay et al.", 2018, "arXiv:1710.11063"),
    needs=BY_GRADIENTS,
    unmixed=True,
)
