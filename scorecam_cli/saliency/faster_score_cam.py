"""Faster-Score-CAM: Score-CAM of the few channels whose activation varies most."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import Selection, Variant
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings
from scorecam_cli.saliency.score_cam import score_cam

CHANNELS = 10  # as many as its published example takes


def faster_score_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """Score-CAM (`article`) of the channels of largest standard deviation over the grid; the others are left out.

    Args:
        image: float32 [H, W, c] in model units. settings: passes are channels, 10 by default, one pass each.

    Returns:
        Maps float32 [H, W] >= 0.

    Source: Faster-Score-CAM, as published with its TensorFlow code; Wang et al. 2020, arXiv:1910.01279.
    """
    found = score_cam(
        classifier,
        image,
        observation=observation,
        class_indices=class_indices,
        variant=Variant.ARTICLE,
        passes=settings.passes or CHANNELS,
        selection=Selection.FASTER,
        batch_size=settings.batch_size,
        on_passes=on_passes,
    )
    return Maps(tuple(each.map for each in found.classes), found.passes)
