"""Score-CAM: hide all of a photo but what one channel lights up, ask how much of the class survives, and sum.

Letters: H W model input, h w feature grid, K channels, N live channels (= masked passes), C classes; U upsamples
bilinearly.

Source: Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR
Workshops, arXiv:1910.01279.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import Selection, Variant
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import MASK_EPSILON, MaskedScores, Observation
from scorecam_cli.records import ClassMap, ClassScore, Explanation, Steps
from scorecam_cli.saliency.few_passes import (
    FIRST_ROUND,
    FewPasses,
    pixel_coordinates,
    representative_passes,
    spread_passes,
)
from scorecam_cli.saliency.inference import EXPONENTIAL, PROBABILITY, Inferred
from scorecam_cli.saliency.upsampling import ranges as upsampled_ranges
from scorecam_cli.saliency.upsampling import upsample

LARGEST_RISE = 600.0  # exp of it is finite in float64
MOST_STEPS = 25  # 25 x 7 x 7 float32 = 5 kB for each class
_NOTHING = Inferred(np.zeros(0), 1.0)


def score_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    variant: Variant = Variant.ARTICLE,
    passes: int | None = None,
    fidelity: float = 1.0,
    selection: Selection = Selection.REPRESENTATIVES,
    batch_size: int | None = None,
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
        passes: pass only so many masks, chosen by `selection`; None: all, or as `fidelity` asks.
        fidelity: below 1, pass representatives until the estimated correlation with the exact map reaches it.
        selection: see Selection; `faster` needs `passes` and estimates nothing.
        batch_size: masks in one pass, None for the automatic number; it changes memory and time, not the map.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] >= 0 before any display scaling; a flat one is zero, and a warning says so. With each map
        the masks that weigh most in it, at most 25, of those that were passed.

    Raises:
        NumericsError: the model returns a value that is not finite.
        ModelError: `paper` needs logits and the model shows probabilities only.
    """
    activations = observation.activations  # [h, w, K]
    live = live_channels(activations)  # [N]
    grids = np.ascontiguousarray(activations[:, :, live].transpose(2, 0, 1))  # [N, h, w]
    closed = classifier.closed_logits(image) if variant == Variant.PAPER else None  # [C]
    weigh = partial(_weigh, class_indices=list(class_indices), closed=closed)
    survived: list[NDArray[np.float32]] = []  # [n, classes] of each round of passes

    def ask(some: NDArray[np.float32]) -> MaskedScores:
        scores = classifier.masked_scores(image, some, batch_size=batch_size, on_passes=on_passes)
        survived.append(scores.probabilities[:, list(class_indices)])
        return scores

    enough = len(live) if passes is None else passes
    ranges: tuple[NDArray[np.float32], NDArray[np.float32]]
    if not len(live):
        used, ranges = FewPasses((_NOTHING,) * len(class_indices), live), (np.zeros(0, np.float32),) * 2
    elif enough >= len(live) and (fidelity >= 1 or len(live) <= FIRST_ROUND):
        scores = ask(grids)
        used = FewPasses(tuple(Inferred(row, 1.0) for row in weigh(scores)), np.arange(len(live)))
        ranges = (scores.lows, scores.highs)
    else:
        ranges = upsampled_ranges(grids, classifier.size)
        if selection == Selection.FASTER:
            used = spread_passes(grids, ask=ask, weigh=weigh, passes=enough)
        else:
            used = representative_passes(
                grids,
                ask=ask,
                weigh=weigh,
                link=EXPONENTIAL if variant == Variant.PAPER else PROBABILITY,
                parts=_parts(grids, ranges, variant, size=classifier.size),
                ranges=ranges,
                passes=passes,
                fidelity=fidelity,
            )
    maps = []
    warnings = [sentence] if (sentence := classifier.shortened_batch(batch_size)) else []
    for place, (index, inferred) in enumerate(zip(class_indices, used.inferred, strict=True)):
        summed = _sum(activations, live, inferred.weights, ranges, variant=variant)  # [h, w]
        saliency = np.maximum(upsample(summed, classifier.size), np.float32(0))  # [H, W]
        score = classifier.score(observation, index)
        if not saliency.any():
            saliency = np.zeros(classifier.size, np.float32)
            warnings.append(_why_flat(score, live=len(live), layer=classifier.layer))
        weights = inferred.weights
        if variant == Variant.PAPER:
            weights = weights / (weights.sum() + activations.shape[2] - len(live))  # see _sum
        steps = _steps(weights, used.passed, [part[:, place] for part in survived], grids=grids, live=live)
        maps.append(ClassMap(score, saliency, inferred.estimated_correlation, steps))
    return Explanation(
        classes=tuple(maps),
        method="score-cam",
        variant=str(variant),
        selection="all" if len(used.passed) == len(live) else str(selection),
        layer=classifier.layer,
        channels=activations.shape[2],
        live_channels=len(live),
        passes=len(used.passed),
        batch_size=classifier.batch_for(batch_size),
        precision=str(classifier.precision),
        warnings=tuple(warnings),
    )


def live_channels(activations: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices [N] of the channels of float32 [h, w, K] that are not constant over the grid."""
    return np.flatnonzero(activations.max(axis=(0, 1)) > activations.min(axis=(0, 1)))


def _steps(
    weights: NDArray[np.float64],
    passed: NDArray[np.intp],
    probabilities: Sequence[NDArray[np.float32]],
    *,
    grids: NDArray[np.float32],
    live: NDArray[np.intp],
) -> Steps:
    """The passed masks of largest weight for one class; equal weights in order of channel.

    weights: [N], of all live channels. passed: [R] in 0 .. N - 1. probabilities: of the class, [R] in all, in rounds.
    """
    order = np.lexsort((passed, -weights[passed]))[:MOST_STEPS]  # [T]
    best = passed[order]
    return Steps(
        channels=live[best],
        grids=grids[best],
        weights=weights[best].astype(np.float32),
        probabilities=np.concatenate([np.zeros(0, np.float32), *probabilities])[order],
    )


def _weigh(
    scores: MaskedScores, *, class_indices: list[int], closed: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """Weights [classes, n] of n passed masks: probabilities, or for `paper` exp of the logit's rise, not normalised."""
    if closed is None or scores.logits is None:
        return scores.probabilities[:, class_indices].T.astype(np.float64)
    rises = scores.logits[:, class_indices].astype(np.float64) - closed[class_indices]
    return np.exp(np.clip(rises, -LARGEST_RISE, LARGEST_RISE)).T


def _sum(
    activations: NDArray[np.float32],
    live: NDArray[np.intp],
    weights: NDArray[np.float64],
    ranges: tuple[NDArray[np.float32], NDArray[np.float32]],
    *,
    variant: Variant,
) -> NDArray[np.float64]:
    """`sum_k a_k * M_k` or `sum_k a_k * A_k` on the grid, float64 [h, w]: U is linear, so one upsampling is enough."""
    if variant == Variant.PAPER:
        shares = np.ones(activations.shape[2])  # exp(0): a constant channel's logit does not rise
        shares[live] = weights
        return np.asarray(activations.astype(np.float64) @ (shares / shares.sum()))
    if variant == Variant.OFFICIAL:
        return np.asarray(activations[:, :, live].astype(np.float64) @ weights)
    lows, highs = (each.astype(np.float64) for each in ranges)
    centred = activations[:, :, live].astype(np.float64) - lows  # U(A - low) = U(A) - low
    return np.asarray(centred @ (weights / (highs - lows + MASK_EPSILON)))


def _parts(
    grids: NDArray[np.float32],
    ranges: tuple[NDArray[np.float32], NDArray[np.float32]],
    variant: Variant,
    *,
    size: tuple[int, int],
) -> NDArray[np.float64]:
    """What one unit of each weight adds to the map, in pixel coordinates: float64 [N, h * w]."""
    summands = grids.astype(np.float64)  # [N, h, w]
    if variant == Variant.ARTICLE:
        lows, highs = (each.astype(np.float64)[:, None, None] for each in ranges)
        summands = (summands - lows) / (highs - lows + MASK_EPSILON)
    return np.asarray(summands.reshape(len(grids), -1) @ pixel_coordinates(grids.shape[1:], size))


def _why_flat(score: ClassScore, *, live: int, layer: str) -> str:
    if not live:
        return f"the map of {score.label.name} is zero: every channel of layer {layer} is constant for this photo"
    return f"the map of {score.label.name} is zero: no mask leaves any probability of the class"
