"""RISE: the mean of random masks, each weighted by how much of the class it leaves.

Letters: H W model input, N masks, B of them in a batch; a grid has GRID x GRID cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.upsampling import upsample

MASKS = 4000
GRID = 7
OPEN = 0.5  # probability of a cell
CHUNK = 64  # 64 x 256 x 256 float32 = 17 MB


def rise(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`1 / (N * p) * sum_n probability(X * M_n) * M_n` over N random masks, a cell being open with p = 1/2.

    Passes are masks, 4000 by default, for all classes together.

    Returns:
        Maps float32 [H, W] >= 0: about the expected probability where the pixel is seen. The same for the same seed,
        whatever the batch size.

    Raises:
        NumericsError: a probability is not finite.

    Source: Petsiuk et al. 2018, arXiv:1806.07421, equation 6 and section 3.2.
    """
    count = settings.passes or MASKS
    masks = RandomMasks(count, asked.size, seed=settings.seed)
    answers = asked.model.photo_answers(
        count,
        lambda first, last: asked.behind(masks.between(first, last)),
        batch_size=settings.batch_size,
        on_passes=on_passes,
    )
    probabilities = asked.left(answers)  # [N, classes]
    sums = np.zeros((len(asked.class_indices), *asked.size))
    for first in range(0, count, CHUNK):
        part = masks.between(first, min(first + CHUNK, count)).astype(np.float64)  # [B, H, W]
        sums += np.tensordot(probabilities[first : first + CHUNK].T, part, axes=1)
    maps = tuple(finished(each / (count * OPEN)) for each in sums)
    return Maps(maps, count, kept=asked.kept(answers))


class RandomMasks:
    """N random masks that are drawn as small grids and made large only when asked for.

    grids: float32 [N, GRID, GRID], 0 or 1. shifts: int [N, 2], pixels, less than a cell.
    """

    def __init__(self, count: int, size: tuple[int, int], *, seed: int) -> None:
        self._size = size
        self._cell = [-(-side // GRID) for side in size]  # rounded up, so that a shifted grid covers the photo
        drawn = np.random.default_rng(seed)
        self.grids = (drawn.random((count, GRID, GRID)) < OPEN).astype(np.float32)
        self.shifts = drawn.integers(0, self._cell, (count, 2))

    def between(self, first: int, last: int) -> NDArray[np.float32]:
        """Masks first .. last - 1: float32 [B, H, W] in [0, 1]; grids upsampled bilinearly, cropped at their shifts."""
        rows, columns = ((GRID + 1) * side for side in self._cell)
        upsampled = upsample(self.grids[first:last], (rows, columns))
        height, width = self._size
        return np.stack(
            [
                mask[row : row + height, column : column + width]
                for mask, (row, column) in zip(upsampled, self.shifts[first:last], strict=True)
            ]
        )


METHOD = Method(
    name="rise",
    summary="random masks weighted by the probability they leave",
    run=rise,
    planned=lambda work: work.passes or MASKS,
    passes=f"{MASKS}, or `--passes`",
    source=Source("Petsiuk et al.", 2018, "arXiv:1806.07421"),
    needs=frozenset(),
    takes=frozenset({"passes", "batch_size", "seed", "fill"}),
    of_outputs=True,
)
