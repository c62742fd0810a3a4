"""Occlusion: how much of the class is lost where a patch of the photo is covered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import Method, Source, Work
from scorecam_cli.saliency.question import Question

PATCHES_PER_SIDE = 8  # 224 / 8 = 28 pixels, every 14: 15 x 15 patches


def occlusion(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """The drop of the probability under a patch of zeros (in model units), averaged over the patches on each pixel.

    Another fill takes the place of the zeros. A patch is an eighth of each side and moves by half of itself; the last
    one ends at the edge.

    Returns:
        Maps float32 [H, W] in [0, 1]; where covering raises the probability, 0 or, signed, below. One pass for each
        patch and one for the photo as it is, for all classes together.

    Raises:
        NumericsError: a probability is not finite.

    Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
    """
    patches = patches_of(asked.size)

    def images(first: int, last: int) -> NDArray[np.float32]:
        batch = np.repeat(asked.image[None], last - first, axis=0)  # [B, H, W, c]
        for covered, patch in zip(batch, patches[first:last], strict=False):  # the last photo stays as it is
            covered[patch] = asked.hidden[patch]
        return batch

    count = len(patches) + 1
    answers = asked.model.photo_answers(count, images, batch_size=settings.batch_size, on_passes=on_passes)
    probabilities = asked.left(answers, differences=True)  # of a class against another their log-odds
    drops = probabilities[-1] - probabilities[:-1]  # [patches, classes]
    covers = np.zeros(asked.size)
    sums = np.zeros((len(asked.class_indices), *asked.size))
    for patch, drop in zip(patches, drops, strict=True):
        covers[patch] += 1
        sums[:, *patch] += drop[:, None, None]
    kept = asked.kept(answers, differences=True)
    return Maps(tuple(finished(each / covers, settings) for each in sums), count, kept=kept)


def patches_of(size: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Where the patches lie on a photo of (H, W) pixels: rows and columns of each, all pixels covered."""
    rows, columns = (_spans(side) for side in size)
    return [(row, column) for row in rows for column in columns]


def _spans(side: int) -> list[slice]:
    patch = max(1, round(side / PATCHES_PER_SIDE))
    starts = list(range(0, side - patch, max(1, patch // 2)))
    return [slice(start, start + patch) for start in (*starts, side - patch)]


def _planned(work: Work) -> int:
    return 0 if work.size is None else len(patches_of(work.size)) + 1


METHOD = Method(
    name="occlusion",
    summary="probability lost under a patch",
    run=occlusion,
    planned=_planned,
    passes="by the size of the input",
    source=Source("Zeiler & Fergus", 2013, "arXiv:1311.2901"),
    needs=frozenset(),
    takes=frozenset({"batch_size", "signed", "fill"}),
    of_outputs=True,
)
