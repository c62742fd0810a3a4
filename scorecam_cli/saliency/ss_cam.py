"""SS-CAM: Score-CAM whose weights are averaged over noise on the masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.averaged_scores import averaged_score_cam
from scorecam_cli.saliency.maps import Maps, MethodSettings

SAMPLES = 10  # of each channel: VGG16 has 512, so 5120 passes, ten times Score-CAM
NOISE = 2.0  # standard deviation, where the mask goes from 0 to 1


def ss_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """Smoothed Score-CAM, with noise on the feature maps: `ReLU(sum_k a_k * A_k)`.

    a is the softmax over channels of the mean logit of `X * (M_k + noise)`; the noise is normal with a standard
    deviation of 2, another one for each pixel, channel and sample.

    Args:
        image: float32 [H, W, c] in model units.
        settings: passes are samples of each channel, 10 by default: that many times the cost of Score-CAM.

    Returns:
        Maps float32 [H, W] >= 0; the same for the same seed, whatever the batch size.

    Raises:
        ModelError: the model shows probabilities only.

    Source: Wang, Naidu et al. 2020, arXiv:2006.14255, the first of its two forms.
    """

    def noisy(mask: NDArray[np.float32], channel: int, sample: int) -> NDArray[np.float32]:
        drawn = np.random.default_rng((settings.seed, channel, sample)).standard_normal(mask.shape, np.float32)
        return mask + np.float32(NOISE) * drawn

    return averaged_score_cam(
        classifier,
        image,
        observation=observation,
        class_indices=class_indices,
        settings=settings,
        samples=settings.passes or SAMPLES,
        alter=noisy,
        method="ss-cam",
        on_passes=on_passes,
    )
