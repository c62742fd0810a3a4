"""Occlusion: how much of the class is lost where a patch of the photo is covered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, finished

PATCHES_PER_SIDE = 8  # 224 / 8 = 28 pixels, every 14: 15 x 15 patches


def occlusion(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """The drop of the probability under a patch of zeros (in model units), averaged over the patches on each pixel.

    A patch is an eighth of each side and moves by half of itself; the last one ends at the edge.

    Args:
        image: float32 [H, W, c] in model units.

    Returns:
        Maps float32 [H, W] in [0, 1]; where covering raises the probability, 0. One pass for each patch and one for
        the photo as it is, for all classes together.

    Raises:
        NumericsError: a probability is not finite.

    Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
    """
    del observation
    places = patch_places(classifier.size)

    def images(first: int, last: int) -> NDArray[np.float32]:
        batch = np.repeat(image[None], last - first, axis=0)  # [B, H, W, c]
        for covered, place in zip(batch, places[first:last], strict=False):  # the last photo stays as it is
            covered[place] = 0
        return batch

    count = len(places) + 1
    scores = classifier.photo_scores(count, images, batch_size=settings.batch_size, on_passes=on_passes)
    probabilities = scores.probabilities[:, list(class_indices)].astype(np.float64)
    drops = probabilities[-1] - probabilities[:-1]  # [patches, classes]
    covers = np.zeros(classifier.size)
    sums = np.zeros((len(class_indices), *classifier.size))
    for place, drop in zip(places, drops, strict=True):
        covers[place] += 1
        sums[:, *place] += drop[:, None, None]
    return Maps(tuple(finished(each / covers) for each in sums), count)


def patch_places(size: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Where the patches lie on a photo of (H, W) pixels: rows and columns of each, all pixels covered."""
    rows, columns = (_spans(side) for side in size)
    return [(row, column) for row in rows for column in columns]


def _spans(side: int) -> list[slice]:
    patch = max(1, round(side / PATCHES_PER_SIDE))
    starts = list(range(0, side - patch, max(1, patch // 2)))
    return [slice(start, start + patch) for start in (*starts, side - patch)]
