"""Run a model with every call of a Keras operation in sight: note it, keep what it made, or leave out its activation.

That sees Functional, Sequential, nested, shared and subclassed models alike, because it follows the tensors and not the
class of the model; no sub-model is built, so no graph can be disconnected.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scorecam_cli.errors import ModelError, ScorecamError
from scorecam_cli.keras_engine.calling import Called
from scorecam_cli.keras_engine.graph import ancestors, descendants, identity, made_of
from scorecam_cli.keras_engine.layers import LayerCall, Network, spatial_targets
from scorecam_cli.keras_engine.passing import undivided_tensors
from scorecam_cli.keras_engine.pictures import NotedCall, Span, with_pictures
from scorecam_cli.keras_engine.positions import follow
from scorecam_cli.keras_engine.reserving import calls_within, check_sizes
from scorecam_cli.keras_engine.start import keras, tf

BATCH = 7  # photos in the noted run: a length that hardly anything else has


@dataclass
class Observer:
    """What a run of the model should hand out beside its output, and what it should be given on the way.

    capture: number of the call whose output, or first input, is kept in `captured`.
    bare_head: number of the call whose softmax or sigmoid is left out.
    replacement: what every later call of a run on one photo is given instead of `captured`, a batch of any length;
        None: `captured` itself.
    watched: more calls, whose outputs are kept in `found` by their keys.
    """

    capture: int = -1
    capture_input: bool = False
    bare_head: int = -1
    replacement: Any = None
    watched: Sequence[LayerCall] = ()
    captured: Any = None
    found: dict[tuple[int, bool], Any] = field(default_factory=dict)

    def keep(self, tensor: Any) -> Any:
        """Capture a tensor; what is handed on in its place, in its number format."""
        self.captured = tensor
        return tensor if self.replacement is None else tf.cast(self.replacement, tensor.dtype)

    def given(self, arguments: Any) -> Any:
        """The arguments of a call, with the replacement wherever the captured tensor stands.

        What the one photo made before that goes around the replacement: it is repeated to as many.
        """
        if self.replacement is None or self.captured is None:
            return arguments
        other, count = tf.cast(self.replacement, self.captured.dtype), tf.shape(self.replacement)[0]

        def fitting(value: Any) -> Any:
            if value is self.captured:
                return other
            single = _is_symbolic(value) and len(value.shape) > 1 and value.shape[0] == 1 and value.dtype.is_floating
            return tf.repeat(value, count, axis=0) if single else value

        return keras.tree.map_structure(fitting, arguments)


@dataclass
class _Notes:
    """What a noted run leaves: calls in the order in which they ended, and what each call of any kind added."""

    calls: list[NotedCall] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


_running = threading.RLock()


def look_at(model: Any, input_shape: Sequence[int]) -> Network:
    """Run the model once on a symbolic batch [B, H, W, c] and note every call.

    Args:
        model: a built Keras model with one input and one output, or any as a function of photos.
        input_shape: (H, W, c) of the photo it is given.

    Raises:
        ModelError: the model does not run on that input, has outputs and none is named, or makes far larger arrays of
            it. UsageError: no such output.
    """
    called = model if isinstance(model, Called) else Called(model)
    notes = _Notes()
    outputs: list[Any] = []

    def run(batch: Any) -> Any:
        with _noting(_noter(notes, called, identity(batch))):
            outputs.append(called(batch))
        return outputs[-1]

    try:
        with calls_within("the model"):
            spec = tf.TensorSpec([BATCH, *input_shape], tf.float32)
            traced = tf.function(run, autograph=False).get_concrete_function(spec)
        largest = check_sizes(traced.graph, photo=math.prod(input_shape))
    except ScorecamError:
        raise
    except Exception as error:  # Keras and TensorFlow raise many types here, and the user's own layers any
        size = " x ".join(str(side) for side in input_shape)
        raise ModelError(f"the model does not run on an input of {size}: {first_line(error)}") from error
    calls = with_pictures(notes.calls, notes.spans, follow(traced.graph), size=(input_shape[0], input_shape[1]))
    output = identity(outputs[-1])
    if not any(call.output == output for call in calls):
        raise ModelError("the output of the model is not made by a Keras layer; its head cannot be told")
    seen = descendants(traced.graph) if called.constants else None
    targets = spatial_targets(calls, needed=ancestors(outputs[-1], among=seen))
    whole = undivided_tensors(traced.graph, outputs[-1]) if any(call.attentions for call in calls) else set()
    passed = frozenset(call.output for call in targets if call.tensor_name in whole)
    sources = made_of(traced.graph, [call.output for call in targets])
    shape = tuple(outputs[-1].shape)[1:]
    return Network(calls, targets, output, shape, largest=largest, undivided=passed, made_of=sources)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """While the model runs inside, keep or replace what calls make and leave out the activation of another."""
    counter = _Counter()
    wanted = {call.key for call in observer.watched}

    def around(operation: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        number = counter.next()
        if (number, True) in wanted:
            observer.found[number, True] = args[0]
        if number == observer.capture and observer.capture_input:
            observer.keep(args[0])
        args, kwargs = observer.given((args, kwargs))
        bare = number == observer.bare_head
        output = _without_activation(operation, call, args, kwargs) if bare else call(*args, **kwargs)
        if (number, False) in wanted:
            (observer.found[number, False],) = keras.tree.flatten(output)
        return observer.keep(output) if number == observer.capture and not observer.capture_input else output

    with _noting(around):
        yield


def as_grid(tensor: Any, call: LayerCall) -> Any:
    """What a target layer made, [B, h, w, K] or tokens [B, T, K], as a grid [B, h, w, K]."""
    if call.folding is None:
        return tensor
    h, w = call.folding.h, call.folding.w
    return tf.reshape(tensor[:, call.folding.prefix :], [-1, h, w, tensor.shape[-1]])  # [B, h, w, K]


def first_line(error: BaseException) -> str:
    """The first line of its message that says anything, else its type."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


class _Counter:
    def __init__(self) -> None:
        self.value = -1

    def next(self) -> int:
        self.value += 1
        return self.value


@contextmanager
def _noting(around: Callable[..., Any]) -> Iterator[None]:
    """Send every call of a Keras operation in this thread through `around(operation, call, args, kwargs)`."""
    thread = threading.get_ident()
    with _running:
        original = keras.Operation.__call__

        def noted(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != thread:
                return original(operation, *args, **kwargs)
            return around(operation, partial(original, operation), args, kwargs)

        keras.Operation.__call__ = noted
        try:
            yield
        finally:
            keras.Operation.__call__ = original


def _noter(notes: _Notes, model: Called, photo: str) -> Callable[..., Any]:
    """What notes every call; the outermost one as if it took the photo alone and returned one tensor."""
    counter = _Counter()
    stack: list[tuple[str, Any, int]] = [("", None, -1)]
    known: set[str] = set()  # tensors that a noted call has made, or that the model was given

    def note(operation: Any, number: int, path: str, inputs: Sequence[Any], output: Any, **marks: bool) -> None:
        call = _noted(operation, number, path, inputs, output, len(notes.calls), **marks)
        notes.calls.append(NotedCall(call, tuple(each[2] for each in stack[1:]), _operations()))

    def around(operation: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        number = counter.next()
        outer, caller, _ = stack[-1]
        path = f"{outer}/{operation.name}" if outer else operation.name
        inside_layer = not isinstance(operation, keras.Layer) and not isinstance(caller, keras.Model)
        given = keras.tree.flatten((args, kwargs))
        tensors = [value for value in given if _is_symbolic(value)]
        first = tensors[0] if args and tensors and tensors[0] is args[0] else None
        if number and not inside_layer and first is not None and identity(first) not in known:
            note(operation, number, f"{path}:input", tensors, first, made_outside=True)
            known.add(identity(first))
        if number == 0:
            known.update(identity(tensor) for tensor in tensors)
            tensors = [tensor for tensor in tensors if identity(tensor) == photo]
        begun = _operations()
        stack.append(("" if number == 0 else path, operation, number))  # the model itself is not part of the path
        try:
            output = call(*args, **kwargs)
        finally:
            *within, _ = (each[2] for each in stack[1:])
            stack.pop()
            is_layer = isinstance(operation, keras.Layer) and not isinstance(operation, keras.Model)
            notes.spans.append(Span(number, tuple(within), begun, _operations(), is_layer))
        made = output if number else model.chosen(output)
        outputs = [value for value in keras.tree.flatten(made) if _is_symbolic(value)]
        known.update(identity(value) for value in outputs)
        if len(outputs) == 1 and not inside_layer:  # an operation inside a layer is part of that layer's arithmetic
            note(operation, number, path, tensors, outputs[0], constant_operand=len(given) > len(tensors))
        return output

    return around


def _operations() -> int:
    """How many the graph has that is being traced."""
    return int(tf.compat.v1.get_default_graph().num_operations())


def _noted(
    operation: Any, number: int, path: str, inputs: Sequence[Any], output: Any, end: int, **marks: Any
) -> LayerCall:
    return LayerCall(
        number=number,
        path=path,
        kind=type(operation).__name__,
        shape=tuple(output.shape)[1:] if output.shape.rank is not None else (),
        inputs=tuple(identity(value) for value in inputs),
        output=identity(output),
        operation=operation,
        end=end,
        copies=max(1, (output.shape[0] or 0) // BATCH) if output.shape.rank else 1,
        **marks,
    )


def _is_symbolic(value: Any) -> bool:
    return bool(tf.is_symbolic_tensor(value))


def _without_activation(operation: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run the head's last layer up to its softmax or sigmoid."""
    if getattr(operation, "activation", None) is None:  # the layer or operation Softmax itself
        return args[0]
    saved = operation.activation
    operation.activation = keras.activations.linear
    try:
        return call(*args, **kwargs)
    finally:
        operation.activation = saved
