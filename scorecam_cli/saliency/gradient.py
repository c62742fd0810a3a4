"""The gradient itself: which numbers of the photo the logit answers to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import BY_GRADIENTS, Method, Source, a_pass_for_each_class
from scorecam_cli.saliency.question import Question


def gradient(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """The largest absolute gradient of the logit over the colours of each pixel.

    Returns:
        Maps float32 [H, W] >= 0, in logits per model unit; one backward pass for each class.

    Raises:
        NumericsError: a gradient is not finite.

    Source: Simonyan et al. 2013, arXiv:1312.6034, section 3.1.
    """
    gradients = asked.classifier.gradients
    maps = []
    for own in asked.derived:
        derived = gradients.of_photos(asked.image[None], *own, batch_size=settings.batch_size, on_passes=on_passes)
        maps.append(finished(strongest_colour(derived[0])))
    return Maps(tuple(maps), len(maps))


def strongest_colour(values: NDArray[Any]) -> NDArray[Any]:
    """[H, W, c] -> [H, W]: the largest absolute value over the colours."""
    return np.asarray(np.abs(values).max(axis=2))


METHOD = Method(
    name="gradient",
    summary="absolute gradient of each pixel",
    run=gradient,
    planned=a_pass_for_each_class,
    passes="1 backward pass",
    source=Source("Simonyan et al.", 2013, "arXiv:1312.6034"),
    needs=BY_GRADIENTS,
    by_photo=True,
)
