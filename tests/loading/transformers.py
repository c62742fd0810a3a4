"""Tiny transformers of every kind: class token, two prefix tokens, registers, none; heads by token, mean, attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="transformers")
class Prefix(layers.Layer):
    """Learned tokens in front of those of the photo; or behind them."""

    def __init__(self, count: int = 1, *, behind: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.behind = count, behind

    def build(self, input_shape: Any) -> None:
        self.tokens = self.add_weight(
            name="tokens", shape=(1, self.count, input_shape[-1]), initializer="random_normal"
        )

    def call(self, inputs: Any) -> Any:
        own = ops.broadcast_to(self.tokens, (ops.shape(inputs)[0], self.count, inputs.shape[-1]))
        return ops.concatenate([inputs, own] if self.behind else [own, inputs], axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count, "behind": self.behind}


@keras.saving.register_keras_serializable(package="transformers")
class Places(layers.Layer):
    """A learned vector for each place, added."""

    def build(self, input_shape: Any) -> None:
        self.places = self.add_weight(name="places", shape=(1, *input_shape[1:]), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        return inputs + self.places


def block(x: Any, name: str, *, heads: int = 2, residual: bool = True) -> Any:
    """A pre-norm block: attention, then two dense layers."""
    dim = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm1")(x)
    y = layers.MultiHeadAttention(heads, dim // heads, name=f"{name}_attention")(y, y)
    x = layers.Add(name=f"{name}_add1")([x, y]) if residual else y
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm2")(x)
    y = layers.Dense(2 * dim, activation="gelu", name=f"{name}_mlp1")(y)
    y = layers.Dense(dim, name=f"{name}_mlp2")(y)
    return layers.Add(name=f"{name}_add2")([x, y]) if residual else y


def vit(
    size: tuple[int, int] = (32, 32),
    *,
    patch: int = 4,
    dim: int = 32,
    blocks: int = 2,
    prefix: int = 1,
    behind: bool = False,
    head: str = "token",
    classes: int = 2,
) -> keras.Model:
    """A vision transformer; head: `token`, `two` tokens, `mean`, `flat`, `pool` (attention), `last` token."""
    image = keras.Input((*size, 3), name="image")
    x = layers.Conv2D(dim, patch, strides=patch, name="patches")(image)
    x = layers.Reshape((-1, dim), name="tokens")(x)
    if prefix:
        x = Prefix(prefix, behind=behind, name="prefix")(x)
    x = Places(name="places")(x)
    for number in range(blocks):
        x = block(x, f"block{number}")
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return keras.Model(image, layers.Dense(classes, name="head")(_pooled(x, head)), name="vit")


def _pooled(x: Any, head: str) -> Any:
    if head == "mean":
        return layers.GlobalAveragePooling1D(name="mean")(x)
    if head == "flat":
        return layers.Flatten(name="flat")(x)
    if head == "two":
        return layers.Average(name="two")([x[:, 0], x[:, 1]])
    if head == "pool":
        query = Prefix(1, name="query")(x)[:, :1]
        return layers.MultiHeadAttention(2, x.shape[-1] // 2, name="pool")(query, x)[:, 0]
    return x[:, -1 if head == "last" else 0]


def cnn_with_attention(*, residual: bool = True, prefix: int = 0, classes: int = 2) -> keras.Model:
    """Three convolutions, then one attention over the positions of their grid, then a mean or a class token."""
    image = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="conv1")(image)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="conv2")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Reshape((-1, 32), name="tokens")(x)
    if prefix:
        x = Prefix(prefix, name="prefix")(x)
    y = layers.MultiHeadAttention(2, 16, name="attention")(x, x)
    x = layers.Add(name="add")([x, y]) if residual else y
    return keras.Model(
        image, layers.Dense(classes, name="head")(_pooled(x, "token" if prefix else "mean")), name="mixed"
    )


def swin(size: tuple[int, int] = (32, 32), *, window: int = 4, dim: int = 32, classes: int = 2) -> keras.Model:
    """Attention inside windows of a grid, then inside shifted ones, and a mean."""
    image = keras.Input((*size, 3), name="image")
    h, w = size[0] // 4, size[1] // 4
    x = layers.Conv2D(dim, 4, strides=4, name="patches")(image)
    x = layers.Reshape((h * w, dim), name="tokens")(x)
    for number, shift in enumerate((0, window // 2)):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"block{number}_norm1")(x)
        x = layers.Add(name=f"block{number}_add1")([x, _windowed(y, (h, w), window, shift, f"block{number}")])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"block{number}_norm2")(x)
        y = layers.Dense(2 * dim, activation="gelu", name=f"block{number}_mlp1")(y)
        x = layers.Add(name=f"block{number}_add2")([x, layers.Dense(dim, name=f"block{number}_mlp2")(y)])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return keras.Model(image, layers.Dense(classes, name="head")(_pooled(x, "mean")), name="swin")


def _windowed(x: Any, grid: tuple[int, int], window: int, shift: int, name: str) -> Any:
    (h, w), dim = grid, x.shape[-1]
    x = ops.roll(ops.reshape(x, (-1, h, w, dim)), (-shift, -shift), axis=(1, 2))
    x = ops.reshape(x, (-1, h // window, window, w // window, window, dim))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, window * window, dim))  # [B * windows, tokens, K]
    x = layers.MultiHeadAttention(2, dim // 2, name=f"{name}_attention")(x, x)
    x = ops.reshape(x, (-1, h // window, w // window, window, window, dim))
    x = ops.roll(ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, h, w, dim)), (shift, shift), axis=(1, 2))
    return ops.reshape(x, (-1, h * w, dim))
