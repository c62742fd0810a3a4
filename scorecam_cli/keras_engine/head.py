"""What the last layer of a classifier returns, so that softmax or sigmoid is applied exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from scorecam_cli.choices import HeadKind
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.keras_engine.layers import LayerCall, Network
from scorecam_cli.keras_engine.start import keras, tf

RESHAPING = frozenset({"Reshape", "Flatten", "Squeeze"})
SUM_TOLERANCE = 1e-2  # a softmax in bfloat16 sums to 1 within this


class Activation(Enum):
    """What turns the logits of this head into probabilities; LINEAR: they are quantities, and stay as they are."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LINEAR = "linear"


@dataclass(frozen=True)
class Head:
    """How to read the output of a model.

    units: numbers the model returns per photo; one unit means two classes, 0 and 1.
    activation: what gives the probabilities.
    bare_call: number of the layer call that applies the activation and is run without it; -1: there is none.
    shows_logits: the output, with that call bare, is logits; else it is probabilities, or quantities.
    supposed: nothing says that the one output is the logit of class 1.
    """

    units: int
    activation: Activation
    shows_logits: bool
    bare_call: int = -1
    supposed: bool = False

    @property
    def classes(self) -> int:
        """C; of a regression, the number of its outputs."""
        return self.units if self.is_regression else max(2, self.units)

    @property
    def is_regression(self) -> bool:
        """Whether the outputs are quantities, neither probabilities nor logits."""
        return self.activation is Activation.LINEAR

    @property
    def exclusive(self) -> bool:
        """Whether one class is true at a time: their probabilities sum to 1."""
        return self.activation is Activation.SOFTMAX or (self.units == 1 and not self.is_regression)

    def read(self, output: Any) -> tuple[Any, Any]:
        """Output of the model [B, units] -> scores [B, C] and probabilities [B, C], float32.

        The scores are the logits where the model gives them, else the probabilities once more. Of a regression both
        are the outputs.
        """
        output = tf.reshape(tf.cast(output, tf.float32), [-1, self.units])  # [B, units]
        if self.is_regression:
            return output, output
        if not self.shows_logits:
            probabilities = tf.concat([1 - output, output], axis=1) if self.units == 1 else output
            return probabilities, probabilities
        logits = tf.concat([-output, output], axis=1) if self.units == 1 else output  # [B, C]
        if self.activation is Activation.SIGMOID:
            return logits, tf.sigmoid(logits)
        return logits, tf.nn.softmax(logits)


def read_head(
    model: Any, *, network: Network, name: str, input_shape: Sequence[int], asked: HeadKind = HeadKind.AUTO
) -> Head:
    """Find out what the model returns: by its last layer, and where that does not tell, by its numbers.

    Args:
        model: a Keras model, or its function of photos. network: its layer calls. name: what the user calls it.
        input_shape: (H, W, c).
        asked: softmax or sigmoid, where the user says so; left to find out is then whether the numbers are
            probabilities or logits. linear: a regression.

    Raises:
        ModelError: the output is not [batch, classes].
        UsageError: what the user says contradicts the last layer, or the number of its outputs.
    """
    shape = network.output_shape
    if None in shape or not shape or int(np.prod(shape)) != max(shape):  # type: ignore[type-var, arg-type]
        shown = ", ".join(str(side) for side in ("batch", *shape))
        raise ModelError(f"{name} returns [{shown}]; scorecam explains classifiers that return [batch, classes]")
    units = int(np.prod(shape))  # type: ignore[arg-type]
    bare_call, known = _told(network, units)
    if asked is HeadKind.AUTO and known in ("softmax", "sigmoid"):
        return Head(units, Activation(known), shows_logits=True, bare_call=bare_call)
    if asked is HeadKind.AUTO:
        logits = Head(units, _for_logits(units), shows_logits=True, supposed=units == 1)
        return logits if known == "linear" else _by_numbers(model, units, input_shape)
    _check_asked(asked, known, units=units, name=name)
    if asked is HeadKind.LINEAR:
        return Head(units, Activation.LINEAR, shows_logits=False)
    if known is not None:
        return Head(units, Activation(asked), shows_logits=True, bare_call=bare_call)
    found = _by_numbers(model, units, input_shape)
    are_probabilities = not found.shows_logits and asked in (found.activation.value, HeadKind.SIGMOID)
    return Head(units, Activation(asked), shows_logits=not are_probabilities)


def _told(network: Network, units: int) -> tuple[int, str | None]:
    """What the last layers tell: `softmax`, `sigmoid` (and the number of that call), `linear`, or None for nothing."""
    for call in _last_layers(network):
        known = _activation_of(call)
        if known == "linear":
            return -1, known
        if known == "sigmoid" or (known == "softmax" and units > 1):
            return call.number, known
    return -1, None


def _check_asked(asked: HeadKind, known: str | None, *, units: int, name: str) -> None:
    if asked is HeadKind.SOFTMAX and units == 1:
        raise UsageError(f"--head softmax needs an output for each class, and {name} has one: use sigmoid")
    bounded = asked is HeadKind.LINEAR and known == "sigmoid"  # a quantity between 0 and 1
    if known in ("softmax", "sigmoid") and known != asked and not bounded:
        raise UsageError(f"--head {asked} contradicts {name}, whose last layer is a {known}: leave out --head")


def _last_layers(network: Network) -> Iterator[LayerCall]:
    """The calls that made the output, then those behind layers that only reshape it."""
    tensor, reshaped = network.output, True
    while reshaped:
        reshaped = False
        for call in network.calls:
            if call.output == tensor:
                yield call
                if call.kind in RESHAPING and call.inputs:
                    tensor, reshaped = call.inputs[0], True


def _for_logits(units: int) -> Activation:
    return Activation.SIGMOID if units == 1 else Activation.SOFTMAX


def _activation_of(call: LayerCall) -> str | None:
    """`softmax`, `sigmoid` or `linear` where the last layer is Keras's own and says so; None where it does not tell."""
    operation = call.operation
    if not type(operation).__module__.startswith("keras."):
        return None
    if call.kind in ("Softmax", "Sigmoid"):  # the layer Softmax, the operations of the same name
        return call.kind.lower()
    if not isinstance(operation, keras.layers.Dense | keras.layers.Conv2D | keras.layers.Activation):
        return None
    known = (keras.activations.softmax, keras.activations.sigmoid, keras.activations.linear)
    return next((str(function.__name__) for function in known if operation.activation is function), None)


def _by_numbers(model: Any, units: int, input_shape: Sequence[int]) -> Head:
    """Look at the output for eight images of noise and flat grey: rows that sum to 1, numbers in [0, 1], or neither."""
    noise = np.random.default_rng(0)
    images = np.stack([noise.uniform(0, 255, input_shape) / scale for scale in (1, 1, 1, 255, 255, 255)])
    images = np.concatenate([images, np.zeros((1, *input_shape)), np.full((1, *input_shape), 255.0)])
    output = np.asarray(model(images.astype(np.float32), training=False), np.float32).reshape(-1, units)
    if ((output >= 0) & (output <= 1)).all():
        sums_to_one = units > 1 and bool(np.allclose(output.sum(axis=1), 1, atol=SUM_TOLERANCE))
        activation = Activation.SOFTMAX if sums_to_one else Activation.SIGMOID
        return Head(units, activation, shows_logits=False)
    return Head(units, _for_logits(units), shows_logits=True, supposed=units == 1)
