"""HiResCAM: every position of every channel weighted by its own gradient, positive or negative."""

from __future__ import annotations

import numpy as np

from scorecam_cli.saliency.grad_cam import Floats, maps_from_gradients
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question


def hires_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k g_k * A_k)`, position by position, g the gradient of the logit with respect to A.

    Unlike Grad-CAM it takes no mean of the gradient over the grid; unlike LayerCAM it keeps what speaks against the
    class until all channels are summed.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Draelos & Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
    networks", arXiv:2011.08891.
    """
    return maps_from_gradients(asked, _weighted, on_passes, settings)


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    return np.asarray((gradient * activations).sum(axis=2))


METHOD = Method(
    name="hires-cam",
    summary="positions weighted by their gradients of either sign",
    run=hires_cam,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Draelos & Carin", 2020, "arXiv:2011.08891"),
    needs=BY_GRADIENTS,
    takes=frozenset({"signed"}),
    unmixed=True,
)
