"""Grad-CAM: channels weighted by the mean gradient of the class's logit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, from_grids

Floats = NDArray[np.float64]


def grad_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """`ReLU(sum_k a_k * A_k)`, where a_k is the mean over the grid of the logit's gradient with respect to A_k.

    Args:
        image: float32 [H, W, c] in model units.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; one gradient pass for each class.

    Raises:
        ModelError: the model shows probabilities only. NumericsError: a gradient is not finite.

    Source: Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2.
    """
    del observation, settings
    return maps_from_gradients(classifier, image, class_indices=class_indices, combine=_weighted, on_passes=on_passes)


def maps_from_gradients(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    class_indices: Sequence[int],
    combine: Callable[[Floats, Floats], Floats],
    on_passes: Callable[[int], None] | None,
) -> Maps:
    """Maps from what `combine` makes of activations and gradient, float64 [h, w, K] both: a grid float64 [h, w]."""
    grids = []
    for index in class_indices:
        activations, gradient = classifier.gradients.of_target(image, index)
        grids.append(combine(activations.astype(np.float64), gradient.astype(np.float64)))
        if on_passes is not None:
            on_passes(1)
    return Maps(from_grids(grids, classifier.size), len(grids))


def _weighted(activations: Floats, gradient: Floats) -> Floats:
    return np.asarray(activations @ gradient.mean(axis=(0, 1)))
