"""First values of a model's weights without the memory that Keras spends on drawing them.

TensorFlow draws a random array through three temporaries of its size and keeps their memory for the life of the
process: for the first dense layer of VGG16 (25088 x 4096 float32 = 411 MB) more than a whole run needs otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.keras_start import start

LARGE = 2**22  # numbers, 17 MB in float32; smaller arrays are left to Keras


@contextmanager
def drawn_by_numpy(seed: int) -> Iterator[None]:
    """While a model is built inside, its large Glorot-uniform weights are drawn by NumPy, from this seed.

    Source: Glorot & Bengio 2010: uniform in +-sqrt(6 / (fan_in + fan_out)).
    """
    generator = np.random.default_rng(seed)

    def glorot(shape: Sequence[int], dtype: Any = None) -> NDArray[np.float32]:
        del dtype
        field = math.prod(shape[:-2])
        limit = np.float32(math.sqrt(6 / (field * (shape[-2] + shape[-1]))))
        values = generator.random(shape, np.float32)
        values *= 2 * limit
        values -= limit
        return values

    keras, _ = start()
    with _instead_of((keras.initializers.GlorotUniform,), glorot):
        yield


@contextmanager
def left_at_zero() -> Iterator[None]:
    """While a model is built inside, its large random weights are zero: they are about to be read from a file."""

    def zeros(shape: Sequence[int], dtype: Any = None) -> NDArray[np.float32]:
        del dtype
        return np.zeros(shape, np.float32)

    keras, _ = start()
    drawing = (
        keras.initializers.VarianceScaling,  # Glorot, He and LeCun are of this kind
        keras.initializers.RandomNormal,
        keras.initializers.RandomUniform,
        keras.initializers.TruncatedNormal,
    )
    with _instead_of(drawing, zeros):
        yield


@contextmanager
def _instead_of(kinds: tuple[type, ...], draw: Callable[..., NDArray[np.float32]]) -> Iterator[None]:
    keras, _ = start()
    original = keras.Layer.add_weight

    def add_weight(layer: Any, *arguments: Any, **settings: Any) -> Any:
        shape = settings.get("shape") or ()
        if isinstance(settings.get("initializer"), kinds) and len(shape) >= 2 and math.prod(shape) >= LARGE:
            settings["initializer"] = draw
        return original(layer, *arguments, **settings)

    keras.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.Layer.add_weight = original
