"""Score-CAM with each mask shown several times, altered: what SS-CAM and IS-CAM have in common.

Letters: H W model input, h w feature grid, N live channels, S samples of each, C classes; U upsamples bilinearly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.gradients import check_logits
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, from_grids
from scorecam_cli.saliency.score_cam import live_channels
from scorecam_cli.saliency.upsampling import unit_masks

Alter = Callable[[NDArray[np.float32], int, int], NDArray[np.float32]]


def averaged_score_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    samples: int,
    alter: Alter,
    method: str,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """`ReLU(sum_k a_k * A_k)`, where the a_k are a softmax over channels of the mean logit under S altered masks.

    The rise of the logit over a baseline photo, as the papers have it, gives the same softmax: the baseline cancels.
    Constant channels are left out; a constant adds nothing to see.

    Args:
        image: float32 [H, W, c] in model units. samples: S.
        alter: mask float32 [H, W] in [0, 1], channel of the target layer, sample 0 .. S - 1 -> mask float32 [H, W].
        method: its name, for messages.

    Returns:
        Maps float32 [H, W] >= 0, from N * S passes.

    Raises:
        ModelError: the model shows probabilities only. NumericsError: a logit is not finite.
    """
    check_logits(classifier, method)
    live = live_channels(observation.activations)  # [N]
    if not len(live):
        return Maps(tuple(np.zeros(classifier.size, np.float32) for _ in class_indices), 0)
    chosen = observation.activations[:, :, live]  # [h, w, N]
    grids = np.ascontiguousarray(chosen.transpose(2, 0, 1))  # [N, h, w]

    def images(first: int, last: int) -> NDArray[np.float32]:
        numbers = np.arange(first, last)
        places = numbers // samples  # [B], of the channels among the live ones
        masks = unit_masks(grids[places[0] : places[-1] + 1], classifier.size)
        altered = [
            alter(masks[place - places[0]], int(live[place]), int(number % samples))
            for number, place in zip(numbers, places, strict=True)
        ]
        return image[None] * np.stack(altered)[..., None]  # [B, H, W, c]

    count = len(live) * samples
    scores = classifier.photo_scores(count, images, batch_size=settings.batch_size, on_passes=on_passes)
    if scores.logits is None:  # check_logits has seen to it
        raise AssertionError
    logits = scores.logits[:, list(class_indices)].astype(np.float64).reshape(len(live), samples, -1).mean(axis=1)
    weights = np.exp(logits - logits.max(axis=0))  # [N, classes]
    weights /= weights.sum(axis=0)
    sums = chosen.astype(np.float64) @ weights  # [h, w, classes]
    return Maps(from_grids(np.moveaxis(sums, 2, 0), classifier.size), count)
