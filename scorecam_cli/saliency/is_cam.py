"""IS-CAM: Score-CAM whose weights are averaged while each mask opens step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.averaged_scores import averaged_score_cam
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method, Need, Source
from scorecam_cli.saliency.question import Question

OPENINGS = 10  # of each channel: VGG16 has 512, so 5120 passes, ten times Score-CAM


def is_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """Integrated Score-CAM: `ReLU(sum_k a_k * A_k)`.

    a is the softmax over channels of the mean logit of `X * M_k * s / S` for s = 1 .. S.

    Passes are openings of each channel, 10 by default: that many times the cost of Score-CAM.

    Returns:
        Maps float32 [H, W] >= 0.

    Raises:
        NumericsError: a logit is not finite.

    Source: Naidu et al. 2020, arXiv:2010.03023.
    """
    openings = settings.passes or OPENINGS

    def opened(mask: NDArray[np.float32], channel: int, number: int) -> NDArray[np.float32]:
        return mask * np.float32((number + 1) / openings)

    return averaged_score_cam(asked, settings, on_passes, samples=openings, alter=opened)


METHOD = Method(
    name="is-cam",
    summary="Score-CAM averaged while the masks open",
    run=is_cam,
    planned=lambda work: work.live * (work.passes or OPENINGS),
    passes=f"{OPENINGS} a channel, or `--passes`",
    source=Source("Naidu et al.", 2020, "arXiv:2010.03023"),
    needs=frozenset({Need.LOGITS}),
    takes=frozenset({"passes", "batch_size", "fill"}),
)
