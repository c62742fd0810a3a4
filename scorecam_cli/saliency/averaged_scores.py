"""Score-CAM with each mask shown several times, altered: what SS-CAM and IS-CAM have in common.

Letters: H W model input, h w feature grid, N live channels, S samples of each, C classes; U upsamples bilinearly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.answers import Answers
from scorecam_cli.saliency.contrast import less
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.upsampling import unit_masks

Alter = Callable[[NDArray[np.float32], int, int], NDArray[np.float32]]


def averaged_score_cam(
    asked: Question, settings: MethodSettings, on_passes: OnPasses, *, samples: int, alter: Alter
) -> Maps:
    """`ReLU(sum_k a_k * A_k)`, where the a_k are a softmax over channels of the mean logit under S altered masks.

    The rise of the logit over a baseline photo, as the papers have it, gives the same softmax: the baseline cancels.
    Constant channels are left out; a constant adds nothing to see.

    Args:
        asked: of a model that shows logits.
        settings: batch size.
        on_passes: called after each batch.
        samples: S.
        alter: mask float32 [H, W] in [0, 1], channel of the target layer, sample 0 .. S - 1 -> mask float32 [H, W].

    Returns:
        Maps float32 [H, W] >= 0, from N * S passes.

    Raises:
        NumericsError: a logit is not finite.
    """
    live = asked.live  # [N]
    if not len(live):
        return Maps(tuple(np.zeros(asked.size, np.float32) for _ in asked.class_indices), 0)
    activations = asked.observation.activations[:, :, live]  # [h, w, N]
    grids = np.ascontiguousarray(activations.transpose(2, 0, 1))  # [N, h, w]

    def images(first: int, last: int) -> NDArray[np.float32]:
        numbers = np.arange(first, last)
        ranks = numbers // samples  # [B], of the channels among the live ones
        masks = unit_masks(grids[ranks[0] : ranks[-1] + 1], asked.size)
        altered = [
            alter(masks[rank - ranks[0]], int(live[rank]), int(number % samples))
            for number, rank in zip(numbers, ranks, strict=True)
        ]
        return asked.behind(np.stack(altered))  # [B, H, W, c]

    count = len(live) * samples
    answers = asked.classifier.photo_answers(count, images, batch_size=settings.batch_size, on_passes=on_passes)
    if answers.logits is None:  # the registry lets no such model through
        raise AssertionError
    logits = _means(answers.logits, samples)  # [N, C]
    averaged = Answers(_means(answers.probabilities, samples), logits)
    means = less(logits, asked.class_indices, asked.others)  # [N, classes]
    weights = np.exp(means - means.max(axis=0))
    weights /= weights.sum(axis=0)
    sums = activations.astype(np.float64) @ weights  # [h, w, classes]
    return Maps(from_grids(np.moveaxis(sums, 2, 0), asked.size), count, kept=asked.kept(averaged, by_logits=True))


def _means(values: NDArray[np.float32], samples: int) -> NDArray[np.float64]:
    """Over the S samples of each mask: [N * S, C] -> [N, C]."""
    return np.asarray(values.reshape(-1, samples, values.shape[1]).mean(axis=1, dtype=np.float64))
