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
from scorecam_cli.faithfulness.asking import WHOLE, Pictures, ask_together, digest
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
        steps: in 1 .. H * W; both curves together take 2 * steps + 2 passes.
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
    ends = Ends.of(image, deletion_fill, insertion_fill)
    pictures = curve_pictures(ends, pixel_ranks(saliency, seed=seed), steps=steps)
    (found,) = ask_together(classifier, [pictures], batch_size=batch_size, on_passes=on_passes)
    return curves_of(found[:, class_index], saliency.size)


@dataclass(frozen=True)
class Ends:
    """What the curves of every map of a photo lead to and from, float32 [H, W, c] each.

    image: the photo. deleted: with all of it deleted. uninserted: before anything is inserted. fills: of the two.
    """

    image: NDArray[np.float32]
    deleted: NDArray[np.float32]
    uninserted: NDArray[np.float32]
    fills: tuple[Fill, Fill]

    @classmethod
    def of(cls, image: NDArray[np.float32], deletion_fill: Fill, insertion_fill: Fill) -> Ends:
        """Those of one photo, float32 [H, W, c] in model units."""
        deleted, uninserted = filled(image, deletion_fill), filled(image, insertion_fill)
        return cls(image, deleted, uninserted, (deletion_fill, insertion_fill))


def curve_pictures(ends: Ends, ranks: NDArray[np.intp], *, steps: int) -> Pictures:
    """The photos along both curves of one map, deletion first: 2 * (steps + 1), of which the ends are every map's.

    Args:
        ends: of the photo.
        ranks: [H, W], the place of each pixel in the order of the map, see `pixel_ranks`.
        steps: in 1 .. H * W.

    Raises:
        UsageError: the steps are out of range.
    """
    counts = _counts(ranks.size, steps)  # [steps + 1]
    order = ranks[..., None]  # [H, W, 1]

    def shown(number: int) -> NDArray[np.float32]:
        if number < len(counts):
            return np.where(order < counts[number], ends.deleted, ends.image)
        return np.where(order < counts[number - len(counts)], ends.image, ends.uninserted)

    changed = [digest(ranks < count) for count in counts[1:-1]]
    deletion, insertion = ends.fills
    keys = WHOLE, *(("deletion", deletion, each) for each in changed), deletion
    return Pictures((*keys, insertion, *(("insertion", insertion, each) for each in changed), WHOLE), shown)


def curves_of(probabilities: NDArray[np.float32], pixels: int) -> Curves:
    """Both curves of the class's probabilities [2 * (steps + 1)] for `curve_pictures` of a map of so many pixels."""
    deletion, insertion = np.split(probabilities, 2)
    fractions = _counts(pixels, len(deletion) - 1) / pixels
    return Curves(Curve(fractions, deletion), Curve(fractions, insertion))


def _counts(pixels: int, steps: int) -> NDArray[np.intp]:
    """How many pixels are changed after each step: intp [steps + 1], from 0 to all."""
    if not 1 <= steps <= pixels:
        raise UsageError(f"{steps} steps: give 1 to {pixels}, one for each pixel of the input")
    return np.arange(steps + 1) * pixels // steps
