"""Score-CAM: hide all of a photo but what one channel lights up, ask how much of the class survives, and sum.

Letters: H W model input, h w feature grid, K channels, N live channels (= masked passes), C classes; U upsamples
bilinearly.

Source: Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR
Workshops, arXiv:1910.01279.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.classifier import MASK_EPSILON, Classifier, MaskedScores, Observation
from scorecam_cli.records import ClassMap, ClassScore, Explanation


class Variant(StrEnum):
    """What is summed, and with which weights; papers, code and users confuse them, so every output names its own.

    ARTICLE: softmax probability of the class times scaled masks M_k.
    OFFICIAL: softmax probability of the class times upsampled raw activations U(A_k), as the authors' code does.
    PAPER: softmax over the K channels of `logit_c(X * M_k) - logit_c(0)`, times U(A_k), as Algorithm 1 says.
    """

    ARTICLE = "article"
    OFFICIAL = "official"
    PAPER = "paper"


def score_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    variant: Variant = Variant.ARTICLE,
    batch_size: int = 32,
    on_passes: Callable[[int], None] | None = None,
) -> Explanation:
    """Explain what a classifier sees in a photo, one map for each class, all from the same passes.

    A channel that is constant over the grid has a mask of zeros: it is left out, which changes no map of `article`; for
    `official` the authors' code leaves it out too; for `paper` its logit difference is 0 and counts in the softmax.

    Args:
        classifier: the model with its target layer.
        image: float32 [H, W, c] in model units, from `classifier.prepare`.
        observation: of the same image, from `classifier.observe`.
        class_indices: in 0 .. C - 1.
        variant: weights and summands, see Variant.
        batch_size: masks in one pass; it changes memory and time, not the map.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] >= 0 before any display scaling; a flat one is zero, and a warning says so.

    Raises:
        NumericsError: the model returns a value that is not finite.
        ModelError: `paper` needs logits and the model shows probabilities only.
    """
    activations = observation.activations  # [h, w, K]
    live = live_channels(activations)  # [N]
    grids = np.ascontiguousarray(activations[:, :, live].transpose(2, 0, 1))  # [N, h, w]
    closed = classifier.closed_logits(image) if variant is Variant.PAPER else None  # [C]
    scores = _masked_scores(classifier, image, grids, batch_size=batch_size, on_passes=on_passes)
    maps, warnings = [], []
    for index in class_indices:
        saliency = _sum(classifier, activations, live, scores, closed, index=index, variant=variant)  # [H, W]
        score = classifier.score(observation, index)
        if not saliency.any():
            saliency = np.zeros(classifier.size, np.float32)
            warnings.append(_why_flat(score, live=len(live), layer=classifier.layer))
        maps.append(ClassMap(score, saliency))
    return Explanation(
        classes=tuple(maps),
        method="score-cam",
        variant=str(variant),
        layer=classifier.layer,
        channels=activations.shape[2],
        live_channels=len(live),
        passes=len(live),
        batch_size=batch_size,
        precision="float32",
        warnings=tuple(warnings),
    )


def live_channels(activations: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices [N] of the channels of float32 [h, w, K] that are not constant over the grid."""
    return np.flatnonzero(activations.max(axis=(0, 1)) > activations.min(axis=(0, 1)))


def _masked_scores(
    classifier: Classifier,
    image: NDArray[np.float32],
    grids: NDArray[np.float32],
    *,
    batch_size: int,
    on_passes: Callable[[int], None] | None,
) -> MaskedScores | None:
    """The masked passes of float32 [N, h, w] grids; None where there is none to run."""
    if not len(grids):
        return None
    return classifier.masked_scores(image, grids, batch_size=batch_size, on_passes=on_passes)


def _sum(
    classifier: Classifier,
    activations: NDArray[np.float32],
    live: NDArray[np.intp],
    scores: MaskedScores | None,
    closed: NDArray[np.float32] | None,
    *,
    index: int,
    variant: Variant,
) -> NDArray[np.float32]:
    """`ReLU(sum_k a_k * M_k)` or `ReLU(sum_k a_k * U(A_k))`: one upsampling, for U is linear. float32 [H, W]."""
    if variant is Variant.PAPER:
        weights = _paper_weights(scores, closed, live, channels=activations.shape[2], index=index)  # [K]
        summed = activations.astype(np.float64) @ weights  # [h, w]
    elif scores is None:
        return np.zeros(classifier.size, np.float32)
    elif variant is Variant.OFFICIAL:
        summed = activations[:, :, live].astype(np.float64) @ scores.probabilities[:, index].astype(np.float64)
    else:
        span = scores.highs.astype(np.float64) - scores.lows + MASK_EPSILON  # [N]
        centred = activations[:, :, live].astype(np.float64) - scores.lows  # U(A - low) = U(A) - low
        summed = centred @ (scores.probabilities[:, index] / span)  # [h, w]
    return np.maximum(classifier.upsample(summed.astype(np.float32)), np.float32(0))  # [H, W]


def _paper_weights(
    scores: MaskedScores | None,
    closed: NDArray[np.float32] | None,
    live: NDArray[np.intp],
    *,
    channels: int,
    index: int,
) -> NDArray[np.float64]:
    """Softmax over all K channels of the logit's rise above the closed photo; 0 for a constant channel. float64 [K]."""
    rise = np.zeros(channels)
    if scores is not None and scores.logits is not None and closed is not None:
        rise[live] = scores.logits[:, index].astype(np.float64) - closed[index]
    shares = np.exp(rise - rise.max())
    return np.asarray(shares / shares.sum())


def _why_flat(score: ClassScore, *, live: int, layer: str) -> str:
    if not live:
        return f"the map of {score.label.name} is zero: every channel of layer {layer} is constant for this photo"
    return f"the map of {score.label.name} is zero: no mask leaves any probability of the class"
