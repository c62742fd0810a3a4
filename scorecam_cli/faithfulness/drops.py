"""How the probability of a class changes when only what the map lights up is shown: drop, increase and gain.

Source: average drop and increase: Chattopadhay et al. 2018, "Grad-CAM++", arXiv:1710.11063, section 4.1; the map's top
half: Wang et al. 2020, arXiv:1910.01279, section 4.2; average gain: Zhang et al. 2023, "Opti-CAM", arXiv:2301.07002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness.asking import WHOLE, Pictures, ask_together, digest
from scorecam_cli.faithfulness.ranks import pixel_ranks, require_size
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.photos.draw import scale_map

TOP_SHARE = 0.5  # of the pixels, as Score-CAM's evaluation keeps


@dataclass(frozen=True)
class Change:
    """The probability of a class of one photo, in [0, 1]: p, of the whole photo; q, of its explanation alone."""

    p: float
    q: float

    @property
    def drop(self) -> float:
        """Share of p that is lost, max(0, p - q) / p, in [0, 1]; 0 where p is 0: there is nothing to lose."""
        return max(0.0, self.p - self.q) / self.p if self.p > 0 else 0.0

    @property
    def increase(self) -> bool:
        """Whether the explanation alone is more probable: q > p."""
        return self.q > self.p

    @property
    def gain(self) -> float:
        """Share of what p lacks that is won, max(0, q - p) / (1 - p), in [0, 1]; 0 where p is 1: it lacks nothing."""
        return max(0.0, self.q - self.p) / (1 - self.p) if self.p < 1 else 0.0


@dataclass(frozen=True)
class Changes:
    """Of one photo: `whole`, times the map scaled to [0, 1]; `top`, times the same map, zero but in its top pixels."""

    whole: Change
    top: Change


def changes(
    classifier: PhotoClassifier,
    image: NDArray[np.float32],
    *,
    saliency: NDArray[np.float32],
    class_index: int,
    top_share: float = TOP_SHARE,
    seed: int = 0,
    batch_size: int | None = None,
    on_passes: Callable[[int], None] | None = None,
) -> Changes:
    """Show the model the photo, the photo times its map, and that restricted to the map's top pixels: three passes.

    Args:
        image: float32 [H, W, c] in model units.
        saliency: float32 [H, W], finite; scaled to [0, 1] by its own minimum and maximum, a flat map becomes zeros.
        class_index: in 0 .. C - 1.
        top_share: of the pixels that `top` keeps, in (0, 1].
        seed: of the choice among pixels of equal value.
        batch_size: as in `photo_answers`.
        on_passes: called after each batch with the number of passes done in it.

    Raises:
        UsageError: the map is not of the photo's size, or the share is out of range.
        NumericsError: the map or a probability is not finite.
        PhotoError: memory runs out even for one photo, or the model stops.
    """
    require_size(saliency, image.shape[:2])
    ranks = pixel_ranks(saliency, seed=seed)
    parts = shown_of_map(image, saliency, ranks, top_share=top_share)
    found = ask_together(classifier, parts, batch_size=batch_size, on_passes=on_passes)
    return changes_of(*(each[:, class_index] for each in found))


def shown_of_map(
    image: NDArray[np.float32], saliency: NDArray[np.float32], ranks: NDArray[np.intp], *, top_share: float = TOP_SHARE
) -> tuple[Pictures, Pictures]:
    """The photo and the photo times its map, and, alone, that restricted to the map's top pixels.

    Args:
        image: float32 [H, W, c] in model units.
        saliency: float32 [H, W], finite.
        ranks: [H, W], the place of each pixel in the order of the map, see `pixel_ranks`.
        top_share: of the pixels that are left in the last one, in (0, 1].

    Raises:
        UsageError: the share is out of range.
    """
    if not 0 < top_share <= 1:
        raise UsageError(f"a top share of {top_share} of the pixels: give more than 0 and at most 1")
    mask = scale_map(saliency)  # [H, W]
    best = mask * (ranks < round(top_share * saliency.size))
    whole = Pictures((WHOLE, ("shown", digest(mask))), lambda number: image * mask[..., None] if number else image)
    return whole, Pictures((("shown", digest(best)),), lambda _number: image * best[..., None], alone=True)


def changes_of(whole: NDArray[np.float32], top: NDArray[np.float32]) -> Changes:
    """What the class's probabilities, [2] and [1], for the pictures of `shown_of_map` say."""
    (p, shown), (best,) = ([float(value) for value in each] for each in (whole, top))
    return Changes(Change(p, shown), Change(p, best))
