"""SmoothGrad: the gradient averaged over noisy copies of the photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.gradient import strongest_colour
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source
from scorecam_cli.saliency.question import Question

SAMPLES = 50
NOISE = 0.15  # standard deviation, as a share of the photo's largest value minus its smallest
CHUNK = 64  # 64 x 224 x 224 x 3 float32 = 39 MB


def smoothgrad(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """The mean gradient of the logit over noisy copies of the photo; of that the largest absolute value over colours.

    Passes are noisy copies, 50 by default, for each class.

    Returns:
        Maps float32 [H, W] >= 0; the same for the same seed, whatever the batch size.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Smilkov et al. 2017, arXiv:1706.03825, section 3; noise of 10 % to 20 %, about 50 samples.
    """
    gradients, image = asked.classifier.gradients, asked.image
    samples = settings.passes or SAMPLES
    maps = []
    for own in asked.derived:
        total = np.zeros(image.shape)  # float64 [H, W, c]
        for first in range(0, samples, CHUNK):
            copies = noisy_copies(image, range(first, min(first + CHUNK, samples)), seed=settings.seed)
            derived = gradients.of_photos(copies, *own, batch_size=settings.batch_size, on_passes=on_passes)
            total += derived.sum(axis=0, dtype=np.float64)
        maps.append(finished(strongest_colour(total / samples)))
    return Maps(tuple(maps), samples * len(maps))


def noisy_copies(image: NDArray[np.float32], samples: Sequence[int], *, seed: int) -> NDArray[np.float32]:
    """float32 [H, W, c] -> float32 [B, H, W, c], one for each sample's number; a number always gets the same noise."""
    deviation = np.float32(NOISE) * (image.max() - image.min())
    drawn = [np.random.default_rng((seed, sample)).standard_normal(image.shape, np.float32) for sample in samples]
    return np.asarray(image[None] + deviation * np.stack(drawn))


METHOD = Method(
    name="smoothgrad",
    summary="gradient averaged over noise on the photo",
    run=smoothgrad,
    planned=lambda work: (work.passes or SAMPLES) * work.classes,
    passes=f"{SAMPLES} backward passes, or `--passes`",
    source=Source("Smilkov et al.", 2017, "arXiv:1706.03825"),
    needs=BY_GRADIENTS,
    by_photo=True,
    takes=frozenset({"passes", "batch_size", "seed"}),
)
