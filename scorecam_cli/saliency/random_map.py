"""A map that knows nothing of the photo: the floor that every method must stay above."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.maps import Maps, MethodSettings, from_grids


def random_map(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """Noise, uniform in [0, 1] on the grid of the target layer and upsampled, so as smooth as a map of Score-CAM.

    Args:
        image: float32 [H, W, c]; its bytes only choose the noise, together with the seed and the class.

    Returns:
        Maps float32 [H, W] in [0, 1], without any pass.
    """
    del on_passes
    photo = int.from_bytes(hashlib.sha256(image.tobytes()).digest()[:8], "big")
    shape = observation.activations.shape[:2]
    grids = [np.random.default_rng((settings.seed, photo, index)).random(shape) for index in class_indices]
    return Maps(from_grids(grids, classifier.size), 0)
