"""The gradient itself: which numbers of the photo the logit answers to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, finished


def gradient(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """The largest absolute gradient of the logit over the colours of each pixel.

    Args:
        image: float32 [H, W, c] in model units.

    Returns:
        Maps float32 [H, W] >= 0, in logits per model unit; one gradient pass for each class.

    Raises:
        ModelError: the model shows probabilities only. NumericsError: a gradient is not finite.

    Source: Simonyan et al. 2013, arXiv:1312.6034, section 3.1.
    """
    del observation
    maps = []
    for index in class_indices:
        found = classifier.gradients.of_photos(image[None], index, batch_size=settings.batch_size, on_passes=on_passes)
        maps.append(finished(strongest_colour(found[0])))
    return Maps(tuple(maps), len(maps))


def strongest_colour(values: NDArray[Any]) -> NDArray[Any]:
    """[H, W, c] -> [H, W]: the largest absolute value over the colours."""
    return np.asarray(np.abs(values).max(axis=2))
