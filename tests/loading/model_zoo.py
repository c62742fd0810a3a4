"""Tiny classifiers of every kind users have, and files that no loader should trust.

Every model is deterministic: explicit layer names, weights drawn from a fixed seed. Unless it says otherwise, each has
CLASSES outputs and takes float32 [B, H, W, 3]: 0-255 where it starts with Rescaling or Normalization, else [0, 1].
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

H = W = 16
CLASSES = 3
PACKAGE = "model_zoo"


@keras.saving.register_keras_serializable(package=PACKAGE)
class ScaledTanh(layers.Layer):
    """A layer of the user's own with one weight: s * tanh(x)."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, inputs: Any) -> Any:
        return self.scale * keras.ops.tanh(inputs)


@keras.saving.register_keras_serializable(package=PACKAGE)
class SubclassedClassifier(keras.Model):
    """A model whose forward pass is Python: no graph of layers to read."""

    def __init__(self, classes: int = CLASSES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")
        self.last = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="last")
        self.pool = layers.GlobalAveragePooling2D(name="pool")
        self.head = layers.Dense(classes, activation="softmax", name="head")

    def build(self, input_shape: Any) -> None:
        self.first.build(input_shape)
        grid = self.first.compute_output_shape(input_shape)
        self.last.build(grid)
        self.head.build((None, 6))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.head(self.pool(self.last(self.first(inputs))))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable(package=PACKAGE)
class ListedBlocks(keras.Model):
    """A subclassed model that keeps its layers in a list of lists, which older Keras left out of its files."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.blocks = [
            [layers.Conv2D(4, 3, name=f"conv_{n}"), layers.BatchNormalization(name=f"norm_{n}")] for n in range(2)
        ]
        self.pool = layers.GlobalAveragePooling2D(name="pool")
        self.head = layers.Dense(CLASSES, activation="softmax", name="head")

    def build(self, input_shape: Any) -> None:
        shape = input_shape
        for conv, norm in self.blocks:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)
            norm.build(shape)
        self.head.build((None, 4))
        self.built = True

    def call(self, inputs: Any) -> Any:
        for conv, norm in self.blocks:
            inputs = keras.ops.relu(norm(conv(inputs)))
        return self.head(self.pool(inputs))


# ---- models, by how they are put together


def functional() -> keras.Model:
    """conv-conv-GAP-softmax as a graph of layers."""
    image = keras.Input((H, W, 3), name="image")
    return _finished(image, _softmax_head(_grid(image)), "functional")


def sequential() -> keras.Model:
    """The same chain as a list of layers, with pooling and Flatten."""
    return _weighted(
        keras.Sequential(
            [
                keras.Input((H, W, 3), name="image"),
                layers.Conv2D(4, 3, activation="relu", name="conv_1"),
                layers.MaxPooling2D(name="pool_1"),
                layers.Conv2D(6, 3, activation="relu", name="conv_2"),
                layers.Flatten(name="flat"),
                layers.Dense(CLASSES, activation="softmax", name="head"),
            ],
            name="sequential",
        )
    )


def nested() -> keras.Model:
    """Transfer learning as Keras teaches it: augmentation, Rescaling, a backbone called as one layer, GAP, Dropout."""
    image = keras.Input((H, W, 3), name="image")
    x = layers.RandomFlip("horizontal", seed=1, name="flip")(image)
    x = layers.RandomRotation(0.1, seed=2, name="rotate")(x)
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(x)
    x = _backbone()(x, training=False)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    x = layers.Dropout(0.2, seed=3, name="dropout")(x)
    return _finished(image, layers.Dense(CLASSES, activation="softmax", name="head")(x), "nested")


def nested_sequential() -> keras.Model:
    """A Sequential of convolutions inside a Sequential with the head."""
    features = keras.Sequential(
        [
            keras.Input((H, W, 3), name="features_in"),
            layers.Conv2D(4, 3, activation="relu", name="conv_1"),
            layers.Conv2D(6, 3, activation="relu", name="conv_2"),
        ],
        name="features",
    )
    head = [layers.GlobalAveragePooling2D(name="gap"), layers.Dense(CLASSES, activation="softmax", name="head")]
    return _weighted(
        keras.Sequential([keras.Input((H, W, 3), name="image"), features, *head], name="nested_sequential")
    )


def shared_layers() -> keras.Model:
    """One convolution called twice, in two branches that meet: it has two output tensors."""
    image = keras.Input((H, W, 3), name="image")
    shared = layers.Conv2D(4, 3, padding="same", activation="relu", name="shared")
    blurred = layers.AveragePooling2D(3, strides=1, padding="same", name="blur")(image)
    x = layers.Concatenate(name="meet")([shared(image), shared(blurred)])
    x = layers.Conv2D(6, 3, activation="relu", name="after")(x)
    return _finished(image, _softmax_head(x), "shared_layers")


def subclassed() -> keras.Model:
    """A registered subclass of keras.Model, built."""
    model = SubclassedClassifier(name="subclassed")
    model.build((None, H, W, 3))
    return _weighted(model)


def listed_blocks() -> keras.Model:
    """A registered subclass with layers in a list of lists, built."""
    model = ListedBlocks(name="listed_blocks")
    model.build((None, H, W, 3))
    return _weighted(model)


def custom_layer() -> keras.Model:
    """A registered layer of the user's own inside a graph."""
    image = keras.Input((H, W, 3), name="image")
    return _finished(image, _softmax_head(ScaledTanh(name="scaled_tanh")(_grid(image))), "custom_layer")


def residual() -> keras.Model:
    """Batch normalisation, ReLU after it, and an addition."""
    image = keras.Input((H, W, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    y = layers.BatchNormalization(name="norm")(x)
    y = layers.ReLU(name="relu")(y)
    y = layers.Conv2D(4, 3, padding="same", name="conv")(y)
    x = layers.Activation("relu", name="out")(layers.Add(name="add")([x, y]))
    return _finished(image, _softmax_head(x), "residual")


def batch_norm() -> keras.Model:
    """conv without bias, BatchNormalization, ReLU: statistics that are not the defaults."""
    image = keras.Input((H, W, 3), name="image")
    x = layers.Conv2D(6, 3, use_bias=False, name="conv")(image)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    return _finished(image, _softmax_head(x), "batch_norm")


def mobilenet_inside() -> keras.Model:
    """MobileNetV2 without its top, frozen, inside the user's model; image [B, 32, 32, 3] in 0-255."""
    image = keras.Input((32, 32, 3), name="image")
    backbone = keras.applications.MobileNetV2(
        weights=None, input_shape=(32, 32, 3), alpha=0.35, include_top=False, name="mobilenetv2_0.35_32"
    )
    backbone.trainable = False
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(image)
    return _finished(image, _softmax_head(backbone(x, training=False)), "mobilenet_inside")


def mixed_bfloat16() -> keras.Model:
    """Computes in bfloat16 with float32 weights, as trained under mixed precision; the head returns float32."""
    image = keras.Input((H, W, 3), name="image")
    x = layers.Conv2D(6, 3, activation="relu", dtype="mixed_bfloat16", name="conv")(image)
    x = layers.GlobalAveragePooling2D(dtype="mixed_bfloat16", name="gap")(x)
    x = layers.Dense(CLASSES, dtype="mixed_bfloat16", name="logits")(x)
    return _finished(image, layers.Activation("softmax", dtype="float32", name="head")(x), "mixed_bfloat16")


# ---- models, by their head


def sigmoid_labels() -> keras.Model:
    """Many labels at once: one sigmoid each."""
    return _with_head("sigmoid_labels", layers.Dense(CLASSES, activation="sigmoid", name="head"))


def sigmoid_unit() -> keras.Model:
    """Two classes in one unit; output [B, 1]."""
    return _with_head("sigmoid_unit", layers.Dense(1, activation="sigmoid", name="head"))


def logits() -> keras.Model:
    """Ends in a linear Dense."""
    return _with_head("logits", layers.Dense(CLASSES, name="head"))


def activation_head() -> keras.Model:
    """Linear Dense, then Activation('softmax') as a layer of its own."""
    return _with_head(
        "activation_head", layers.Dense(CLASSES, name="logits"), layers.Activation("softmax", name="head")
    )


def softmax_head() -> keras.Model:
    """Linear Dense, then a Softmax layer."""
    return _with_head("softmax_head", layers.Dense(CLASSES, name="logits"), layers.Softmax(name="head"))


# ---- models, by what they take in


def non_square() -> keras.Model:
    """Takes [B, 24, 40, 3]."""
    image = keras.Input((24, 40, 3), name="image")
    return _finished(image, _softmax_head(_grid(image)), "non_square")


def one_channel() -> keras.Model:
    """Takes grey images [B, 16, 16, 1]."""
    image = keras.Input((H, W, 1), name="image")
    return _finished(image, _softmax_head(_grid(image)), "one_channel")


def open_size() -> keras.Model:
    """Takes any size: [B, None, None, 3]."""
    image = keras.Input((None, None, 3), name="image")
    return _finished(image, _softmax_head(_grid(image)), "open_size")


def rescaling() -> keras.Model:
    """Starts with Rescaling(1/255)."""
    image = keras.Input((H, W, 3), name="image")
    return _finished(image, _softmax_head(_grid(layers.Rescaling(1 / 255, name="rescale")(image))), "rescaling")


def normalization() -> keras.Model:
    """Starts with a Normalization layer adapted to data around (124, 116, 104)."""
    image = keras.Input((H, W, 3), name="image")
    normalize = layers.Normalization(name="normalize")
    rng = np.random.default_rng(5)
    normalize.adapt(rng.normal((124, 116, 104), (58, 57, 57), (4, H, W, 3)).astype(np.float32))
    return _finished(image, _softmax_head(_grid(normalize(image))), "normalization")


MODELS: tuple[Callable[[], keras.Model], ...] = (
    functional,
    sequential,
    nested,
    nested_sequential,
    shared_layers,
    subclassed,
    listed_blocks,
    custom_layer,
    residual,
    batch_norm,
    mobilenet_inside,
    mixed_bfloat16,
    sigmoid_labels,
    sigmoid_unit,
    logits,
    activation_head,
    softmax_head,
    non_square,
    one_channel,
    open_size,
    rescaling,
    normalization,
)
LARGE_IS_SLOW = [  # as parameters of a test
    pytest.param(make, id=make.__name__, marks=[pytest.mark.slow] * (make is mobilenet_inside)) for make in MODELS
]
SUBCLASSED = (subclassed, listed_blocks)  # these have no HDF5 form


def example_images(model: keras.Model, count: int = 2) -> NDArray[np.float32]:
    """float32 [count, H, W, channels] in the range the model expects; an open size becomes H x W."""
    shape = getattr(model, "input_shape", None) or (None, H, W, 3)
    sides = [side or H for side in shape[1:]]
    top = 255 if any(isinstance(layer, layers.Rescaling | layers.Normalization) for layer in model.layers) else 1
    return np.random.default_rng(7).uniform(0, top, (count, *sides)).astype(np.float32)


# ---- files that are broken or hostile; each returns the path it wrote


def write_lambda_archive(folder: Path, marker: Path) -> Path:
    """A .keras file whose Lambda layer would create `marker` when run."""
    path = folder / "lambda.keras"
    _lambda_model(marker).save(path)
    return path


def write_lambda_hdf5(folder: Path, marker: Path) -> Path:
    """The same in HDF5."""
    path = folder / "lambda.h5"
    _lambda_model(marker).save(path)
    return path


def write_cut(whole: Path, folder: Path, share: float) -> Path:
    """The first `share` (0 to 1) of a file, at least 16 bytes, under the same name."""
    data = whole.read_bytes()
    path = folder / f"cut_{share:.2f}_{whole.name}"
    path.write_bytes(data[: max(16, int(len(data) * share))])
    return path


def write_flipped(whole: Path, folder: Path) -> Path:
    """A .keras file with one byte of its weights changed: the archive opens, the checksum is wrong."""
    with zipfile.ZipFile(whole) as archive:
        member = archive.getinfo("model.weights.h5")
    data = bytearray(whole.read_bytes())
    data[member.header_offset + member.file_size // 2] ^= 0xFF
    path = folder / f"flipped_{whole.name}"
    path.write_bytes(bytes(data))
    return path


def write_text(folder: Path) -> Path:
    """A note named model.keras."""
    path = folder / "text.keras"
    path.write_text("The model is on the other disk.\n", encoding="utf-8")
    return path


def write_html(folder: Path) -> Path:
    """The page of a download site named model.h5."""
    path = folder / "page.h5"
    path.write_text("\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", encoding="utf-8")
    return path


def write_lfs_pointer(folder: Path) -> Path:
    """What git leaves where LFS is not installed."""
    path = folder / "pointer.keras"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", encoding="utf-8")
    return path


def write_pickle(folder: Path) -> Path:
    """A pickle named model.keras."""
    path = folder / "pickle.keras"
    path.write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    return path


def write_torch(folder: Path) -> Path:
    """A zip as torch.save writes it."""
    path = folder / "torch.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02}.")
        archive.writestr("model/data/0", b"\0" * 16)
    return path


def write_weights(folder: Path) -> Path:
    """Weights alone, layout of Keras 3."""
    path = folder / "only.weights.h5"
    functional().save_weights(path)
    return path


def write_saved_model(folder: Path) -> Path:
    """A folder that looks like a TensorFlow SavedModel."""
    path = folder / "saved_model"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00")
    return path


def _lambda_model(marker: Path) -> keras.Model:
    image = keras.Input((H, W, 3), name="image")
    where = str(marker)
    touch = lambda x: (open(where, "a").close(), x)[1]  # noqa: E731, PTH123 - Keras writes out a lambda, not a function
    x = layers.Lambda(touch, name="touch")(image)
    model = _finished(image, _softmax_head(_grid(x)), "lambda")
    marker.unlink(missing_ok=True)  # building the model has run the lambda once
    return model


# ---- parts


def _backbone() -> keras.Model:
    """Two convolutions with batch normalisation; [B, 16, 16, 3] -> [B, 8, 8, 6]."""
    inner = keras.Input((H, W, 3), name="backbone_in")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv_1")(inner)
    x = layers.ReLU(name="relu_1")(layers.BatchNormalization(name="norm_1")(x))
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="conv_2")(x)
    return keras.Model(inner, layers.ReLU(name="relu_2")(x), name="backbone")


def _grid(image: Any) -> Any:
    """Two convolutions; [B, H, W, channels] -> [B, H/2 - 1, W/2 - 1, 6] for even sides."""
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv_1")(image)
    return layers.Conv2D(6, 3, strides=2, activation="relu", name="conv_2")(x)


def _softmax_head(grid: Any) -> Any:
    x = layers.GlobalAveragePooling2D(name="gap")(grid)
    return layers.Dense(CLASSES, activation="softmax", name="head")(x)


def _with_head(name: str, *head: Any) -> keras.Model:
    image = keras.Input((H, W, 3), name="image")
    x = layers.GlobalAveragePooling2D(name="gap")(_grid(image))
    for layer in head:
        x = layer(x)
    return _finished(image, x, name)


def _finished(image: Any, output: Any, name: str) -> keras.Model:
    return _weighted(keras.Model(image, output, name=name))


def _weighted(model: keras.Model) -> keras.Model:
    """Fill every weight from a fixed seed; variances and counts stay positive, adapted statistics stay."""
    rng = np.random.default_rng(11)
    for weight in model.weights:
        if weight.path.split("/")[-2:-1] == ["normalize"]:
            continue
        values = rng.normal(0, 1 / max(1, np.prod(weight.shape[:-1])) ** 0.5, weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
    return model
