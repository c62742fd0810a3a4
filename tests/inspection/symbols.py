"""All that a model's description can name of the installed Keras, and why it may be named or may not.

    python -m tests.inspection.symbols > tests/inspection/keras_symbols.csv

Keras looks a name up in four ways, and all four are walked: among its exports, by module and name; among the classes of
any of its own modules that is imported for it; among the names of keras.src.layers, for files of the old format; and,
for the text of a setting such as "relu", in the table of the room of that setting.
"""

from __future__ import annotations

import csv
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
from keras.src import (
    activations,
    api_export,
    constraints,
    dtype_policies,
    initializers,
    layers,
    models,
    quantizers,
    regularizers,
)
from keras.src.saving.keras_saveable import KerasSaveable
from keras.src.saving.serialization_lib import NON_MODELING_APIS

from scorecam_cli.inspection.naming import Named, may_be_named

COMPUTES = "only computes on tensors"

# Why a whole room is closed; a room that is not here, open or half open, has a reason for each name that is refused.
CLOSED = {
    "_legacy": "of older Keras; no file names it",
    "applications": "downloads weights",
    "backend": "state of the process",
    "callbacks": "of training; writes files, sends requests",
    "config": "switches of the process",
    "datasets": "downloads files and deletes them",
    "distillation": "of training",
    "distribution": "devices and processes",
    "export": "writes files",
    "legacy": "loads objects",
    "losses": "of training, which is not read",
    "metrics": "of training, which is not read",
    "optimizers": "of training, which is not read",
    "preprocessing": "reads and writes files",
    "random": "functions of a shape and a seed",
    "saving": "loads and saves files",
    "tree": "calls a function that it is given",
    "utils": "files, downloads, processes",
    "visualization": "draws and writes files",
    "wrappers": "trains",
    "ops.image": "a function of more than one tensor",
    "src.trainers": "of training",
    "src.export": "reads and writes files",
    "src.losses": "of training, which is not read",
    "src.metrics": "of training, which is not read",
    "src.optimizers": "of training, which is not read",
    "src.backend": "of training, which is not read",
    "src.saving": "the base of all classes",
    "src.layers": "a base class or a part of a layer, which no file names",
    "src.activations": "a part of an activation, which no file names",
    "src.quantizers": "a base class, which no file names",
    "src.ops.operation": "a base class, which no file names",
    "quantizers": "of quantization, which files describe in full",
    "old format": "a module, a function or another part that is no layer",
}
# Why one name of an open room is refused.
REFUSED = {
    "Lambda": "runs a function",
    "TFSMLayer": "loads a SavedModel, which can read and write files",
    "TorchModuleWrapper": "unpickles",
    "JaxLayer": "runs a function",
    "FlaxLayer": "runs a function",
    "StringLookup": "reads a vocabulary",
    "IntegerLookup": "reads a vocabulary",
    "TextVectorization": "reads a vocabulary, runs a function",
    "IndexLookup": "reads a vocabulary",
    "Hashing": "of text; no image goes through it",
    "HashedCrossing": "of text; no image goes through it",
    "CategoryEncoding": "of categories; no image goes through it",
    "Discretization": "of categories; no image goes through it",
    "MaxNumBoundingBoxes": "of boxes; no image goes through it",
    "MelSpectrogram": "of sound; no image goes through it",
    "STFTSpectrogram": "of sound; no image goes through it",
    "STFT": "of sound; no image goes through it",
    "STFTInitializer": "of sound; no image goes through it",
    "stft": "of sound; no image goes through it",
    "GPTQConfig": "holds a tokenizer and a data set",
    "AWQConfig": "holds a tokenizer and a data set",
    "awq_config": "holds a tokenizer and a data set",
    "GPTQDTypePolicy": "of a quantizer with a data set",
    "AWQDTypePolicy": "of a quantizer with a data set",
    "Function": "a graph, which files keep as a model",
    **dict.fromkeys(("deserialize", "serialize", "get"), "looks objects up"),
    **dict.fromkeys(
        ("Map", "Scan", "Cond", "Switch", "ForiLoop", "WhileLoop", "VectorizedMap", "AssociativeScan", "JVP"),
        "calls a function that it is given",
    ),
    **dict.fromkeys(
        (
            "Constraint",
            "Regularizer",
            "Initializer",
            "Layer",
            "Operation",
            "Wrapper",
            "Quantizer",
            "QuantizationConfig",
        ),
        "a base class, which no file names",
    ),
    **dict.fromkeys(
        ("constraint", "regularizer", "initializer", "quantizer", "quantization_config"),
        "a base class, which no file names",
    ),
    **dict.fromkeys(("Loss", "Metric", "Optimizer"), "of training, which is not read"),
    **dict.fromkeys(
        ("StatelessScope", "SymbolicScope", "RematScope", "name_scope", "device", "remat", "version", "KerasTensor"),
        "state of the process",
    ),
    **dict.fromkeys(("Variable", "InputSpec"), "no layer"),
    **dict.fromkeys(("clone_model", "model_from_json", "load_model", "save_model"), "loads and saves files"),
    **dict.fromkeys(
        ("Input", "add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"),
        "a function in place of a layer, which no file names",
    ),
    **dict.fromkeys(
        (
            "abs_max_quantize",
            "abs_max_quantize_grouped_with_zero_point",
            "compute_float8_amax_history",
            "compute_float8_scale",
            "fake_quant_with_min_max_vars",
            "pack_int4",
            "quantize_and_dequantize",
            "unpack_int4",
        ),
        "a function of more than one tensor",
    ),
}
# Operations that are left out are so because no image model needs them; those that are dangerous are named above.
OPERATIONS = {
    "ops": "a function of more than one tensor",
    "src.ops.numpy": "makes, sorts or counts; no image model needs it",
    "src.ops.nn": "of training or sequences; no image model needs it",
    "src.ops.math": "of sound or sequences; no image model needs it",
    "src.ops.core": "writes into tensors; no image model needs it",
    "src.ops.linalg": "solves; no image model needs it",
    "src.ops.image": "warps; no image model needs it",
    "src.ops.function": "a graph, which files keep as a model",
}
SETTINGS = {
    "activations": activations,
    "initializers": initializers,
    "regularizers": regularizers,
    "constraints": constraints,
    "dtype_policies": dtype_policies,
    "quantizers": quantizers,
}


class Symbol(NamedTuple):
    """What a description can name, and how: `keras.layers.Dense`, `old format: Dense`, `activations: relu`."""

    room: str
    name: str
    kind: str

    @property
    def written(self) -> str:
        """As the table has it."""
        return f"{self.room}{': ' if self.room in _BY_TEXT else '.'}{self.name}"


_BY_TEXT = ("old format", *SETTINGS)


def walk() -> list[Symbol]:
    """Every symbol of the installed Keras that a description can name, in order, each once."""
    return sorted({*_exports(), *_classes(), *_of_the_old_format(), *_texts()})


def _exports() -> Iterator[Symbol]:
    for path, found in api_export.REGISTERED_NAMES_TO_OBJS.items():
        if path not in NON_MODELING_APIS:  # those Keras itself refuses
            room, _, name = path.rpartition(".")
            yield Symbol(room, name, _kind(found))


def _classes() -> Iterator[Symbol]:
    """By the module that defines them; `test_symbols` looks at the other modules that they are found in."""
    for _, found in classes_by_module():
        if found not in api_export.REGISTERED_OBJS_TO_NAMES:
            yield Symbol(found.__module__, found.__name__, "class")


def classes_by_module() -> Iterator[tuple[str, type]]:
    """Every module and name that leads Keras to a class of its own, as `module.name`."""
    for module in pkgutil.walk_packages(keras.__path__, "keras."):
        if module.name.endswith("_test") or any(part in module.name for part in (".torch", ".jax", ".openvino")):
            continue  # tests of Keras, and backends that may not be installed
        try:
            room = importlib.import_module(module.name)
        except ImportError:
            continue
        for name, found in vars(room).items():
            if isinstance(found, type) and issubclass(found, KerasSaveable):
                yield f"{module.name}.{name}", found


def _of_the_old_format() -> Iterator[Symbol]:
    added = {kind: getattr(models, kind) for kind in ("Functional", "Model", "Sequential")}  # by the first load
    for name, found in {**vars(layers), **added}.items():
        yield Symbol("old format", name, _kind(found))


def _texts() -> Iterator[Symbol]:
    for room, module in SETTINGS.items():
        for name, found in module.ALL_OBJECTS_DICT.items():
            yield Symbol(room, str(name), _kind(found))


def _kind(found: Any) -> str:
    if inspect.isclass(found):
        return "class"
    return "function" if inspect.isfunction(found) else "other"


def is_allowed(symbol: Symbol) -> bool:
    """By the inspection itself: as a class or as a function, whatever it is in Keras."""
    if symbol.room in _BY_TEXT:
        module = "builtins" if symbol.room == "activations" else None
        return may_be_named(Named(symbol.name, module, is_function=module is not None, by_class_name=not module), ())
    return any(may_be_named(Named(symbol.name, symbol.room, is_function=kind), ()) for kind in (False, True))


def why(symbol: Symbol) -> str | None:
    """The reason for what is done; None where no rule covers the symbol."""
    if is_allowed(symbol):
        return COMPUTES
    room = symbol.room.removeprefix("keras.")
    closed = next((CLOSED[part] for part in CLOSED if room == part or room.startswith(f"{part}.")), None)
    if closed and room != "old format":
        return closed
    return REFUSED.get(symbol.name) or OPERATIONS.get(room) or closed


def table() -> list[tuple[str, str, str, str]]:
    """What the recorded table should hold: symbol, kind, allowed, why."""
    return [(item.written, item.kind, "yes" if is_allowed(item) else "no", why(item) or "") for item in walk()]


if __name__ == "__main__":
    csv.writer(sys.stdout, lineterminator="\n").writerows([("symbol", "kind", "allowed", "why"), *table()])
