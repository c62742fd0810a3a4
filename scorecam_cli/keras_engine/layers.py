"""Where to look in a network: the calls of one run, the target layer among them, what is done to the photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scorecam_cli.errors import LayerError, ModelError
from scorecam_cli.words import nearest, quoted

# Layers that change the photo, not what is seen in it; matched by class name, so that no Keras is needed to read this.
PREPARING = frozenset({"Rescaling", "Normalization"})
ARITHMETIC = frozenset({"Multiply", "Divide", "TrueDivide", "Subtract", "Add"})
PASSING = frozenset({"InputLayer", "Resizing", "CenterCrop", "GetItem", "Flip", "Stack", "Cast", "Identity"})
# Layers that only shrink or frame a grid: the target layer is what they were given.
SHRINKING = frozenset({"MaxPooling2D", "AveragePooling2D", "MaxPool", "AveragePool"})
FRAMING = frozenset({"ZeroPadding2D", "Cropping2D", "Pad"})


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer while the model ran.

    number: order in which the calls began; the same in every run of the same model.
    path: the layer's name, behind the names of the models it sits in: `backbone/conv5_block3_out`.
    kind: class name of the layer. shape: of its output without the batch axis, [h, w, K] for a target.
    inputs, output: identities of tensors, equal where it is the same tensor. end: order in which the calls ended.
    made_outside: the tensor is not the layer's output but its input, which plain TensorFlow made before it was called.
    """

    number: int
    path: str
    kind: str
    shape: tuple[int | None, ...]
    inputs: tuple[str, ...]
    output: str
    operation: Any
    end: int
    constant_operand: bool = False
    made_outside: bool = False

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
    output: str
    output_shape: tuple[int | None, ...]

    @property
    def default_target(self) -> LayerCall:
        """The last spatial tensor before the head, after its activation; where a local pooling made it, its input.

        Raises:
            ModelError: no layer has a spatial grid.

        Source: Wang et al. 2020, arXiv:1910.01279, section 4: the last convolution of VGG16, before its pooling.
        """
        if not self.targets:
            raise ModelError(
                "this model has no layer with a spatial grid [h, w, K] before its head; "
                "Score-CAM needs a convolutional network"
            )
        made = {call.output: call for call in self.targets}
        last = self.targets[-1]
        while last.kind in SHRINKING | FRAMING and last.inputs and last.inputs[0] in made:
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
        near = dict.fromkeys(known[text] for text in nearest(wanted, known))
        hint = f"nearest: {', '.join(near)}; " if near else ""
        return f"layer {quoted(name)} does not exist in this model; {hint}the default is {self.default_target.path!r}"

    @property
    def prepares_itself(self) -> bool:
        """Whether the model scales or normalises the photo itself before its first weighted layer."""
        reached = _photo_tensor(self.calls)
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
        reached = _photo_tensor(self.calls)
        for call in self.calls:
            if not reached.intersection(call.inputs):
                continue
            if call.kind == "Resizing" and None not in call.shape:
                return (int(call.shape[0] or 0), int(call.shape[1] or 0))
            if call.kind in PASSING | PREPARING | ARITHMETIC or call.kind.startswith("Random"):
                reached.add(call.output)
        return None


def spatial_targets(calls: Sequence[LayerCall], *, needed: set[str]) -> tuple[LayerCall, ...]:
    """Spatial tensors made by seeing layers and needed by the head, each under the first layer that made it."""
    prepared = _photo_tensor(calls)
    seen: dict[str, LayerCall] = {}
    for call in calls:
        preparing = call.kind in PASSING | PREPARING | ARITHMETIC or call.kind.startswith("Random")
        if preparing and call.inputs and prepared.issuperset(call.inputs):
            prepared.add(call.output)
        if call.spatial and call.output in needed and call.output not in prepared:
            seen.setdefault(call.output, call)
    return tuple(seen.values())


def _photo_tensor(calls: Sequence[LayerCall]) -> set[str]:
    """Identity of the photo tensor: what the outermost model was called with."""
    outermost = next((call for call in calls if call.number == 0), None)
    return set(outermost.inputs) if outermost else set()


def _is_container(call: LayerCall) -> bool:
    return bool(getattr(call.operation, "layers", None)) and all(
        layer.__class__.__name__ in PASSING or layer.__class__.__name__.startswith("Random")
        for layer in call.operation.layers
    )
