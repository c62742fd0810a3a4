"""Two classifiers of cut-outs with a last grid of 14 x 14: one like VGG16, one like MobileNetV2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from PIL import Image

from scorecam_cli.choices import HeadKind, Preprocess
from scorecam_cli.config import ModelSettings
from tests.bench.cutouts import CLASSES, cutouts
from tests.bench.small_networks import in_units

SIZE = 112  # pixels of a photo; an eighth is the last grid
TARGET = "last"
PHOTOS, OTHERS, EPOCHS, GOOD = 2400, 300, 12, 0.95  # trained until this share of the others is right


def vgg_like() -> keras.Model:
    """Convolutions of 3 x 3 with ReLU, pooling; dense layers look at every position of the last grid, 14 x 14 x 512."""
    how: dict[str, Any] = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    photo = x = keras.Input((SIZE, SIZE, 3))
    for width in (16, 32, 64):
        x = layers.Conv2D(width, 3, **how)(layers.Conv2D(width, 3, **how)(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(512, 3, name=TARGET, **how)(layers.Conv2D(128, 3, **how)(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(layers.MaxPooling2D()(x)))
    return keras.Model(photo, layers.Dense(len(CLASSES))(layers.Dropout(0.3)(x)))


def mobile_like() -> keras.Model:
    """Inverted residuals with ReLU6, swish in the end; the head looks at the mean of the last grid, 14 x 14 x 384."""
    photo = keras.Input((SIZE, SIZE, 3))
    x = _relu6(_convolved(photo, 16, size=3, strides=2))
    for width, strides in ((24, 2), (24, 1), (48, 2), (48, 1), (48, 1)):
        x = _inverted_residual(x, width, strides)
    x = layers.Activation("swish", name=TARGET)(_convolved(x, 384))
    return keras.Model(photo, layers.Dense(len(CLASSES))(layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))))


def _convolved(x: Any, width: int, size: int = 1, strides: int = 1) -> Any:
    x = layers.Conv2D(width, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def _relu6(x: Any) -> Any:
    return layers.ReLU(6.0)(x)


def _inverted_residual(x: Any, width: int, strides: int) -> Any:
    wide = _relu6(_convolved(x, 4 * x.shape[-1]))
    wide = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(wide)
    narrow = _convolved(_relu6(layers.BatchNormalization(momentum=0.9)(wide)), width)
    return layers.Add()([x, narrow]) if narrow.shape == x.shape else narrow


NETWORKS = {"VGG-like": (vgg_like, 6e-4), "MobileNet-like": (mobile_like, 2e-3)}  # and the rate they learn with


def settings_of(name: str, folder: Path) -> ModelSettings:
    """How the network is loaded: from the folder, where it lies; else it is trained first, which takes minutes."""
    path = folder / f"{name}.keras"
    if not path.exists():
        trained(name, folder).save(path)
    return ModelSettings(model=str(path), layers=(TARGET,), head=HeadKind.SOFTMAX, preprocess=Preprocess.TF)


def trained(name: str, folder: Path) -> keras.Model:
    """The network with weights from the folder, where they are; else trained, and the weights are kept there."""
    keras.utils.set_random_seed(1)
    build, rate = NETWORKS[name]
    model, kept = build(), folder / f"{name}.weights.h5"
    if kept.exists():
        model.load_weights(kept)
        return model
    seen, others = cutouts(PHOTOS, seed=11), cutouts(OTHERS, seed=12)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    photos, asked = in_units(enlarged(seen.rgb)), in_units(enlarged(others.rgb))
    for epoch in range(EPOCHS):
        model.fit(photos, seen.classes, batch_size=32, epochs=1, verbose=0)
        _, share = model.evaluate(asked, others.classes, batch_size=100, verbose=0)
        print(f"{name}, epoch {epoch}: {share:.1%} of other photos right", flush=True)
        if share >= GOOD:
            break
    model.save_weights(kept)
    return model


def enlarged(rgb: np.ndarray) -> np.ndarray:
    """uint8 [N, SIZE, SIZE, 3] of photos of any size."""
    return np.stack([np.asarray(Image.fromarray(each).resize((SIZE, SIZE), Image.Resampling.BILINEAR)) for each in rgb])
