"""Integrated gradients: the logit shared out over the numbers of the photo, along the way from nothing to the photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import UsageError
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, finished

STEPS = 50
CHUNK = 64  # 64 x 224 x 224 x 3 float32 = 39 MB


def integrated_gradients(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """What each pixel adds to the logit, summed over its colours; pixels that take away are cut at 0.

    Args:
        image: float32 [H, W, c] in model units.
        settings: passes are points on the way, both ends among them, 50 by default, for each class.

    Returns:
        Maps float32 [H, W] >= 0, in logits.

    Raises:
        UsageError: fewer than 2 points. ModelError: the model shows probabilities only.
        NumericsError: a gradient is not finite.

    Source: Sundararajan et al. 2017, arXiv:1703.01365, equation 1.
    """
    del observation
    steps = settings.passes or STEPS
    maps = [
        finished(
            attributions(
                classifier, image, index, steps=steps, batch_size=settings.batch_size, on_passes=on_passes
            ).sum(axis=2)
        )
        for index in class_indices
    ]
    return Maps(tuple(maps), steps * len(maps))


def attributions(
    classifier: Classifier,
    image: NDArray[np.float32],
    index: int,
    *,
    steps: int = STEPS,
    batch_size: int | None = None,
    on_passes: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """What each number of the photo adds to the logit of a class, compared with a photo of zeros in model units.

    The integral of the gradient is taken by the trapezoidal rule at `steps` points; all attributions together are the
    logit of the photo minus that of the zeros, but for the error of that rule.

    Returns:
        float64 [H, W, c], signed, in logits.

    Raises:
        As `integrated_gradients`.
    """
    if steps < 2:
        raise UsageError(f"integrated-gradients with {steps} passes has no way to go; give at least 2")
    fractions = np.linspace(0, 1, steps)  # [S]
    shares = np.full(steps, 1 / (steps - 1))
    shares[[0, -1]] /= 2
    mean = np.zeros(image.shape)  # float64 [H, W, c]
    for first in range(0, steps, CHUNK):
        part = slice(first, first + CHUNK)
        images = fractions[part, None, None, None].astype(np.float32) * image[None]  # [B, H, W, c]
        found = classifier.gradients.of_photos(images, index, batch_size=batch_size, on_passes=on_passes)
        mean += np.tensordot(shares[part], found.astype(np.float64), axes=1)
    return np.asarray(mean * image)
