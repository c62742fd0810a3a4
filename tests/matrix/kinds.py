"""Fourteen kinds of Keras model to explain, most of them with a known answer, and photos to explain them on.

The known answer: weights set by hand tell the colour of a bright square on grey, and nothing but the square's place
makes the class. So a map is right whose peak lies in the square. Where weights are random a map can only be finite, not
constant, and as large as the photo.

Nothing here imports this program: the module is run where other programs are installed.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") == "1"  # Keras 2, for a program that knows no other
keras = importlib.import_module("tf_keras" if LEGACY else "keras")
layers = keras.layers

SIDE = 32  # pixels of a photo with a square
SQUARE = 8  # pixels of the square's side
GREY, BRIGHT = 110, 230
EVIDENCE = 100.0  # logits for a photo all of one colour; 4.7 % of it is square


@dataclass(frozen=True)
class Scene:
    """A photo whose class is known. rgb: uint8 [H, W, 3]. rows, columns: where its square is."""

    rgb: NDArray[np.uint8]
    colour: int
    rows: slice
    columns: slice


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    name: in the table. build: the model. known: whether its answer is; one_unit: it has one output, for red.
    beside: the value of a second input, if it has one. side: pixels of its photos.
    """

    name: str
    build: Callable[[], keras.Model]
    known: bool = True
    one_unit: bool = False
    beside: float | None = None
    side: int = SIDE


def scenes(side: int) -> list[Scene]:
    """A red, a green and a blue square at three places, with a little noise."""
    found = []
    for colour, (row, column) in enumerate(((0.1, 0.6), (0.6, 0.15), (0.5, 0.6))):
        rgb = np.random.default_rng(colour).integers(GREY - 5, GREY + 6, (side, side, 3), dtype=np.uint8)
        length = side * SQUARE // SIDE
        rows, columns = (slice(int(at * side), int(at * side) + length) for at in (row, column))
        rgb[rows, columns, colour] = BRIGHT
        found.append(Scene(rgb, colour, rows, columns))
    return found


def _seen(name: str = "seen") -> layers.Layer:
    """Conv 2 x 2, stride 2: channel c is how much more there is of colour c than of the two others, above noise."""
    return layers.Conv2D(3, 2, strides=2, activation="relu", name=name)


def _colours(image: Any) -> Any:
    """[B, H, W, 3] of 0-255 -> [B, H / 2, W / 2, 3]."""
    return _seen()(layers.Rescaling(1 / 255, name="scale")(image))


def _head(grid: Any, activation: str | None = "softmax", units: int = 3) -> Any:
    mean = layers.GlobalAveragePooling2D(name="mean")(grid)
    return layers.Dense(units, activation=activation, name="head")(mean)


def _told(model: keras.Model) -> keras.Model:
    """The same model with the weights that know the answer, wherever its layers lie."""
    for layer in model._flatten_layers():
        if layer.name == "seen":
            mix = np.eye(3) * 1.5 - 0.5  # own colour 1, others -1/2
            kernel = np.broadcast_to(mix / 4, (2, 2, 3, 3)).reshape(layer.get_weights()[0].shape)
            layer.set_weights([kernel.astype(np.float32), np.full(3, -0.05, np.float32)])
        elif layer.name == "head":
            kernel, bias = (np.zeros(weight.shape, np.float32) for weight in layer.get_weights())
            units = kernel.shape[1]
            kernel[:3, :units] = EVIDENCE * np.eye(3)[:, :units]
            layer.set_weights([kernel, bias])
    return model


def _of(activation: str | None, units: int = 3) -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    return _told(keras.Model(image, _head(_colours(image), activation, units)))


def functional() -> keras.Model:
    return _of("softmax")


def nested() -> keras.Model:
    inside = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(inside, _colours(inside), name="backbone")
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    return _told(keras.Model(image, _head(backbone(image))))


def sequential() -> keras.Model:
    parts = [layers.Rescaling(1 / 255), _seen(), layers.GlobalAveragePooling2D()]
    head = layers.Dense(3, activation="softmax", name="head")
    return _told(keras.Sequential([keras.Input((SIDE, SIDE, 3)), *parts, head]))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.seen = layers.Rescaling(1 / 255), _seen()
        self.mean, self.last = layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax", name="head")

    def call(self, image: Any) -> Any:
        return self.last(self.mean(self.seen(self.scale(image))))


def subclassed() -> keras.Model:
    model = Subclassed()
    model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    return _told(model)


def shared() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    scaled, seen = layers.Rescaling(1 / 255)(image), _seen()
    grid = layers.Add(name="both")([seen(scaled), seen(layers.Rescaling(0.5)(scaled))])
    return _told(keras.Model(image, _head(grid)))


def open_size() -> keras.Model:
    image = keras.Input((None, None, 3), name="photo")
    return _told(keras.Model(image, _head(_colours(image))))


def two_inputs() -> keras.Model:
    image, age = keras.Input((SIDE, SIDE, 3), name="photo"), keras.Input((1,), name="age")
    mean = layers.GlobalAveragePooling2D()(_colours(image))
    joined = layers.Concatenate()([mean, age])
    return _told(keras.Model([image, age], layers.Dense(3, activation="softmax", name="head")(joined)))


class Patches(layers.Layer):
    """[B, H, W, 3] -> [B, H * W / 4, 12]: patches of 2 x 2, as keras.io's example of a ViT cuts them."""

    def call(self, images: Any) -> Any:
        cut = tf.image.extract_patches(images, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
        return tf.reshape(cut, [-1, SIDE * SIDE // 4, 12])


def vit() -> keras.Model:
    """Patches, a projection, Keras's own attention, a mean over tokens.

    The attention adds a tenth of the mean of all tokens to each, so that it moves nothing.
    """
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    patches = Patches(name="patches")(layers.Rescaling(1 / 255)(image))  # [B, 256, 12]
    tokens = layers.Dense(3, activation="relu", name="seen")(patches)  # [B, 256, 3]
    mixed = layers.MultiHeadAttention(1, 3, name="attention")(tokens, tokens)
    tokens = layers.Add(name="residual")([tokens, mixed])
    mean = layers.GlobalAveragePooling1D(name="mean")(tokens)
    model = _told(keras.Model(image, layers.Dense(3, activation="softmax", name="head")(mean)))
    attention = model.get_layer("attention")
    values = [np.zeros(weight.shape, np.float32) for weight in attention.get_weights()]  # query and key: 0
    values[4] = np.eye(3, dtype=np.float32).reshape(values[4].shape)  # value
    values[6] = 0.1 * np.eye(3, dtype=np.float32).reshape(values[6].shape)  # output
    attention.set_weights(values)
    return model


def mobilenet_v3() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.MobileNetV3Small(input_shape=(96, 96, 3), weights=None, classes=3)


def swin() -> keras.Model:
    import keras_hub

    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.SwinTransformerBackbone(
        image_shape=(64, 64, 3), patch_size=2, embed_dim=12, depths=(2, 2), num_heads=(2, 2), window_size=4
    )
    return _random_head(backbone)


def keras_hub_vit() -> keras.Model:
    import keras_hub

    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(64, 64, 3), patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32
    )
    return keras_hub.models.ViTImageClassifier(backbone=backbone, num_classes=3, activation="softmax")


def _random_head(backbone: keras.Model) -> keras.Model:
    features = backbone.output
    mean = (
        layers.GlobalAveragePooling1D()(features)
        if len(features.shape) == 3
        else layers.GlobalAveragePooling2D()(features)
    )
    return keras.Model(backbone.input, layers.Dense(3, activation="softmax", name="head")(mean))


VERSIONS = Kind("Keras 3.15 + TensorFlow 2.21", functional)
KINDS = (
    Kind("nested", nested),
    Kind("Sequential", sequential),
    Kind("subclassed", subclassed),
    Kind("shared layers", shared),
    Kind("sigmoid", lambda: _of("sigmoid")),
    Kind("logits", lambda: _of(None)),
    Kind("one unit", lambda: _of("sigmoid", 1), one_unit=True),
    Kind("open size", open_size),
    Kind("MobileNetV3", mobilenet_v3, known=False, side=96),
    Kind("ViT", vit),
    Kind("Swin (KerasHub)", swin, known=False, side=64),
    Kind("ViT of KerasHub", keras_hub_vit, known=False, side=64),
    Kind("two inputs", two_inputs, beside=0.0),
    VERSIONS,
)
