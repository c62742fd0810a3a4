"""XGrad-CAM: channels weighted by their gradient where they are active."""

from __future__ import annotations

import numpy as np

from scorecam_cli.saliency.grad_cam import Floats, maps_from_gradients
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question


def xgrad_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k w_k * A_k)` with `w_k = sum_ij (A_ijk / sum_ab A_abk) * g_ijk`, g the gradient of the logit.

    Where Grad-CAM takes the mean of the gradient over the grid, this takes the mean that the activation itself weighs.
    A channel whose activations sum to 0 is left out: its shares are of nothing.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Fu et al. 2020, "Axiom-based Grad-CAM", arXiv:2008.02312.
    """
    return maps_from_gradients(asked, _weighted, on_passes, settings)


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    sums = activations.sum(axis=(0, 1))  # [K]
    derived = (activations * gradient).sum(axis=(0, 1))  # [K]
    return np.asarray(activations @ np.divide(derived, sums, out=np.zeros_like(sums), where=sums != 0))


METHOD = Method(
    name="xgrad-cam",
    summary="channels weighted by their gradient where they are active",
    run=xgrad_cam,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Fu et al.", 2020, "arXiv:2008.02312"),
    needs=BY_GRADIENTS,
    takes=frozenset({"signed"}),
    unmixed=True,
)
