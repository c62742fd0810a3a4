"""ViT-CX: masks of like channels put together, each weighted by what the class gains where it is shown.

Letters: H W model input, c its colours, h w feature grid, K channels of the target layer, N of them live, R masks, C
classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.upsampling import unit_masks

NOISE = 0.1  # standard deviation, as a share of the photo's own: the article's photos have one of about 1
CHUNK = 64  # 64 x 224 x 224 float32 = 13 MB

Floats = NDArray[np.float64]


def vit_cx(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`L = sum_r s_r M_r / sum_r M_r`, `s_r = p(X * M_r + Z_r) - p(X + Z_r) + p(X)`, `Z_r` noise times `1 - M_r`.

    Each live channel is a mask as in Score-CAM. Masks of which any two have a cosine distance below 0.1 are summed and
    scaled to [0, 1] again (agglomerative clustering with complete linkage): R masks M_r. The noise hides from the
    network that the photo was cut; what it does by itself is taken out again. The division by the sum of the masks
    keeps pixels that many masks show from being bright for that alone (pixel coverage bias). The article divides by R
    too, which only scales the map. 2 R passes for all classes together; made for the tokens of a transformer, it is
    defined for any grid.

    Returns:
        Maps float32 [H, W] >= 0: about the probability that is left where the pixel is shown; 0 where no mask is open.
        The same for the same seed, whatever the batch size.

    Raises:
        NumericsError: a probability is not finite.

    Source: Xie et al. 2023, "ViT-CX: Causal Explanation of Vision Transformers", arXiv:2211.03064, section 4; noise,
    linkage and threshold as in the authors' code.
    """
    merged = asked.merged  # [R, h, w]
    count = len(merged)
    if not count:
        return Maps(tuple(np.zeros(asked.size, np.float32) for _ in asked.class_indices), 0)

    def images(first: int, last: int) -> NDArray[np.float32]:
        """Of each mask in turn the photo under it, then the whole photo, both with its noise: [B, H, W, c]."""
        numbers = range(first // 2, (last + 1) // 2)
        masks = unit_masks(merged[numbers.start : numbers.stop], asked.size)  # [r, H, W]
        noise = _noise(asked.image, numbers, seed=settings.seed) * (1 - masks[..., None])
        both = np.stack([asked.behind(masks) + noise, asked.image + noise], axis=1)  # [r, 2, H, W, c]
        return both.reshape(-1, *asked.image.shape)[first % 2 :][: last - first]

    answers = asked.classifier.photo_answers(2 * count, images, batch_size=settings.batch_size, on_passes=on_passes)
    masked, noisy = asked.left(answers, differences=True).reshape(count, 2, -1).swapaxes(0, 1)
    scores = masked - noisy + asked.left(asked.observation.answers.as_rows, differences=True)  # [R, classes]
    maps = tuple(finished(each) for each in _means(merged, scores, asked.size))
    return Maps(maps, 2 * count, kept=asked.kept(answers, differences=True))


def _noise(image: NDArray[np.float32], numbers: range, *, seed: int) -> NDArray[np.float32]:
    """float32 [r, H, W, c], for each mask's number its own; a number always gets the same."""
    drawn = [np.random.default_rng((seed, number)).standard_normal(image.shape, np.float32) for number in numbers]
    return np.stack(drawn) * np.float32(NOISE * image.std(dtype=np.float64))


def _means(merged: NDArray[np.float32], scores: Floats, size: tuple[int, int]) -> Floats:
    """Mean score of the masks that show a pixel, weighted by how much they show it: [classes, H, W]."""
    sums, cover = np.zeros((scores.shape[1], *size)), np.zeros(size)
    for first in range(0, len(merged), CHUNK):
        masks = unit_masks(merged[first : first + CHUNK], size).astype(np.float64)  # [r, H, W]
        sums += np.tensordot(scores[first : first + CHUNK].T, masks, axes=1)
        cover += masks.sum(axis=0)
    return np.divide(sums, cover, out=np.zeros_like(sums), where=cover > 0)


METHOD = Method(
    name="vit-cx",
    summary="masks of like channels, coverage taken out",
    run=vit_cx,
    planned=lambda work: 2 * work.groups(),
    passes="2 for each group of like channels",
    source=Source("Xie et al.", 2023, "arXiv:2211.03064"),
    takes=frozenset({"batch_size", "seed", "fill"}),
)
