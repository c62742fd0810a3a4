"""Descriptions of models that name what they must not: a function, a file, an address, a class that does more.

Each is the description of a good functional model, image - conv - conv - gap - head, with one thing changed. It is
given as a function that changes the list of layers, and a word of the refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Layers = list[dict[str, Any]]
TENSOR = {
    "class_name": "__keras_tensor__",
    "config": {"shape": [None, 16, 16, 3], "dtype": "float32", "keras_history": ["image", 0, 0]},
}


def function(module: str | None, name: str, **more: Any) -> dict[str, Any]:
    """A function as Keras writes it."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name, **more}


def klass(module: str | None, name: str, config: Any = None, **more: Any) -> dict[str, Any]:
    """An object as Keras writes it."""
    return {"module": module, "class_name": name, "config": config or {}, "registered_name": None, **more}


def replaced(kind: dict[str, Any], **node: Any) -> Callable[[Layers], None]:
    """The first convolution is another layer, called on the photo and with more."""

    def edit(layers: Layers) -> None:
        layers[1].pop("build_config", None)
        layers[1].pop("shared_object_id", None)
        layers[1].update(kind)
        layers[1]["config"] = {"name": layers[1]["name"], **layers[1]["config"]}
        if node:
            layers[1]["inbound_nodes"] = [{"args": [TENSOR], "kwargs": {}, **node}]

    return edit


def lambda_of(called: Any, **node: Any) -> Callable[[Layers], None]:
    """A Lambda of a function that has a name, called with arguments of the file's choice."""
    return replaced(klass("keras.layers", "Lambda", {"function": called, "arguments": {}}), **node)


def with_setting(name: str, value: Any) -> Callable[[Layers], None]:
    """A setting of the first convolution."""
    return lambda layers: layers[1]["config"].update({name: value})


def with_node(**node: Any) -> Callable[[Layers], None]:
    """The first convolution is called otherwise."""
    return lambda layers: layers[1].update(inbound_nodes=[{"args": [TENSOR], "kwargs": {}, **node}])


def inside(kind: dict[str, Any]) -> Callable[[Layers], None]:
    """A layer inside a TimeDistributed."""
    return replaced(wrapped(kind))


def wrapped(kind: dict[str, Any]) -> dict[str, Any]:
    """A TimeDistributed around a layer."""
    return klass("keras.layers", "TimeDistributed", {"layer": kind})


SAVED_MODEL = klass("keras.layers", "TFSMLayer", {"filepath": "outside"})
FIRST_AS_KEYWORD = {"args": [], "kwargs": {"inputs": "weights", "mask": TENSOR}}

ATTACKS: dict[str, tuple[Callable[[Layers], None], str]] = {
    # a Lambda, whatever its function is
    "lambda of a class, with a dot": (lambda_of(function("keras", "layers.TFSMLayer"), **FIRST_AS_KEYWORD), "Lambda"),
    "lambda of a class": (lambda_of(function("keras.layers", "TFSMLayer"), **FIRST_AS_KEYWORD), "Lambda"),
    "lambda of a class by its file": (
        lambda_of(function("keras.src.export.tfsm_layer", "TFSMLayer"), **FIRST_AS_KEYWORD),
        "Lambda",
    ),
    "lambda that loads from a bucket": (
        lambda_of(
            function("keras", "layers.TFSMLayer"), args=[], kwargs={"inputs": "gs://bucket/model", "mask": TENSOR}
        ),
        "Lambda",
    ),
    "lambda that downloads data": (lambda_of(function("keras", "datasets.mnist.load_data")), "Lambda"),
    "lambda that downloads a network": (lambda_of(function("keras.applications", "VGG16")), "Lambda"),
    "lambda that fetches a file": (lambda_of(function("keras", "utils.get_file")), "Lambda"),
    "lambda of a harmless function": (lambda_of(function("keras.ops", "relu")), "Lambda"),
    "lambda of a name": (lambda_of("relu"), "Lambda"),
    "lambda of bytecode": (lambda_of({"class_name": "__lambda__", "config": {"value": "4wAAAA"}}), "Lambda"),
    "lambda of bytecode, in a list": (lambda_of(["4wAAAA", None, None]), "Lambda"),
    "lambda by its file": (
        replaced(klass("keras.src.layers.core.lambda_layer", "Lambda", {"function": "relu"})),
        "Lambda",
    ),
    "lambda without a module": (replaced(klass(None, "Lambda", {"function": "relu"})), "Lambda"),
    "lambda under another name": (
        replaced(klass("keras.layers", "Lambda", {"function": "relu"}) | {"registered_name": "mine>Layer"}),
        "Lambda",
    ),
    "lambda inside a wrapper": (inside(klass("keras.layers", "Lambda", {"function": "relu"})), "Lambda"),
    # a function where a setting stands
    "activation that saves": (with_setting("activation", function("keras.saving", "save_model")), "names save_model"),
    "activation that lies in another room": (
        with_setting("activation", function("keras", "utils.get_file")),
        "names utils.get_file",
    ),
    "activation that is a class": (with_setting("activation", function("keras.layers", "Lambda")), "Lambda"),
    "activation of Python": (with_setting("activation", function("builtins", "exec")), "uses exec"),
    "activation of the system": (with_setting("activation", function("os", "system")), "uses system"),
    "activation that deserializes": (
        with_setting("activation", function("keras.saving", "deserialize_keras_object")),
        "names deserialize_keras_object",
    ),
    "initializer that downloads": (
        with_setting("kernel_initializer", function("keras.datasets.cifar10", "load_data")),
        "names load_data",
    ),
    "regularizer that plots": (
        with_setting("kernel_regularizer", function("keras.utils", "plot_model")),
        "names plot_model",
    ),
    "constraint that runs a loop": (
        with_setting("kernel_constraint", function("keras.ops", "while_loop")),
        "names while_loop",
    ),
    "policy that is a callback": (
        with_setting("dtype", klass("keras.callbacks", "CSVLogger", {"filename": "log"})),
        "names CSVLogger",
    ),
    "policy of another kind": (with_setting("dtype", klass("keras.dtype_policies", "GPTQDTypePolicy")), "GPTQ"),
    "settings of a quantizer with a data set": (
        with_setting("quantization_config", klass("keras.quantizers", "GPTQConfig", {"dataset": ["x"]})),
        "names GPTQConfig",
    ),
    "unsafe loading, switched on": (
        with_setting("activation", function("keras.config", "enable_unsafe_deserialization")),
        "names enable_unsafe_deserialization",
    ),
    # a layer that does more
    "saved model": (replaced(SAVED_MODEL), "names TFSMLayer"),
    "saved model inside a wrapper": (inside(SAVED_MODEL), "names TFSMLayer"),
    "saved model inside two models": (
        inside(klass("keras", "Sequential", {"name": "s", "layers": [wrapped(SAVED_MODEL)]})),
        "names TFSMLayer",
    ),
    "layer of PyTorch": (replaced(klass("keras.layers", "TorchModuleWrapper", {"module": "gASV"})), "TorchModule"),
    "layer of Jax": (replaced(klass("keras.layers", "JaxLayer", {"call_fn": "f"})), "names JaxLayer"),
    "layer of Flax": (replaced(klass("keras.layers", "FlaxLayer", {"module": "f"})), "names FlaxLayer"),
    "vocabulary": (replaced(klass("keras.layers", "StringLookup", {"vocabulary": "words"})), "names StringLookup"),
    "vectorizer": (replaced(klass("keras.layers", "TextVectorization", {"vocabulary": "w"})), "names TextVec"),
    "operation that maps a function": (replaced(klass("keras.src.ops.core", "Map")), "names Map"),
    "graph of operations": (replaced(klass("keras", "Function", {"inputs": []})), "names Function"),
    "base class": (replaced(klass("keras", "Layer")), "names Layer"),
    "loss as a layer": (replaced(klass("keras.losses", "MeanSquaredError")), "names MeanSquaredError"),
    "writer of files": (replaced(klass("keras.src.saving.file_editor", "KerasFileEditor")), "KerasFileEditor"),
    "class of another package of Keras": (replaced(klass("keras_hub.models", "Backbone")), "uses Backbone"),
    "class of TensorFlow": (replaced(klass("tensorflow", "Module")), "uses Module"),
    "types of TensorFlow": (
        with_setting(
            "activation",
            {"class_name": "__typespec__", "module": "tensorflow", "spec_name": "load", "config": ["x"]},
        ),
        "uses __typespec__",
    ),
    "aliases of the package": (
        replaced(klass("keras._tf_keras.keras.layers", "TFSMLayer", {"filepath": "outside"})),
        "TFSMLayer",
    ),
    # what a layer is called with
    "keyword that is a function": (
        with_node(kwargs={"mask": function("keras.ops", "relu")}),
        "something else than tensors",
    ),
    "keyword that is a class": (
        with_node(kwargs={"mask": klass("keras.layers", "Add")}),
        "something else than tensors",
    ),
    "argument that is a policy": (
        with_node(args=[klass("keras", "DTypePolicy", {"name": "float32"})]),
        "something else than tensors",
    ),
    "keyword that is a path": (with_node(kwargs={"mask": "/etc/passwd"}), "'/etc/passwd' in its description"),
    "keyword that is a sentence": (with_node(kwargs={"mask": "rm -rf"}), "a text that is no setting"),
    # paths, addresses, texts
    "address as a setting": (with_setting("padding", "gs://bucket/x"), "'gs://bucket/x' in its description"),
    "path as a setting": (with_setting("data_format", "..\\x"), "in its description"),
    "path as the name of a setting": (with_setting("/etc/passwd", 1), "'/etc/passwd' in its description"),
    "name of a layer that is a path": (with_setting("name", "../../x"), "'../../x' in its description"),
    "name of eight million letters": (with_setting("name", "n" * 7_900_000), "a name of 7900000 letters"),
    "setting of a million letters": (with_setting("padding", "s" * 1_000_000), "a name of 1000000 letters"),
    # values
    "array of texts of two thousand million letters": (
        with_setting(
            "kernel_initializer",
            {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "U2000000000"}},
        ),
        "an array of something else than numbers",
    ),
    "array of objects": (
        with_node(kwargs={"mask": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}}}),
        "an array of something else than numbers",
    ),
    "tensor without a type": (
        with_setting("strides", {"class_name": "__tensor__", "config": {"value": [1]}}),
        "an array of something else than numbers",
    ),
    # names that are none
    "class name that is a list": (lambda layers: layers[1].update(class_name=["Lambda"]), "as Keras never does"),
    "module that is a number": (lambda layers: layers[1].update(module=3), "as Keras never does"),
    "function that is an object": (
        with_setting("activation", {"module": "builtins", "class_name": "function", "config": {"a": 1}}),
        "as Keras never does",
    ),
    "of the old format and of the new": (
        with_setting("activation", klass("keras.layers", "ReLU") | {"__passive_serialization__": True}),
        "as Keras never does",
    ),
    "class name with a dot": (replaced(klass("keras", "layers.Conv2D", {"filters": 4})), "layers.Conv2D"),
}


def in_the_old_format(kind: str, config: dict[str, Any]) -> Callable[[Layers], None]:
    """The first convolution is something that is looked up by its class name alone."""

    def edit(layers: Layers) -> None:
        layers[1].pop("module", None)
        layers[1].pop("registered_name", None)
        layers[1].update(class_name=kind, config={"name": layers[1]["name"], **config})

    return edit


OLD_ATTACKS: dict[str, tuple[Callable[[Layers], None], str]] = {
    "lambda of a name": (in_the_old_format("Lambda", {"function": "relu"}), "Lambda"),
    "lambda of an object": (
        in_the_old_format("Lambda", {"function": function("keras.layers", "TFSMLayer")}),
        "Lambda",
    ),
    "saved model": (in_the_old_format("TFSMLayer", {"filepath": "outside"}), "names TFSMLayer"),
    "function of the module, called with its settings": (
        in_the_old_format("deserialize", {"config": {"class_name": "Dense", "config": {}}}),
        "names deserialize",
    ),
    "loader of the module": (in_the_old_format("__loader__", {"fullname": "os"}), "names __loader__"),
    "builtins of the module": (in_the_old_format("__builtins__", {}), "names __builtins__"),
    "module of the module": (in_the_old_format("serialization_lib", {}), "uses serialization_lib"),
    "function as a text": (in_the_old_format("Activation", {"activation": "deserialize"}), "a function of Keras"),
    "vocabulary": (in_the_old_format("StringLookup", {"vocabulary": "words"}), "names StringLookup"),
    "bare operation of TensorFlow": (in_the_old_format("TFOpLambda", {"function": "io.write_file"}), "bare TensorFlow"),
}
