"""Weights of a named model from a file: all of them, or an error that says what does not fit."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.errors import WeightsError
from scorecam_cli.inspection.inspect import FileKind, inspect
from scorecam_cli.keras_engine.initial_weights import read_from_file
from scorecam_cli.loading.own_models import handed_to_keras

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]


def load_weights_file(model: keras.Model, path: Path, *, name: str | None = None) -> None:
    """Give a model the weights of a file, all of them or an error: weights only or a whole model, whatever its name.

    Args:
        model: built; after an error its weights are undefined.
        path: the file.
        name: what the user calls the model; by default the model's own name.

    Raises:
        ModelError: the file is not one that Keras wrote.
        WeightsError: the weights are those of another model.
    """
    label = name or model.name
    kind = inspect(path).kind
    if kind.from_outside:
        raise WeightsError(f"{path} holds a {kind.value}, not weights of Keras; give weights saved from {label}")
    with handed_to_keras(path, kind) as link:
        try:
            with read_from_file(), _assignments(model) as assigned:
                model.load_weights(link)
        except Exception as error:  # Keras raises whatever its layers and HDF5 raise
            raise WeightsError(f"{path} {_why_unfit(model, _weight_shapes(path, kind), label)}") from error
    missing = len(model.weights) - len(assigned)
    if missing:
        raise WeightsError(
            f"{path} gives only {len(assigned)} of the {len(model.weights)} weight arrays of {label}; "
            f"give weights that were saved from {label}"
        )


@contextmanager
def _assignments(model: keras.Model) -> Iterator[set[int]]:
    """The ids of the model's weights that are assigned meanwhile: a load that skips some cannot pass unseen."""
    assigned: set[int] = set()

    def watch(weight: Any) -> None:
        assign = weight.assign

        def assign_and_note(value: Any) -> Any:
            result = assign(value)
            assigned.add(id(weight))
            return result

        weight.assign = assign_and_note

    for weight in model.weights:
        watch(weight)
    try:
        yield assigned
    finally:
        for weight in model.weights:
            del weight.assign  # uncovers the method


def _why_unfit(model: keras.Model, found: list[list[Shape]], label: str) -> str:
    """What the file holds against what the model has, as far as the shapes of the arrays tell."""
    if not found:
        return "holds no weights that can be read; copy or download it again"
    wanted = [[tuple(weight.shape) for weight in layer.weights] for layer in model.layers if layer.weights]
    give = f"give weights that were saved from {label}"
    absent = Counter(shape for layer in wanted for shape in layer)
    absent.subtract(shape for layer in found for shape in layer)
    lacking, extra = +absent, -absent
    head: Counter[Shape] = Counter()
    for layer in reversed(wanted if not extra else []):
        if any(len(shape) == 4 and shape[:2] != (1, 1) for shape in layer):
            break  # a spatial convolution: not the head any more
        head.update(layer)
        if head == lacking:
            return f"has no classification head (a `_notop` file) and {label} needs one; give the file with the head"
    if len(found) != len(wanted):
        return f"has {len(found)} layers with weights and {label} has {len(wanted)}; {give}"
    if lacking and extra:
        return f"holds an array of shape {_shape(extra)} where {label} has one of {_shape(lacking)}; {give}"
    return f"does not fit {label}, whose arrays are arranged otherwise; {give}"


def _shape(shapes: Counter[Shape]) -> str:
    return " x ".join(str(size) for size in max(shapes, key=len)) or "a single number"


def _weight_shapes(path: Path, kind: FileKind) -> list[list[Shape]]:
    """The shapes of the arrays a file holds, one list for each layer that has any; empty where they cannot be read."""
    import h5py

    try:
        if kind is FileKind.KERAS_ARCHIVE:
            with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as member, h5py.File(member) as h5:
                return _group_shapes(h5, kind)
        with h5py.File(path, "r") as h5:
            return _group_shapes(h5, kind)
    except (OSError, RuntimeError, KeyError, ValueError):
        return []  # asked only to word an error that stands without it


def _group_shapes(h5: Any, kind: FileKind) -> list[list[Shape]]:
    layers: dict[str, list[Shape]] = {}

    def note(name: str, item: Any) -> None:
        parts = name.removeprefix("model_weights/").split("/")
        if not hasattr(item, "shape") or parts[0].startswith(("optimizer", "top_level")) or "seed_generator" in parts:
            return
        in_vars = kind in (FileKind.KERAS_ARCHIVE, FileKind.WEIGHTS_HDF5)  # layers/conv2d/vars/0, else conv/conv/kernel
        layers.setdefault("/".join(parts[:-1]) if in_vars else parts[0], []).append(tuple(item.shape))

    h5.visititems(note)  # follows no link out of the file
    return list(layers.values())
