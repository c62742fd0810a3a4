"""Where to look in a network: every layer call of one run, the default target layer, the head, the start.

The model is run once on a symbolic batch with every call of a Keras operation noted. That sees Functional, Sequential,
nested, shared and subclassed models alike, because it follows the tensors and not the class of the model.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scorecam_cli.errors import LayerError, ModelError
from scorecam_cli.models.keras_start import start

# Layers that change the photo, not what is seen in it; matched by class name, so that no Keras is needed to read this.
PREPARING = frozenset({"Rescaling", "Normalization"})
ARITHMETIC = frozenset({"Multiply", "Divide", "TrueDivide", "Subtract", "Add"})
PASSING = frozenset({"InputLayer", "Resizing", "CenterCrop", "GetItem", "Flip", "Stack", "Cast", "Identity"})
LOCAL_POOLING = frozenset({"MaxPooling2D", "AveragePooling2D", "MaxPool", "AveragePool"})


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer while the model ran.

    number: order in which the calls began; the same in every run of the same model.
    path: the layer's name, behind the names of the models it sits in: `backbone/conv5_block3_out`.
    kind: class name of the layer. shape: of its output without the batch axis, [h, w, K] for a target.
    inputs, output: identities of tensors, equal where it is the same tensor.
    """

    number: int
    path: str
    kind: str
    shape: tuple[int | None, ...]
    inputs: tuple[int, ...]
    output: int
    operation: Any
    end: int
    constant_operand: bool

    @property
    def name(self) -> str:
        """The layer's own name, without the models around it."""
        return self.path.rpartition("/")[2]

    @property
    def spatial(self) -> bool:
        """Whether the output is a grid [h, w, K] with more than one position."""
        return len(self.shape) == 3 and None not in self.shape and self.shape[0] * self.shape[1] > 1  # type: ignore[operator]


@dataclass(frozen=True)
class Network:
    """All calls of one run, in the order in which they ended.

    calls: every call of a layer or operation. targets: those that can be a target layer, in order, each tensor once,
    named by the first layer that made it. output: identity of the output tensor.
    """

    calls: tuple[LayerCall, ...]
    targets: tuple[LayerCall, ...]
    output: int
    output_shape: tuple[int | None, ...]

    @property
    def default_target(self) -> LayerCall:
        """The last spatial tensor before the head, after its activation; where a local pooling made it, its input.

        Raises:
            LayerError: no layer has a spatial grid.

        Source: Wang et al. 2020, arXiv:1910.01279, section 4: the last convolutional layer of VGG16, before its pooling.
        """
        if not self.targets:
            raise LayerError(
                "this model has no layer with a spatial grid [h, w, K] before its head; Score-CAM needs a convolutional network"
            )
        made = {call.output: call for call in self.targets}
        last = self.targets[-1]
        while last.kind in LOCAL_POOLING and last.inputs and last.inputs[0] in made:
            last = made[last.inputs[0]]
        return last

    def target(self, name: str | None) -> LayerCall:
        """The call that `-l/--layer` names: by layer name, by path, or `name#2` for its second call; None: the default.

        Raises:
            LayerError: no such layer, several of that name, or one without a spatial grid.
        """
        if name is None:
            return self.default_target
        wanted, _, occurrence = name.partition("#")
        found = [call for call in self.targets if wanted in (call.path, call.name)]
        exact = [call for call in found if call.path == wanted]
        found = exact or found
        if occurrence.isdigit() and 0 < int(occurrence) <= len(found):
            return found[int(occurrence) - 1]
        if occurrence or not found:
            raise LayerError(self._unknown(name, wanted))
        if len({call.path for call in found}) > 1:
            paths = ", ".join(call.path for call in found)
            raise LayerError(f"layer {name!r} exists {len(found)} times: name one of {paths}")
        return found[-1]

    def _unknown(self, name: str, wanted: str) -> str:
        other = next((call for call in self.calls if wanted in (call.path, call.name)), None)
        if other is not None and "#" not in name:
            shape = ", ".join(str(size) for size in other.shape)
            return (
                f"layer {name!r} ({other.kind}) has output [{shape}], no grid [h, w, K] of more than one position; "
                f"the default is {self.default_target.path!r}"
            )
        known = {text: call.path for call in self.targets for text in (call.path, call.name)}
        near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
        hint = f"nearest: {', '.join(dict.fromkeys(known[text] for text in near))}; " if near else ""
        return f"layer {name!r} does not exist in this model; {hint}the default is {self.default_target.path!r}"

    @property
    def prepares_itself(self) -> bool:
        """Whether the model scales or normalises the photo itself before its first weighted layer."""
        reached = _outputs_of_first(self.calls)
        for call in self.calls:
            if not reached.intersection(call.inputs):
                continue
            if call.kind in PREPARING or (call.kind in ARITHMETIC and call.constant_operand):
                return True
            if call.kind in PASSING or call.kind.startswith("Random") or _is_container(call):
                reached.add(call.output)
        return False

    @property
    def own_input_size(self) -> tuple[int, int] | None:
        """The (H, W) that a Resizing layer at the start of the model turns every photo into, if there is one."""
        reached = _outputs_of_first(self.calls)
        for call in self.calls:
            if not reached.intersection(call.inputs):
                continue
            if call.kind == "Resizing" and None not in call.shape:
                return (int(call.shape[0] or 0), int(call.shape[1] or 0))
            if call.kind in PASSING | PREPARING | ARITHMETIC or call.kind.startswith("Random"):
                reached.add(call.output)
        return None


@dataclass
class Observer:
    """What a run of the model should hand out beside its output.

    capture: number of the call whose output is kept in `captured`.
    bare_head: number of the call whose softmax or sigmoid is left out.
    """

    capture: int = -1
    bare_head: int = -1
    captured: Any = None


_running = threading.RLock()


def look_at(model: Any, input_shape: Sequence[int]) -> Network:
    """Run the model once on a symbolic batch [None, H, W, c] and note every call.

    Args:
        model: a built Keras model with one input and one output.
        input_shape: (H, W, c) of the photo it is given.

    Raises:
        ModelError: the model does not run on that input or has more than one output.
    """
    keras, tf = start()
    calls: list[LayerCall] = []
    result: dict[str, Any] = {}
    keep: list[Any] = []  # tensors stay alive, so that no identity is used twice

    def run(batch: Any) -> Any:
        with _noting(_noter(calls, keep)):
            output = single_output(model(batch, training=False))
        result["id"], result["shape"] = id(output), tuple(output.shape)[1:]
        keep.append(output)
        return output

    del keras
    try:
        tf.function(run).get_concrete_function(tf.TensorSpec([None, *input_shape], tf.float32))
    except ModelError:
        raise
    except Exception as error:  # Keras and TensorFlow raise many types here, and the user's own layers any
        size = " x ".join(str(side) for side in input_shape)
        raise ModelError(f"the model does not run on an input of {size}: {_first_line(error)}") from error
    heads = [call for call in calls if call.output == result["id"]]
    if not heads:
        raise ModelError("the output of the model is not made by a Keras layer; its head cannot be told")
    return Network(tuple(calls), _targets(calls, heads[0]), result["id"], result["shape"])


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """While the model runs inside, keep the output of one call and leave out the activation of another."""
    counter = _Counter()

    def around(operation: Any, call: Callable[[], Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        del kwargs
        number = counter.next()
        output = _without_activation(operation, call, args) if number == observer.bare_head else call()
        if number == observer.capture:
            observer.captured = output
        return output

    with _noting(around):
        yield


def single_output(output: Any) -> Any:
    """The one tensor a classifier returns, out of a list or dict of one.

    Raises:
        ModelError: there are several.
    """
    import keras

    tensors = keras.tree.flatten(output)
    if len(tensors) != 1:
        raise ModelError(
            f"the model has {len(tensors)} outputs; scorecam explains classifiers with one output [batch, classes]: "
            "build keras.Model(inputs, the_class_output), save and use that"
        )
    return tensors[0]


class _Counter:
    def __init__(self) -> None:
        self.value = -1

    def next(self) -> int:
        self.value += 1
        return self.value


@contextmanager
def _noting(around: Callable[..., Any]) -> Iterator[None]:
    """Send every call of a Keras operation in this thread through `around(operation, call, args, kwargs)`."""
    keras, _ = start()
    thread = threading.get_ident()
    with _running:
        original = keras.Operation.__call__

        def noted(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != thread:
                return original(operation, *args, **kwargs)
            return around(operation, lambda: original(operation, *args, **kwargs), args, kwargs)

        keras.Operation.__call__ = noted
        try:
            yield
        finally:
            keras.Operation.__call__ = original


def _noter(calls: list[LayerCall], keep: list[Any]) -> Callable[..., Any]:
    import keras

    counter, stack = _Counter(), [""]

    def around(operation: Any, call: Callable[[], Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        number = counter.next()
        path = f"{stack[-1]}/{operation.name}" if stack[-1] else operation.name
        stack.append("" if number == 0 else path)  # the model itself is not part of the path
        try:
            output = call()
        finally:
            stack.pop()
        given = keras.tree.flatten((args, kwargs))
        tensors = [value for value in given if hasattr(value, "shape") and hasattr(value, "graph")]
        outputs = keras.tree.flatten(output)
        keep.extend((tensors, outputs))
        if len(outputs) == 1 and hasattr(outputs[0], "shape") and outputs[0].shape.rank is not None:
            calls.append(
                LayerCall(
                    number=number,
                    path=path,
                    kind=type(operation).__name__,
                    shape=tuple(outputs[0].shape)[1:],
                    inputs=tuple(id(value) for value in tensors),
                    output=id(outputs[0]),
                    operation=operation,
                    end=len(calls),
                    constant_operand=len(given) > len(tensors),
                )
            )
        return output

    return around


def _targets(calls: Sequence[LayerCall], head: LayerCall) -> tuple[LayerCall, ...]:
    """Spatial tensors made by seeing layers and needed by the head, each under the first layer that made it."""
    needed = _ancestors(calls, head)
    prepared = _outputs_of_first(calls)
    seen: dict[int, LayerCall] = {}
    for call in calls:
        if call.kind in PASSING | PREPARING | ARITHMETIC or call.kind.startswith("Random"):
            if call.inputs and prepared.issuperset(call.inputs):
                prepared.add(call.output)
        if call.spatial and call.output in needed and call.output not in prepared:
            seen.setdefault(call.output, call)
    return tuple(seen.values())


def _ancestors(calls: Sequence[LayerCall], head: LayerCall) -> set[int]:
    """Identities of all tensors that the head depends on, as far as Keras calls show it.

    Plain TensorFlow between two layers hides how they hang together; then every tensor made before the head counts.
    """
    needed = {head.output}
    for call in reversed(calls):
        if call.output in needed:
            needed.update(call.inputs)
    start_tensors = _outputs_of_first(calls)
    if needed & start_tensors:
        return needed
    return {call.output for call in calls[: head.end]}


def _outputs_of_first(calls: Sequence[LayerCall]) -> set[int]:
    """Identity of the photo tensor: what the outermost model was called with."""
    outermost = next((call for call in calls if call.number == 0), None)
    return set(outermost.inputs) if outermost else set()


def _is_container(call: LayerCall) -> bool:
    return bool(getattr(call.operation, "layers", None)) and all(
        layer.__class__.__name__ in PASSING or layer.__class__.__name__.startswith("Random")
        for layer in call.operation.layers
    )


def _without_activation(operation: Any, call: Callable[[], Any], args: tuple[Any, ...]) -> Any:
    """Run the head's last layer up to its softmax or sigmoid."""
    import keras

    if getattr(operation, "activation", None) is None:  # the layer or operation Softmax itself
        return args[0]
    saved = operation.activation
    operation.activation = keras.activations.linear
    try:
        return call()
    finally:
        operation.activation = saved


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
