"""Values of a model's weights without the memory that Keras spends on drawing them and on copying them out of a file.

TensorFlow draws a random array through three temporaries of its size, copies one from a file through two, and keeps
their memory for the life of the process: for the first dense layer of VGG16 (25088 x 4096 float32 = 411 MB) more than a
whole run needs otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.start import keras, tf

LARGE = 2**22  # numbers, 17 MB in float32; smaller arrays are left to Keras
DRAWN_IN_VAIN = 2**10  # numbers; drawing fewer takes no longer than lending zeros
ALIGNMENT = 64  # bytes, one AVX-512 register


@contextmanager
def drawn_by_numpy(seed: int) -> Iterator[None]:
    """While a model is built inside, its large Glorot-uniform weights are drawn by NumPy, from this seed.

    Source: Glorot & Bengio 2010: uniform in +-sqrt(6 / (fan_in + fan_out)).
    """
    generator = np.random.default_rng(seed)

    def glorot(shape: Sequence[int], dtype: Any = None) -> Any:
        field = math.prod(shape[:-2])
        limit = np.float32(math.sqrt(6 / (field * (shape[-2] + shape[-1]))))
        values = _aligned_zeros(shape)
        generator.random(out=values, dtype=np.float32)
        values *= 2 * limit
        values -= limit
        return _lent(values) if dtype == "float32" else values

    with _instead_of((keras.initializers.GlorotUniform,), glorot, least=LARGE):
        yield


@contextmanager
def read_from_file() -> Iterator[None]:
    """While a model is built and read inside, random weights start at zero and large ones are filled without a copy."""
    with _left_at_zero(), _assigned_without_copies():
        yield


@contextmanager
def _left_at_zero() -> Iterator[None]:

    def zeros(shape: Sequence[int], dtype: Any = None) -> Any:
        values = _aligned_zeros(shape)
        return _lent(values) if dtype == "float32" else values

    drawing = (
        keras.initializers.VarianceScaling,  # Glorot, He and LeCun are of this kind
        keras.initializers.RandomNormal,
        keras.initializers.RandomUniform,
        keras.initializers.TruncatedNormal,
    )
    with _instead_of(drawing, zeros, least=DRAWN_IN_VAIN):
        yield


@contextmanager
def _assigned_without_copies() -> Iterator[None]:
    """Large arrays that are no tensors yet, from NumPy or HDF5, are read into memory that their weights then keep."""
    original = keras.Variable.assign

    def assign(variable: Any, value: Any) -> Any:
        shape = tuple(getattr(value, "shape", ()))
        large = len(shape) >= 2 and math.prod(shape) >= LARGE and shape == tuple(variable.shape)
        if not large or tf.is_tensor(value) or variable.dtype != "float32":
            return original(variable, value)
        numbers = _aligned_zeros(shape)
        if hasattr(value, "read_direct"):  # of HDF5: converts where the file has another type
            value.read_direct(numbers)
        else:
            np.copyto(numbers, value, casting="unsafe")
        return original(variable, _lent(numbers))

    keras.Variable.assign = assign
    try:
        yield
    finally:
        keras.Variable.assign = original


@contextmanager
def _instead_of(kinds: tuple[type, ...], draw: Callable[..., Any], *, least: int) -> Iterator[None]:
    original = keras.Layer.add_weight

    def add_weight(layer: Any, *arguments: Any, **settings: Any) -> Any:
        shape = settings.get("shape") or ()
        if isinstance(settings.get("initializer"), kinds) and len(shape) >= 2 and math.prod(shape) >= least:
            settings["initializer"] = draw
        return original(layer, *arguments, **settings)

    keras.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.Layer.add_weight = original


def _aligned_zeros(shape: Sequence[int]) -> NDArray[np.float32]:
    """Zeros float32 that begin where TensorFlow wants an array to; they take no memory until they are written."""
    size = 4 * math.prod(shape)  # bytes
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % ALIGNMENT
    return raw[first : first + size].view(np.float32).reshape(shape)


def _lent(numbers: NDArray[np.float32]) -> Any:
    """A tensor in the memory of the array, aligned as `_aligned_zeros` does it; nothing may write to it afterwards."""
    if not tf.executing_eagerly():
        return numbers
    return tf.experimental.dlpack.from_dlpack(numbers.__dlpack__())
