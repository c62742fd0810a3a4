"""Deletion and insertion: how fast a class goes as the map's best pixels are taken away, and comes as they are given.

Letters: H W model input, c colour channels, B photos in one pass.

Source: Petsiuk et al. 2018, "RISE", arXiv:1806.07421, section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Fill
from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness.ranks import pixel_ranks, require_size
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.saliency.fills import filled

STEPS = 28  # 3.6 % of the pixels each: 8 rows' worth of 224 x 224


@dataclass(frozen=True)
class Curve:
    """The class along the way.

    fractions: float64 [steps + 1] from 0 to 1, share of the pixels deleted or inserted.
    probabilities: float32 [steps + 1] in [0, 1], of the class at each.
    """

    fractions: NDArray[np.float64]
    probabilities: NDArray[np.float32]

    @property
    def area(self) -> float:
        """Under the curve, in [0, 1], by the trapezoid rule."""
        middles = (self.probabilities[1:].astype(np.float64) + self.probabilities[:-1]) / 2
        return float(middles @ np.diff(self.fractions))


@dataclass(frozen=True)
class Curves:
    """Both curves of one photo: a faithful map has a small area of deletion and a large one of insertion."""

    deletion: Curve
    insertion: Curve


def deletion_and_insertion(
    classifier: PhotoClassifier,
    image: NDArray[np.float32],
    *,
    saliency: NDArray[np.float32],
    class_index: int,
    steps: int = STEPS,
    deletion_fill: Fill = Fill.ZERO,
    insertion_fill: Fill = Fill.BLUR,
    seed: int = 0,
    batch_size: int | None = None,
    on_passes: Callable[[int], None] | None = None,
) -> Curves:
    """Take the pixels away from the photo in the order of the map, and give them to a blank one, asking at each step.

    Args:
        image: float32 [H, W, c] in model units.
        saliency: float32 [H, W], finite; only its order counts.
        class_index: in 0 .. C - 1.
        steps: in 1 .. H * W; both curves together take 2 * (steps + 1) passes.
        deletion_fill: what pixels taken away look like.
        insertion_fill: what pixels not yet given look like.
        seed: of the order among pixels of equal value.
        batch_size: as in `photo_answers`; memory grows with it, not with the steps.
        on_passes: called after each batch with the number of passes done in it.

    Raises:
        UsageError: the map is not of the photo's size, or the steps are out of range.
        NumericsError: the map or a probability is not finite.
        PhotoError: memory runs out even for one photo, or the model stops.
    """
    require_size(saliency, image.shape[:2])
    counts = _counts(saliency.size, steps)  # [steps + 1]
    order = pixel_ranks(saliency, seed=seed)[..., None]  # [H, W, 1]
    deleted, uninserted = (filled(image, fill) for fill in (deletion_fill, insertion_fill))

    def shown(first: int, last: int) -> NDArray[np.float32]:
        """Photos first .. last - 1 of the deletion, then of the insertion: [B, H, W, c]."""
        photos = [
            np.where(order < counts[number], deleted, image)
            if number < len(counts)
            else np.where(order < counts[number - len(counts)], image, uninserted)
            for number in range(first, last)
        ]
        return np.stack(photos)

    answers = classifier.photo_answers(2 * len(counts), shown, batch_size=batch_size, on_passes=on_passes)
    deletion, insertion = np.split(answers.probabilities[:, class_index], 2)
    fractions = counts / saliency.size
    return Curves(Curve(fractions, deletion), Curve(fractions, insertion))


def _counts(pixels: int, steps: int) -> NDArray[np.intp]:
    """How many pixels are changed after each step: intp [steps + 1], from 0 to all."""
    if not 1 <= steps <= pixels:
        raise UsageError(f"{steps} steps: give 1 to {pixels}, one for each pixel of the input")
    return np.arange(steps + 1) * pixels // steps
