"""IS-CAM: Score-CAM whose weights are averaged while each mask opens step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.averaged_scores import averaged_score_cam
from scorecam_cli.saliency.maps import Maps, MethodSettings

STEPS = 10  # of each channel: VGG16 has 512, so 5120 passes, ten times Score-CAM


def is_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """Integrated Score-CAM: `ReLU(sum_k a_k * A_k)`.

    a is the softmax over channels of the mean logit of `X * M_k * s / S` for the steps s = 1 .. S.

    Args:
        image: float32 [H, W, c] in model units.
        settings: passes are steps of each channel, 10 by default: that many times the cost of Score-CAM.

    Returns:
        Maps float32 [H, W] >= 0.

    Raises:
        ModelError: the model shows probabilities only.

    Source: Naidu et al. 2020, arXiv:2010.03023.
    """
    steps = settings.passes or STEPS

    def opened(mask: NDArray[np.float32], channel: int, step: int) -> NDArray[np.float32]:
        del channel
        return mask * np.float32((step + 1) / steps)

    return averaged_score_cam(
        classifier,
        image,
        observation=observation,
        class_indices=class_indices,
        settings=settings,
        samples=steps,
        alter=opened,
        method="is-cam",
        on_passes=on_passes,
    )
