"""Networks put together oddly, [24, 24, 3] -> 3 classes: grids that are turned, cut, folded or none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tests.loading.transformers import Prefix, block

SIZE = 24
ORDER = np.random.default_rng(0).permutation(36)


class Patches(layers.Layer):
    """Patches cut out by an operation, as tokens [T, p * p * 3]."""

    def __init__(self, patch: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patch = patch

    def call(self, images: Any) -> Any:
        cut = ops.image.extract_patches(images, size=self.patch)
        return ops.reshape(cut, (-1, cut.shape[1] * cut.shape[2], cut.shape[3]))


class PatchEncoder(layers.Layer):
    """A projection and a vector for each place."""

    def __init__(self, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.projection = layers.Dense(dim, name="projection")
        self.dim = dim

    def build(self, input_shape: Any) -> None:
        self.projection.build(input_shape)
        self.places = layers.Embedding(input_shape[1], self.dim, name="places")
        self.places.build((1, input_shape[1]))

    def call(self, patches: Any) -> Any:
        return self.projection(patches) + self.places(ops.expand_dims(ops.arange(patches.shape[1]), 0))


class Latents(layers.Layer):
    """Learned queries, as many as there are patches, that gather from tokens."""

    def build(self, input_shape: Any) -> None:
        self.queries = self.add_weight(name="queries", shape=(1, *input_shape[1:]), initializer="random_normal")
        self.attention = layers.MultiHeadAttention(2, 4, name="gather")
        self.attention.build((None, *input_shape[1:]), (None, *input_shape[1:]))

    def call(self, tokens: Any) -> Any:
        queries = ops.broadcast_to(self.queries, ops.shape(tokens))
        return queries + self.attention(queries, tokens)


def _conv(x: Any, name: str, filters: int = 8, **settings: Any) -> Any:
    return layers.Conv2D(filters, 3, padding="same", activation="tanh", name=name, **settings)(x)


def _mean(x: Any) -> Any:
    return layers.GlobalAveragePooling2D(name="mean")(x) if len(x.shape) == 4 else ops.mean(x, axis=1)


def _grid(image: Any) -> Any:
    return _conv(_conv(image, "conv1", strides=2), "conv2", strides=2)  # 6 x 6


def _tokens(image: Any) -> Any:
    return layers.Reshape((36, 8), name="tokens")(_grid(image))


def _axial(x: Any) -> Any:
    for axis in (2, 1):  # along a row, then along a column
        moved = ops.transpose(x, (0, 1, 2, 3) if axis == 2 else (0, 2, 1, 3))
        lines = ops.reshape(moved, (-1, 6, 8))
        lines = layers.MultiHeadAttention(2, 4, name=f"attention{axis}")(lines, lines)
        moved = ops.reshape(lines, (-1, 6, 6, 8))
        x = layers.Add(name=f"add{axis}")([x, ops.transpose(moved, (0, 1, 2, 3) if axis == 2 else (0, 2, 1, 3))])
    return x


def _of_channels(x: Any) -> Any:
    """Attention of channels to channels: the scores are [K, K]."""
    scores = ops.softmax(ops.matmul(ops.transpose(x, (0, 2, 1)), x))
    return layers.Add(name="add")([x, ops.matmul(x, scores)])


def _shuffled_pixels(x: Any) -> Any:
    x = ops.reshape(x, (-1, 6, 6, 2, 2, 2))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 12, 12, 2))
    return layers.Activation("tanh", name="finer")(x)


def _mixed_tokens(x: Any) -> Any:
    y = layers.Permute((2, 1), name="turn")(x)
    y = layers.Dense(36, name="mix")(y)
    return layers.Add(name="add")([x, layers.Permute((2, 1), name="back")(y)])


def _squeezed(x: Any) -> Any:
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    return layers.Multiply(name="excite")([x, layers.Conv2D(8, 1, activation="sigmoid", name="gate")(gate)])


def _vlad(x: Any) -> Any:
    assigned = layers.Dense(4, activation="softmax", name="assign")(x)
    return layers.Flatten(name="flat")(ops.einsum("btk,btd->bkd", assigned, x))


def _hidden_first(image: Any) -> Any:
    x = layers.Permute((3, 1, 2), name="first")(image)
    x = layers.Conv2D(8, 3, padding="same", data_format="channels_first", name="conv")(x)
    return layers.GlobalAveragePooling2D(data_format="channels_first", name="mean")(x)


def _classified_by_attention(image: Any) -> Any:
    x = Prefix(2, name="prefix")(_tokens(image))
    for number in range(2):
        x = block(x, f"block{number}")
    return ops.mean(x[:, :2], axis=1)


MODELS: dict[str, Callable[[Any], Any]] = {
    "channels put first": lambda image: layers.Permute((3, 1, 2), name="put")(_grid(image)),
    "grid turned over its diagonal": lambda image: _mean(_conv(layers.Permute((2, 1, 3))(_grid(image)), "turned")),
    "grid turned and turned back": lambda image: _mean(
        _conv(layers.Permute((2, 1, 3))(_conv(layers.Permute((2, 1, 3))(_grid(image)), "turned")), "back")
    ),
    "grid mirrored": lambda image: _mean(_conv(_grid(image)[:, :, ::-1], "mirrored")),
    "grid rolled by half": lambda image: _mean(_conv(ops.roll(_grid(image), 3, axis=1), "rolled")),
    "half of the grid cut off": lambda image: _mean(_conv(_grid(image)[:, :3], "half")),
    "every second position": lambda image: _mean(layers.Activation("tanh", name="second")(_grid(image)[:, ::2, ::2])),
    "pooled to one row": lambda image: layers.AveragePooling2D((6, 1), name="row")(_grid(image)),
    "squeezed to half the height": lambda image: _mean(
        _conv(_conv(_grid(image), "a", strides=(2, 1)), "b", strides=(3, 1))
    ),
    "tokens column by column": lambda image: _mean(
        block(layers.Reshape((36, 8))(layers.Permute((2, 1, 3))(_grid(image))), "block")
    ),
    "tokens shuffled": lambda image: _mean(
        layers.LayerNormalization(name="norm")(
            ops.take(_tokens(image), np.random.default_rng(0).permutation(36), axis=1)
        )
    ),
    "grid made of a dense layer": lambda image: _mean(
        layers.Reshape((6, 6, 2), name="made")(
            layers.Dense(72, name="dense")(layers.Flatten(name="flat")(_grid(image)))
        )
    ),
    "no grid at all": lambda image: layers.Dense(8, name="dense")(layers.Flatten(name="flat")(image)),
    "channels first inside": _hidden_first,
    "learned queries only": lambda image: _mean(Latents(name="latents")(_tokens(image))),
    "clusters of features": lambda image: _vlad(_tokens(image)),
    "cut into patches by an operation": lambda image: layers.Flatten(name="flat")(
        layers.LayerNormalization(name="norm")(
            block(PatchEncoder(8, name="encoder")(Patches(4, name="cut")(image)), "block")
        )
    ),
    "attention along rows and columns": lambda image: _mean(_axial(_grid(image))),
    "attention without a way around it": lambda image: _mean(block(_tokens(image), "block", residual=False)),
    "attention between convolutions": lambda image: _mean(
        _conv(layers.Reshape((6, 6, 8))(block(_tokens(image), "block")), "after")
    ),
    "attention of channels": lambda image: _mean(_of_channels(_tokens(image))),
    "channels gated": lambda image: _mean(_squeezed(_grid(image))),
    "pixels shuffled to a finer grid": lambda image: _mean(_shuffled_pixels(_grid(image))),
    "convolution along tokens": lambda image: _mean(layers.Conv1D(8, 3, padding="same", name="along")(_tokens(image))),
    "every second token": lambda image: _mean(
        layers.Conv1D(8, 3, strides=2, padding="same", name="along")(_tokens(image))
    ),
    "tokens mixed by a dense layer": lambda image: _mean(_mixed_tokens(_tokens(image))),
    "two class tokens, averaged": _classified_by_attention,
}


def build(name: str) -> keras.Model:
    """The model of that name, with weights drawn from a fixed seed."""
    keras.utils.set_random_seed(3)
    image = keras.Input((SIZE, SIZE, 3), name="image")
    made = MODELS[name](image)
    flat = made if len(made.shape) == 2 else layers.Flatten(name="last")(made)
    return keras.Model(image, layers.Dense(3, name="head")(flat), name="odd")
