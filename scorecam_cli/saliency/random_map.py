"""A map that knows nothing of the photo: the floor that every method must stay above."""

from __future__ import annotations

import hashlib

import numpy as np

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import Method
from scorecam_cli.saliency.question import Question


def random_map(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """Noise, uniform in [0, 1] on the grid of the target layer and upsampled, so as smooth as a map of Score-CAM.

    The bytes of the image only choose the noise, together with the seed and the class.

    Returns:
        Maps float32 [H, W] in [0, 1], without any pass.
    """
    photo = int.from_bytes(hashlib.sha256(asked.image.tobytes()).digest()[:8], "big")
    shape = asked.observation.activations.shape[:2]
    grids = [np.random.default_rng((settings.seed, photo, index)).random(shape) for index in asked.class_indices]
    return Maps(from_grids(grids, asked.size), 0)


METHOD = Method(
    name="random",
    summary="noise that knows nothing of the photo",
    run=random_map,
    planned=lambda work: 0,
    passes="none",
    needs=frozenset(),
    takes=frozenset({"seed"}),
    of_outputs=True,
    of_classes=False,
)
