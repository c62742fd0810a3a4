"""Layers that make much of little: refused by the arithmetic of their shapes, before anything is reserved."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from scorecam_cli.errors import ModelError
from scorecam_cli.keras_engine import reserving, tracing
from scorecam_cli.loading.own_models import load_model_file

SIDE = 32

# From a grid [32, 32, 3]; each makes far more numbers than any model for images.
LARGE: dict[str, Callable[[Any], Any]] = {
    "Resizing": layers.Resizing(30_000, 30_000),
    "UpSampling2D": layers.UpSampling2D(1000),
    "UpSampling1D": lambda x: layers.UpSampling1D(10**6)(layers.Reshape((SIDE, SIDE * 3))(x)),
    "UpSampling3D": lambda x: layers.UpSampling3D(300)(layers.Reshape((SIDE, SIDE, 3, 1))(x)),
    "ZeroPadding2D": layers.ZeroPadding2D(20_000),
    "ZeroPadding1D": lambda x: layers.ZeroPadding1D(10**7)(layers.Reshape((SIDE, SIDE * 3))(x)),
    "RepeatVector": lambda x: layers.RepeatVector(10**6)(layers.Flatten()(x)),
    "Conv2DTranspose": layers.Conv2DTranspose(1, 1, strides=10_000),
    "Conv2D": layers.Conv2D(100_000, 1, padding="same"),
    "CenterCrop, which resizes": layers.CenterCrop(30_000, 30_000),
    "Concatenate": lambda x: layers.Concatenate()([layers.UpSampling2D(40)(x)] * 20),
    "Dot": lambda x: layers.Dot(2)([layers.Reshape((27_648, 1))(layers.UpSampling2D(3)(x))] * 2),
    "Tile": lambda x: keras.ops.tile(x, (1, 1000, 1000, 1)),
    "Repeat": lambda x: keras.ops.repeat(x, 10**5, axis=1),
    "Pad": lambda x: keras.ops.pad(x, ((0, 0), (9000, 9000), (9000, 9000), (0, 0))),
    "BroadcastTo": lambda x: keras.ops.broadcast_to(x[:1, :1, :1], (1, 30_000, 30_000, 3)),
    "Einsum": lambda x: keras.ops.einsum("bijk,blmn->bijklmn", x, layers.UpSampling2D(3)(x)),
    "OneHot": lambda x: keras.ops.one_hot(keras.ops.cast(x, "int32"), 100_000),
}


def model_with(layer: Callable[[Any], Any]) -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(small(layer(image)))))


def small(tensor: Any) -> Any:
    """A grid again, of few numbers."""
    corner = tensor[(slice(None), *[slice(0, 1)] * (len(tensor.shape) - 1))]
    return layers.Reshape((1, 1, 1))(corner)


@pytest.mark.parametrize("layer", LARGE.values(), ids=LARGE)
def test_large_array_is_refused_before_it_is_made(layer: Callable[[Any], Any]) -> None:
    model, began = model_with(layer), time.monotonic()
    with pytest.raises(ModelError, match=r"makes an array of \d+ numbers of one photo, above 67108864; give"):
        tracing.look_at(model, (SIDE, SIDE, 3))
    assert time.monotonic() - began < 5


def test_array_of_the_largest_size_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """32 x 32 x 3, eight times as wide and high, is 64 x 3072 numbers."""
    model = model_with(layers.UpSampling2D(8))
    monkeypatch.setattr(reserving, "SMALL_ARRAY", 0)
    monkeypatch.setattr(reserving, "TIMES_INPUT", 64)
    tracing.look_at(model, (SIDE, SIDE, 3))
    monkeypatch.setattr(reserving, "TIMES_INPUT", 63)
    with pytest.raises(ModelError, match="an array of 196608 numbers of one photo, above 193536"):
        tracing.look_at(model, (SIDE, SIDE, 3))


def test_weights_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first dense layer of VGG16 has 103 million."""
    model = model_with(lambda x: layers.Reshape((1, 1, 1000))(layers.Dense(1000)(layers.Flatten()(x))))
    monkeypatch.setattr(reserving, "SMALL_ARRAY", 10_000)
    monkeypatch.setattr(reserving, "TIMES_INPUT", 1)
    tracing.look_at(model, (SIDE, SIDE, 3))


def test_calls_are_counted_while_a_model_is_built_and_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recurrent layer without a loop calls its cell for each of 32 rows; nothing in the file says so."""
    image = keras.Input((SIDE, SIDE, 3))
    rows = layers.LSTM(4, unroll=True)(layers.Reshape((SIDE, SIDE * 3))(image))
    model = keras.Model(image, layers.Dense(3)(rows))
    model.save(tmp_path / "model.keras")
    call = keras.Operation.__call__
    monkeypatch.setattr(reserving, "CALLS", 20)
    with pytest.raises(ModelError, match="the model calls its layers more than 20 times; "):
        tracing.look_at(model, (SIDE, SIDE, 3))
    monkeypatch.setattr(reserving, "CALLS", 2)
    with pytest.raises(ModelError, match=r"model\.keras calls its layers more than 2 times; "):
        load_model_file(tmp_path / "model.keras")
    assert keras.Operation.__call__ is call
