"""LayerCAM: every position of every channel weighted by its own positive gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.grad_cam import Floats, maps_from_gradients
from scorecam_cli.saliency.maps import Maps, MethodSettings


def layer_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """`ReLU(sum_k ReLU(g_k) * A_k)`, position by position, g the gradient of the logit with respect to A.

    Args:
        image: float32 [H, W, c] in model units.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one gradient pass for each class.

    Raises:
        ModelError: the model shows probabilities only. NumericsError: a gradient is not finite.

    Source: Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
    Transactions on Image Processing 30, equations 5 to 7.
    """
    del observation, settings
    return maps_from_gradients(classifier, image, class_indices=class_indices, combine=_weighted, on_passes=on_passes)


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    return np.asarray((np.maximum(gradient, 0) * activations).sum(axis=2))
