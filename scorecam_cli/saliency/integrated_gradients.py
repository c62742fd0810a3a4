"""Integrated gradients: the logit shared out over the numbers of the photo, along the way from nothing to the photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source
from scorecam_cli.saliency.question import Question

POINTS = 50  # on the way
CHUNK = 64  # 64 x 224 x 224 x 3 float32 = 39 MB


def integrated_gradients(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """What each pixel adds to the logit, summed over its colours; pixels that take away are cut at 0.

    Passes are points on the way, both ends among them, 50 by default, for each class.

    Returns:
        Maps float32 [H, W] >= 0, in logits.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Sundararajan et al. 2017, arXiv:1703.01365, equation 1.
    """
    attributed = (attributions(asked, index, settings, on_passes, other) for index, other in asked.derived)
    maps = [finished(each.sum(axis=2), settings) for each in attributed]
    return Maps(tuple(maps), (settings.passes or POINTS) * len(maps))


def attributions(
    asked: Question,
    index: int,
    settings: MethodSettings,
    on_passes: OnPasses,
    against: tuple[int, float] | None = None,
) -> NDArray[np.float64]:
    """What each number of the photo adds to the logit of a class, compared with a photo of zeros in model units.

    `X * integral of the gradient from 0 to X`, by the trapezoidal rule at at least 2 points; all attributions together
    are the logit of the photo minus that of the zeros, but for the error of that rule.

    Returns:
        float64 [H, W, c], signed, in logits.
    """
    points = settings.passes or POINTS
    fractions = np.linspace(0, 1, points)  # [S]
    shares = np.full(points, 1 / (points - 1))
    shares[[0, -1]] /= 2
    mean = np.zeros(asked.image.shape)  # float64 [H, W, c]
    for first in range(0, points, CHUNK):
        part = slice(first, first + CHUNK)
        images = fractions[part, None, None, None].astype(np.float32) * asked.image[None]  # [B, H, W, c]
        derived = asked.classifier.gradients.of_photos(
            images, index, against, batch_size=settings.batch_size, on_passes=on_passes
        )
        mean += np.tensordot(shares[part], derived.astype(np.float64), axes=1)
    return np.asarray(mean * asked.image)


METHOD = Method(
    name="integrated-gradients",
    summary="gradient integrated from nothing to the photo",
    run=integrated_gradients,
    planned=lambda work: (work.passes or POINTS) * work.classes,
    passes=f"{POINTS} backward passes, or `--passes`",
    source=Source("Sundararajan et al.", 2017, "arXiv:1703.01365"),
    needs=BY_GRADIENTS,
    by_photo=True,
    takes=frozenset({"passes", "batch_size", "signed"}),
    fewest_passes=2,
)
