"""Ablation-CAM: channels weighted by the share of the logit that is lost without them.

Letters: h w feature grid, K channels of the target layer, N of them that are not zero everywhere, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.contrast import STRENGTH, less
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import Method, Need, Source
from scorecam_cli.saliency.question import Question


def ablation_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k w_k * A_k)`, `w_k = (y - y_k) / |y|`: y the logit of the class, y_k the same where A_k is set to 0.

    The network behind the target layer runs alone: once for each channel that is not zero everywhere (to set the others
    to 0 changes nothing) and once for all of them as they are, for all classes together. The article divides by y and
    speaks of positive logits; by |y|, a class of negative logit keeps the signs of its channels.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled.

    Raises:
        ModelError: the network behind the target layer cannot be run alone. NumericsError: a logit is not finite.

    Source: Desai & Ramaswamy 2020, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free
    Localization", WACV, section 3.
    """
    activations, lit = asked.observation.activations, asked.lit  # [h, w, K], [N]
    if not len(lit):
        return Maps(tuple(np.zeros(asked.size, np.float32) for _ in asked.class_indices), 0)

    def without_one(first: int, last: int) -> NDArray[np.float32]:
        batch = np.repeat(activations[None], last - first, axis=0)  # [B, h, w, K]
        for ablated, channel in zip(batch, lit[first:last], strict=False):  # the last one stays as it is
            ablated[:, :, channel] = 0
        return batch

    count = len(lit) + 1
    answers = asked.classifier.tail.answers(
        asked.image, count, without_one, batch_size=settings.batch_size, on_passes=on_passes
    )
    if answers.logits is None:  # the registry lets no such model through
        raise AssertionError
    logits = less(answers.logits, asked.class_indices, asked.others, strength=STRENGTH)  # [N + 1, classes]
    whole = np.maximum(np.abs(logits[-1]), np.finfo(np.float32).tiny)
    slopes = (logits[-1] - logits[:-1]) / whole  # [N, classes]
    grids = activations[:, :, lit].astype(np.float64) @ slopes  # [h, w, classes]
    kept = asked.kept(answers, by_logits=True, differences=True)
    return Maps(from_grids(np.moveaxis(grids, 2, 0), asked.size), count, kept=kept)


METHOD = Method(
    name="ablation-cam",
    summary="share of the logit lost without each channel",
    run=ablation_cam,
    planned=lambda work: work.lit + 1 if work.lit else 0,
    passes="1 of the tail a channel",
    source=Source("Desai & Ramaswamy", 2020, "Ablation-CAM, WACV"),
    needs=frozenset({Need.LOGITS}),
    takes=frozenset({"batch_size"}),
    by_tail=True,
    unmixed=True,
)
