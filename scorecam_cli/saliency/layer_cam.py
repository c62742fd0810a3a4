"""LayerCAM: every position of every channel weighted by its own positive gradient."""

from __future__ import annotations

import numpy as np

from scorecam_cli.saliency.grad_cam import Floats, maps_from_gradients
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question


def layer_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k ReLU(g_k) * A_k)`, position by position, g the gradient of the logit with respect to A.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
    Transactions on Image Processing 30, equations 5 to 7.
    """
    return maps_from_gradients(asked, _weighted, on_passes)


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    return np.asarray((np.maximum(gradient, 0) * activations).sum(axis=2))


METHOD = Method(
    name="layer-cam",
    summary="positions weighted by their positive gradients",
    run=layer_cam,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Jiang et al.", 2021, "LayerCAM, IEEE Transactions on Image Processing 30"),
    needs=BY_GRADIENTS,
    unmixed=True,
)
