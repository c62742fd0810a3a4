"""A Keras network as a torch module that computes the same, with the weights carried over.

So programs for torch are timed on the very network that ours is timed on, and their maps can be compared with ours. The
module is made of what torchvision's own networks are made of: padding inside the convolutions wherever it is the same
on both sides, activations in place, and logits at the end, without a softmax. `tests.bench.torch_contestants` checks
each translation before anything is timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from tests.bench.torch_layers import ACTIVATIONS, SIMPLE, Pads, convolution, dense, same

FRESH = {"Conv2D", "DepthwiseConv2D", "BatchNormalization", "Dense"}  # nothing else reads what they make before it


class NotTranslatedError(Exception):
    """The network has something that no torch module stands for here; the message says what."""


class Step(NamedTuple):
    """One module is called. reads, writes: numbers of values. over: those that nothing reads after it."""

    part: str
    reads: tuple[int, ...]
    writes: int
    over: frozenset[int]


class Translated(nn.Module):
    """Runs its parts in order and forgets a value with its last reader, as a network written by hand does.

    parts: by the names of the Keras layers. result: the number of the value that is returned.
    """

    def __init__(self, parts: dict[str, nn.Module], steps: Sequence[Step], result: int) -> None:
        super().__init__()
        self.parts, self.steps, self.result = nn.ModuleDict(parts), tuple(steps), result

    def forward(self, photos: Tensor) -> Tensor:
        """Logits [B, C] of photos [B, c, H, W]."""
        values = {0: photos}
        for part, reads, writes, over in self.steps:
            given = [values.pop(number) if number in over else values[number] for number in reads]
            values[writes] = self.parts[part](*given)
            del given
        return values[self.result]


def part_name(layer: str) -> str:
    """The name of a Keras layer as torch allows it."""
    return layer.replace(".", "_")


def translate(model: Any) -> Translated:
    """The torch module of a functional Keras model with one input and one output; a softmax at its end is left out.

    Raises:
        NotTranslatedError: it has a layer that is not known here, or one that is called twice.
    """
    return _Translation(model).result()


class _Translation:
    """The network, operation by operation. numbers: of the values, by the Keras tensors that they are."""

    def __init__(self, model: Any) -> None:
        self.operations = model.operations
        self.output = model.outputs[0]
        self.numbers = {id(model.inputs[0]): 0}
        self.pads: dict[int, Pads] = {}  # zeros that the reader of a value adds itself
        self.makers = {id(each.output): each for each in self.operations}
        self.readers: dict[int, list[Any]] = {}
        for operation in self.operations:
            for tensor in _tensors(operation):
                self.readers.setdefault(id(tensor), []).append(operation)

    def result(self) -> Translated:
        parts: dict[str, nn.Module] = {}
        calls: list[tuple[str, tuple[int, ...], int]] = []
        for operation in self.operations:
            if type(operation).__name__ == "InputLayer":
                continue
            if len(operation._inbound_nodes) != 1:
                raise NotTranslatedError(f"{operation.name} is called more than once")
            reads = tuple(self.numbers[id(tensor)] for tensor in _tensors(operation))
            module = self._module(operation)
            self.numbers[id(operation.output)] = reads[0] if module is None else len(calls) + 1
            if module is not None:
                parts[part_name(operation.name)] = module
                calls.append((part_name(operation.name), reads, len(calls) + 1))
        return Translated(parts, list(_with_ends(calls)), self.numbers[id(self.output)]).eval()

    def _module(self, operation: Any) -> nn.Module | None:
        """What stands for it; None where its input is its output."""
        kind = type(operation).__name__
        if kind in ("Dropout", "Identity"):
            return None
        if kind == "ZeroPadding2D":
            return self._zeros(operation)
        if kind in ("Conv2D", "DepthwiseConv2D"):
            return self._activated(convolution(operation, self._pads_of(operation)), operation)
        if kind == "Dense":
            return self._activated(dense(operation, self._grid_before(operation)), operation)
        if kind in ("ReLU", "Activation"):
            return self._activation(operation)
        if kind == "MaxPooling2D":
            return self._pooling(operation)
        if kind in SIMPLE:
            return SIMPLE[kind](operation)
        raise NotTranslatedError(f"{operation.name}, a {kind}, has no counterpart here")

    def _zeros(self, operation: Any) -> nn.Module | None:
        """Nothing, where the reader pads as many zeros on both sides itself: a convolution, or a maximum of ReLUs."""
        (given,) = _tensors(operation)
        rows, columns = operation.padding
        readers = self.readers.get(id(operation.output), [])
        inside = len(readers) == 1 and rows[0] == rows[1] and columns[0] == columns[1]
        kind = type(readers[0]).__name__ if inside else ""
        above_zero = type(self.makers[id(given)]).__name__ == "ReLU"
        if getattr(readers[0] if inside else None, "padding", "") == "valid" and (
            kind in ("Conv2D", "DepthwiseConv2D") or (kind == "MaxPooling2D" and above_zero)
        ):
            self.pads[id(operation.output)] = (rows, columns)
            return None
        return nn.ZeroPad2d((*columns, *rows))

    def _pads_of(self, operation: Any) -> Pads:
        (given,) = _tensors(operation)
        if operation.padding == "valid":
            return self.pads.get(id(given), ((0, 0), (0, 0)))
        rows, columns = (
            same(size, kernel=kernel, stride=stride, dilation=dilation)
            for size, kernel, stride, dilation in zip(
                given.shape[1:3], operation.kernel_size, operation.strides, operation.dilation_rate, strict=True
            )
        )
        return rows, columns

    def _pooling(self, operation: Any) -> nn.Module:
        if operation.padding != "valid":
            raise NotTranslatedError(f"{operation.name} pools with padding {operation.padding}")
        (given,) = _tensors(operation)
        (top, _), (left, _) = self.pads.get(id(given), ((0, 0), (0, 0)))
        return nn.MaxPool2d(operation.pool_size, operation.strides, padding=(top, left))

    def _grid_before(self, operation: Any) -> tuple[int, ...] | None:
        """The grid [h, w, c] that was flattened for a dense layer; None where there was none."""
        (given,) = _tensors(operation)
        maker = self.makers[id(given)]
        while type(maker).__name__ == "Dropout":
            maker = self.makers[id(_tensors(maker)[0])]
        return tuple(_tensors(maker)[0].shape[1:]) if type(maker).__name__ == "Flatten" else None

    def _activated(self, module: nn.Module, operation: Any) -> nn.Module:
        """The module and the activation that the Keras layer has inside."""
        activation = self._named(operation.activation.__name__, operation)
        return module if activation is None else nn.Sequential(module, activation)

    def _activation(self, operation: Any) -> nn.Module | None:
        if type(operation).__name__ == "Activation":
            module = self._named(operation.activation.__name__, operation)
        elif operation.negative_slope or operation.threshold or operation.max_value not in (None, 6):
            raise NotTranslatedError(f"{operation.name} is no plain ReLU")
        else:
            module = self._named("relu6" if operation.max_value else "relu", operation)
        (given,) = _tensors(operation)
        alone = len(self.readers[id(given)]) == 1 and type(self.makers[id(given)]).__name__ in FRESH
        if not alone and hasattr(module, "inplace"):
            module.inplace = False
        return module

    def _named(self, name: str, operation: Any) -> nn.Module | None:
        if name == "linear" or (name == "softmax" and operation.output is self.output):
            return None
        if name not in ACTIVATIONS:
            raise NotTranslatedError(f"{operation.name} has the activation {name}, which has no counterpart here")
        return ACTIVATIONS[name]()


def _tensors(operation: Any) -> list[Any]:
    """The Keras tensors that an operation is called with; the constants beside them are in `_constant`."""
    given = operation.input if operation._inbound_nodes else []
    return list(given) if isinstance(given, list | tuple) else [given]


def _with_ends(calls: Sequence[tuple[str, tuple[int, ...], int]]) -> Iterator[Step]:
    last = {number: at for at, (_, reads, _) in enumerate(calls) for number in reads}
    for at, (part, reads, writes) in enumerate(calls):
        yield Step(part, reads, writes, frozenset(number for number in reads if last[number] == at))
