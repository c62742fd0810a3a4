"""One small classifier in every format: [16, 16, 3] -> 3 classes, whose answers NumPy knows, too.

A convolution of 4 filters of 3 x 3, ReLU, the mean over the grid, a dense layer of 3 logits, softmax.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

H = W = 16
CLASSES = 3


class Weights(NamedTuple):
    """kernel [3, 3, 3, 4], bias [4], dense [4, 3], offset [3]."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    dense: NDArray[np.float32]
    offset: NDArray[np.float32]


def weights() -> Weights:
    """The same ones every time."""
    drawn = np.random.default_rng(5)
    shapes = ((3, 3, 3, 4), (4,), (4, 3), (3,))
    return Weights(*(drawn.normal(0, 1, shape).astype(np.float32) for shape in shapes))


def logits_by_hand(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """float32 [B, H, W, 3] in model units -> logits [B, 3], by NumPy alone."""
    own = weights()
    windows = np.lib.stride_tricks.sliding_window_view(images.astype(np.float64), (3, 3), (1, 2))  # [B, h, w, c, 3, 3]
    grid = np.einsum("bhwcij,ijck->bhwk", windows, own.kernel) + own.bias
    return np.maximum(grid, 0).mean(axis=(1, 2)) @ own.dense + own.offset


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities [B, C]."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def nodes(image: str = "image") -> list[onnx.NodeProto]:
    """From the image [B, 3, H, W] to `logits`."""
    return [
        helper.make_node("Conv", [image, "kernel", "bias"], ["grid"]),
        helper.make_node("Relu", ["grid"], ["lit"]),
        helper.make_node("GlobalAveragePool", ["lit"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("Gemm", ["features", "dense", "offset"], ["logits"]),
    ]


def initializers() -> list[onnx.TensorProto]:
    """The weights, as ONNX keeps them."""
    own = weights()
    arrays = {**own._asdict(), "kernel": np.ascontiguousarray(own.kernel.transpose(3, 2, 0, 1))}
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def graph_of(calls: list[onnx.NodeProto], **changes: Any) -> onnx.ModelProto:
    """A model of these calls; changes: inputs, outputs, initializers, domains, functions."""
    inputs = changes.get("inputs", [value("image", [None, 3, H, W])])
    outputs = changes.get("outputs", [value("logits", [None, CLASSES])])
    graph = helper.make_graph(calls, "network", inputs, outputs, changes.get("initializers", initializers()))
    versions = [helper.make_opsetid("", 17), *(helper.make_opsetid(name, 1) for name in changes.get("domains", []))]
    functions = changes.get("functions", [])
    return helper.make_model(graph, opset_imports=versions, ir_version=9, functions=functions)


def value(name: str, shape: list[int | None], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    """An input or output; None for an open side."""
    return helper.make_tensor_value_info(
        name, kind, [f"{name}_{at}" if side is None else side for at, side in enumerate(shape)]
    )


def onnx_file(folder: Path, model: onnx.ModelProto | None = None, name: str = "model.onnx") -> Path:
    """Write a model; None: the classifier itself."""
    path = folder / name
    path.write_bytes((model or graph_of(nodes())).SerializeToString())
    return path


def keras_model(**head: Any) -> Any:
    """The classifier as Keras has it, with softmax."""
    import keras
    from keras import layers

    own = weights()
    image = keras.Input((H, W, 3), name="image")
    grid = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    pooled = layers.GlobalAveragePooling2D(name="pool")(grid)
    model = keras.Model(image, layers.Dense(CLASSES, **{"activation": "softmax", **head}, name="head")(pooled))
    model.set_weights(list(own))
    return model


def tflite_bytes(*, quantised: bool = False) -> bytes:
    """The classifier as TensorFlow Lite has it; quantised: uint8 in, for images in [0, 1], and uint8 out."""
    import tensorflow as tf

    model = keras_model()

    @tf.function(input_signature=[tf.TensorSpec([None, H, W, 3], name="image")])
    def call(image: Any) -> Any:
        return model(image, training=False)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
    if quantised:
        drawn = np.random.default_rng(1)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [drawn.uniform(0, 1, (1, H, W, 3)).astype(np.float32)] for _ in range(50)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return bytes(converter.convert())
