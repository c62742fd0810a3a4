"""Photos whose class is the colour of a square, and networks that learn it: where a map should point is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

SIZE = 32
RED, BLUE, NEITHER = range(3)
COLOURS = np.array([[0.95, 0.05, 0.05], [0.05, 0.05, 0.95]])
BATCH = 64


class Squares(NamedTuple):
    """images: float32 [N, 32, 32, 3] in [0, 1]. classes: [N]. boxes: [N, 3], top, left and side of each square."""

    images: NDArray[np.float32]
    classes: NDArray[np.intp]
    boxes: NDArray[np.intp]


def squares(count: int, seed: int, *, spots: bool = False) -> Squares:
    """Grey photos with a red or a blue square; with a faint one, or a dark photo of one, it counts as neither.

    spots: there are dark rectangles beside it, so that a network learns that what is hidden has no colour.
    """
    chance = np.random.default_rng(seed)
    images = chance.uniform(0.45, 0.55, (count, 1, 1, 1)) + chance.normal(0, 0.01, (count, SIZE, SIZE, 3))
    classes = chance.integers(0, 3, count)
    boxes = np.zeros((count, 3), np.intp)
    for image, kind, box in zip(images, classes, boxes, strict=True):
        side = int(chance.integers(8, 11))
        top, left = (int(at) for at in chance.integers(0, SIZE - side + 1, 2))
        box[:] = top, left, side
        colour = COLOURS[kind if kind < NEITHER else chance.integers(0, 2)]
        strength = chance.uniform(0.9, 1) if kind < NEITHER else chance.uniform(0, 0.75)
        square = image[top : top + side, left : left + side]
        square += strength * (colour + chance.normal(0, 0.05, square.shape) - square)
        if kind == NEITHER and chance.random() < 0.6:
            image *= chance.uniform(0, 0.75)
        if spots:
            _darken(image, top, left, side, chance)
    return Squares(images.clip(0, 1).astype(np.float32), classes, boxes)


def _darken(image: NDArray[np.float64], top: int, left: int, side: int, chance: np.random.Generator) -> None:
    """Up to two dark rectangles that leave the square alone."""
    for _ in range(chance.integers(0, 3)):
        height, width = chance.integers(6, 20, 2)
        above, before = chance.integers(-6, SIZE - 4, 2)
        apart = (above + height < top, above > top + side, before + width < left, before > left + side)
        if any(apart):
            image[max(above, 0) : above + height, max(before, 0) : before + width] *= chance.uniform(0, 0.3)


def trained(build: Callable[[], keras.Model], *, steps: int, spots: bool) -> tuple[keras.Model, float]:
    """A network that has learnt the colours, and its accuracy on other photos."""
    keras.utils.set_random_seed(5)
    model = build()
    learnt, asked = squares(steps * BATCH // 2, 1, spots=spots), squares(300, 2, spots=spots)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model.fit(learnt.images, learnt.classes, batch_size=BATCH, epochs=2, verbose=0)
    answered = model.predict(asked.images, batch_size=100, verbose=0).argmax(axis=1)
    return model, float((answered == asked.classes).mean())
