"""Recipro-CAM: what the network behind the target layer makes of one cell of the grid at a time.

Letters: H W model input, h w feature grid, K channels of the target layer, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question

KERNEL = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32) / 16  # a Gaussian of 3 x 3 cells
ROUNDING = 1e-5  # of the probability: differences below it are those of float32, not of the photo


def recipro_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`L_n = (p_n - min p) / (max p - min p)` for each cell n, p_n the softmax probability of the class for `A * G_n`.

    G_n is a Gaussian of 3 x 3 cells around n (1/4, 1/8 beside it, 1/16 at its corners), cut off at the edge of the
    grid and 0 elsewhere; it is the same for all channels. The network behind the target layer runs alone, h * w times
    for all classes together. Of a transformer the tokens of the grid are masked so, and class token and the like stay
    as they are: that is ViT-ReciproCAM.

    Returns:
        Maps float32 [H, W] in [0, 1]: scaled on the grid, then upsampled; 0 where all cells leave the same probability.

    Raises:
        ModelError: the network behind the target layer cannot be run alone. NumericsError: a probability is not finite.

    Source: Byun & Lee 2022, "Recipro-CAM: Fast gradient-free visual explanations for convolutional neural networks",
    arXiv:2209.14074, section 3; tokens: Byun & Lee 2023, "ViT-ReciproCAM", arXiv:2310.02588.
    """
    activations = asked.observation.activations  # [h, w, K]
    height, width, _ = activations.shape

    def seen(first: int, last: int) -> NDArray[np.float32]:
        return activations * cells((height, width), first, last)[..., None]  # [B, h, w, K]

    answers = asked.classifier.tail.answers(
        asked.image, height * width, seen, batch_size=settings.batch_size, on_passes=on_passes
    )
    probabilities = asked.left(answers, differences=True)  # [h * w, classes]
    grids = [_scaled(each.reshape(height, width)) for each in probabilities.T]
    return Maps(
        from_grids(grids, asked.size),
        height * width,
        kept=asked.kept(answers, differences=True),
        why_flat="the class keeps the same probability whichever cell of the grid is seen",
    )


def cells(shape: tuple[int, int], first: int, last: int) -> NDArray[np.float32]:
    """The Gaussians around cells first .. last - 1 of a grid (h, w), counted row by row: [last - first, h, w]."""
    height, width = shape
    masks = np.zeros((last - first, height + 2, width + 2), np.float32)  # a frame takes what lies over the edge
    for mask, cell in zip(masks, range(first, last), strict=True):
        row, column = divmod(cell, width)
        mask[row : row + 3, column : column + 3] = KERNEL
    return masks[:, 1:-1, 1:-1]


def _scaled(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """To [0, 1] by their own smallest and largest; zeros where they are all the same."""
    low, high = probabilities.min(), probabilities.max()
    if high - low <= ROUNDING * high:
        return np.zeros_like(probabilities)
    return np.asarray((probabilities - low) / (high - low))


METHOD = Method(
    name="recipro-cam",
    summary="probability left by one cell of the grid at a time",
    run=recipro_cam,
    planned=lambda work: work.cells,
    passes="1 of the tail a cell",
    source=Source("Byun & Lee", 2022, "arXiv:2209.14074"),
    takes=frozenset({"batch_size"}),
    by_tail=True,
    unmixed=True,
)
