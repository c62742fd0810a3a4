"""SS-CAM: Score-CAM whose weights are averaged over noise on the masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.averaged_scores import averaged_score_cam
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method, Need, Source
from scorecam_cli.saliency.question import Question

SAMPLES = 10  # of each channel: VGG16 has 512, so 5120 passes, ten times Score-CAM
NOISE = 2.0  # standard deviation, where the mask goes from 0 to 1


def ss_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """Smoothed Score-CAM, with noise on the feature maps: `ReLU(sum_k a_k * A_k)`.

    a is the softmax over channels of the mean logit of `X * (M_k + noise)`; the noise is normal with a standard
    deviation of 2, another one for each pixel, channel and sample.

    Passes are samples of each channel, 10 by default: that many times the cost of Score-CAM.

    Returns:
        Maps float32 [H, W] >= 0; the same for the same seed, whatever the batch size.

    Raises:
        NumericsError: a logit is not finite.

    Source: Wang, Naidu et al. 2020, arXiv:2006.14255, the first of its two forms.
    """

    def noisy(mask: NDArray[np.float32], channel: int, sample: int) -> NDArray[np.float32]:
        drawn = np.random.default_rng((settings.seed, channel, sample)).standard_normal(mask.shape, np.float32)
        return mask + np.float32(NOISE) * drawn

    return averaged_score_cam(asked, settings, on_passes, samples=settings.passes or SAMPLES, alter=noisy)


METHOD = Method(
    name="ss-cam",
    summary="Score-CAM averaged over noise on the masks",
    run=ss_cam,
    planned=lambda work: work.live * (work.passes or SAMPLES),
    passes=f"{SAMPLES} a channel, or `--passes`",
    source=Source("Wang, Naidu et al.", 2020, "arXiv:2006.14255"),
    needs=frozenset({Need.LOGITS}),
    takes=frozenset({"passes", "batch_size", "seed", "fill"}),
)
