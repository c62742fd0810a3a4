"""Small classifiers of cut-outs, trained once: two vision transformers and a convolutional network.

Letters: T tokens, D their length.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from tests.bench.cutouts import CLASSES, SIDE, cutouts

WIDTH, BLOCKS, HEADS = 48, 3, 4  # of 8 x 8 tokens
PHOTOS, EPOCHS, GOOD = 3000, 30, 0.98  # trained until this share of 600 others is right


class Positions(layers.Layer):
    """Adds a vector to each place; with a class token, puts one more place in front."""

    def __init__(self, class_token: bool, **how: Any) -> None:
        super().__init__(**how)
        self.class_token = class_token

    def build(self, shape: Any) -> None:
        _, tokens, width = shape
        self.places = self.add_weight(name="places", shape=(1, tokens, width), initializer="random_normal")
        if self.class_token:
            self.token = self.add_weight(name="token", shape=(1, 1, width), initializer="random_normal")

    def call(self, tokens: Any) -> Any:
        placed = tokens + self.places
        if not self.class_token:
            return placed
        token = keras.ops.tile(self.token, [keras.ops.shape(tokens)[0], 1, 1])
        return keras.ops.concatenate([token, placed], axis=1)


class Front(layers.Layer):
    """The first token."""

    def call(self, tokens: Any) -> Any:
        return tokens[:, 0]


def vit(*, class_token: bool) -> keras.Model:
    """Patches, blocks of attention with the normalisation first; the head looks at the class token or at the mean.

    Patches are made by three convolutions, with which a transformer learns from few photos (Xiao et al. 2021,
    arXiv:2106.14881).
    """
    photo = x = keras.Input((SIDE, SIDE, 3), name="photo")
    for number, width in enumerate((24, 48, WIDTH)):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name=f"stem_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(layers.BatchNormalization(momentum=0.9, name=f"stem_norm_{number}")(x))
    x = layers.Reshape((-1, WIDTH), name="tokens")(x)  # [B, T, D]
    x = Positions(class_token, name="positions")(x)
    for number in range(BLOCKS):
        seen = layers.LayerNormalization(name=f"norm_{number}a")(x)
        seen = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"attention_{number}")(seen, seen)
        x = layers.Add(name=f"add_{number}a")([x, seen])
        seen = layers.LayerNormalization(name=f"norm_{number}b")(x)
        seen = layers.Dense(2 * WIDTH, activation="gelu", name=f"wide_{number}")(seen)
        x = layers.Add(name=f"add_{number}b")([x, layers.Dense(WIDTH, name=f"narrow_{number}")(seen)])
    x = layers.LayerNormalization(name="norm")(x)
    x = Front(name="front")(x) if class_token else layers.GlobalAveragePooling1D(name="mean")(x)
    return keras.Model(
        photo, layers.Dense(len(CLASSES), name="head")(x), name="vit-token" if class_token else "vit-mean"
    )


def cnn() -> keras.Model:
    """Four convolutions to a grid of 8 x 8, their mean, a hidden layer: the gradient is no constant of the network."""
    photo = x = keras.Input((SIDE, SIDE, 3), name="photo")
    for number, (width, stride) in enumerate([(24, 2), (32, 2), (48, 2), (64, 1)]):
        x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False, name=f"conv_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x))
    x = layers.Dense(64, activation="relu", name="hidden")(layers.GlobalAveragePooling2D(name="mean")(x))
    return keras.Model(photo, layers.Dense(len(CLASSES), name="head")(x), name="cnn")


NETWORKS = {"vit-token": lambda: vit(class_token=True), "vit-mean": lambda: vit(class_token=False), "cnn": cnn}


def trained(name: str, folder: Path) -> keras.Model:
    """The network with weights from the folder, where they are; else trained, which takes minutes, and kept there."""
    keras.utils.set_random_seed(1)
    model, kept = NETWORKS[name](), folder / f"{name}.weights.h5"
    if kept.exists():
        model.load_weights(kept)
        return model
    others = cutouts(600, seed=2)
    rate = keras.optimizers.schedules.CosineDecay(1e-5, EPOCHS * PHOTOS // 64, warmup_target=1e-3, warmup_steps=200)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-4), loss, metrics=["accuracy"])
    for epoch in range(EPOCHS):
        photos = cutouts(PHOTOS, seed=100 + epoch)  # new ones each time
        model.fit(in_units(photos.rgb), photos.classes, batch_size=64, epochs=1, verbose=0)
        _, share = model.evaluate(in_units(others.rgb), others.classes, batch_size=200, verbose=0)
        print(f"{name}, epoch {epoch}: {share:.1%} of other photos right", flush=True)
        if share >= GOOD:
            break
    model.save_weights(kept)
    return model


def in_units(rgb: np.ndarray) -> np.ndarray:
    """uint8 -> float32 in [-1, 1], what `--preprocess tf` makes of photos."""
    return (rgb / 127.5 - 1).astype(np.float32)
