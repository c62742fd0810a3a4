"""How a model is called on photos alone: its other inputs are constants, and one of its outputs is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.keras_engine.start import keras, tf
from scorecam_cli.models.constants import Constant


class Input(NamedTuple):
    """One input of a model. shape: with the batch axis; None for an open side."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Called:
    """A Keras model as a function of photos: float32 [B, H, W, c] -> one output.

    model: itself.
    image: its input that the photo goes to, where it is known.
    place: of that input among all, flat.
    structure: of all inputs, as the model takes them; None: it takes a single tensor.
    constants: what the others are given, by their place, without the batch axis.
    output: name of the output that is read; None: there is one.
    """

    model: Any
    image: Input | None = None
    place: int = 0
    structure: Any = None
    constants: Mapping[int, NDArray[np.generic]] = field(default_factory=dict)
    output: str | None = None

    def __call__(self, images: Any, training: bool = False) -> Any:
        """The chosen output for a batch of photos.

        Raises:
            ModelError: the model has several outputs and none is named. UsageError: it has none of that name.
        """
        return self.chosen(self.model(self._all_inputs(images), training=training))

    def chosen(self, output: Any) -> Any:
        """The tensor that is read, out of what the model returns.

        Raises:
            As calling it.
        """
        tensors = keras.tree.flatten(output)
        if self.output is None and len(tensors) == 1:
            return tensors[0]
        names = _output_names(self.model, output)
        if self.output is None:
            raise ModelError(
                f"the model has {len(tensors)} outputs, {_shown(names, tensors)}; "
                "name the one that says the class with --output"
            )
        places = [at for at, known in enumerate(names) if self.output == known] or [
            at for at in range(len(tensors)) if self.output == str(at)
        ]
        if not places:
            raise UsageError(f"output {self.output!r} does not exist; the model has {_shown(names, tensors)}")
        if len(places) > 1:
            raise UsageError(f"output {self.output!r} exists {len(places)} times; give its number, from 0")
        return tensors[places[0]]

    def _all_inputs(self, images: Any) -> Any:
        if self.structure is None:
            return images
        flat: list[Any] = [images] * (1 + len(self.constants))
        for place, value in self.constants.items():
            flat[place] = tf.broadcast_to(tf.constant(value)[None], [tf.shape(images)[0], *value.shape])
        return keras.tree.pack_sequence_as(self.structure, flat)


def called_on_photos(
    model: Any, *, name: str, constants: Mapping[str, Constant] | None = None, output: str | None = None
) -> Called:
    """The model as a function of photos.

    Args:
        model: a Keras model. name: what the user calls it.
        constants: of its inputs beside the photo, by name.
        output: the name of the output to read; None: there is one.

    Raises:
        ModelError: it does not say what it takes, or takes more or other than one image.
        UsageError: a constant does not fit its input, or there is no such input.
    """
    constants = constants or {}
    inputs, structure = _inputs(model, name)
    if unknown := [each for each in constants if each not in {known.name for known in inputs}]:
        raise UsageError(f"{name} has no input {unknown[0]!r}; it takes {_listed(inputs)}")
    free = [place for place, known in enumerate(inputs) if known.name not in constants]
    if not free:
        raise UsageError(f"{name} has no input left for the photo; it takes {_listed(inputs)}")
    if len(free) > 1:
        raise ModelError(
            f"{name} takes {len(inputs)} inputs, {_listed(inputs)}; "
            "give all but the photo with --constant-input NAME=FILE.npy or NAME=NUMBER"
        )
    fitted = {
        place: constants[known.name].fitted(known.shape[1:], known.dtype)
        for place, known in enumerate(inputs)
        if place not in free
    }
    return Called(model, inputs[free[0]], free[0], structure if fitted else None, fitted, output)


def _inputs(model: Any, name: str) -> tuple[list[Input], Any]:
    """The inputs of a model, flat, and their structure."""
    try:
        structure, tensors = model.input, keras.tree.flatten(model.inputs)
    except (AttributeError, ValueError):
        structure, tensors = None, []
    if tensors:
        return [Input(each.name, tuple(each.shape), str(each.dtype)) for each in tensors], structure
    shapes = (model.get_build_config() or {}).get("input_shape") if model.built else None
    if not shapes:
        raise ModelError(f"{name} does not say what it takes; call it once on a batch of photos before saving it")
    if isinstance(shapes, dict):  # subclassed: its build config knows what it was built on
        names = sorted(shapes)
        return [Input(each, tuple(shapes[each]), "float32") for each in names], dict.fromkeys(names, 0)
    if isinstance(shapes[0], list | tuple):
        return [Input(str(at), tuple(shape), "float32") for at, shape in enumerate(shapes)], list(range(len(shapes)))
    return [Input("0", tuple(shapes), "float32")], None


def _output_names(model: Any, output: Any) -> list[str]:
    """What each output is called: by its key where the model returns a dictionary, by its layer, else by its number."""
    paths = [path for path, _ in keras.tree.flatten_with_path(output)]
    layers = list(getattr(model, "output_names", None) or [])
    if any(isinstance(part, str) for path in paths for part in path):
        return ["/".join(map(str, path)) for path in paths]
    return layers if len(layers) == len(paths) else [str(at) for at in range(len(paths))]


def _shown(names: Sequence[str], tensors: Sequence[Any]) -> str:
    return ", ".join(f"{name} {_shape(each.shape)}" for name, each in zip(names, tensors, strict=True))


def _listed(inputs: Sequence[Input]) -> str:
    return ", ".join(f"{each.name} {_shape(each.shape)}" for each in inputs)


def _shape(shape: Sequence[int | None]) -> str:
    return f"[{', '.join(['batch', *('any' if side is None else str(side) for side in shape[1:])])}]"
