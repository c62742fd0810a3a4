"""Where to look in a network: the calls of one run, the target layer among them, what is done to the photo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
CONVOLVING = frozenset({"Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Conv"})


@dataclass(frozen=True)
class Folding:
    """Tokens as a grid: `prefix` of their own (class, distillation, registers), then h * w of the photo, row by row."""

    h: int
    w: int
    prefix: int = 0

    @property
    def tokens(self) -> int:
        """T."""
        return self.h * self.w + self.prefix


def folding_of(grid: tuple[int, int] | None, prefix: int) -> Folding | None:
    """What the user says of a layer, if anything: (h, w), and how many tokens come before."""
    return None if grid is None else Folding(*grid, prefix)


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer while the model ran.

    number: order in which the calls began; the same in every run of the same model.
    path: the layer's name, behind the names of the models it sits in: `backbone/conv5_block3_out`.
    kind: class name of the layer. shape: of its output without the batch axis: [h, w, K] or [T, K] for a target.
    inputs, output: identities of tensors, equal where it is the same tensor. end: order in which the calls ended.
    made_outside: the tensor is not the layer's output but its input, which plain TensorFlow made before it was called.
    grid_shape: [h, w, K], where the tensor is a picture of the photo. folding: where these are tokens, how they fold.
    attentions: how many layers before this one let positions look at each other.
    copies: how many such outputs one photo makes: of windows, which lie along the batch, as many as there are.
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
    grid_shape: tuple[int, int, int] | None = None
    folding: Folding | None = None
    attentions: int = 0
    copies: int = 1

    @property
    def numbers(self) -> int:
        """How many numbers the output has for each photo; an open side counts as one."""
        return self.copies * math.prod(side or 1 for side in self.shape)

    @property
    def name(self) -> str:
        """The layer's own name, without the models around it."""
        return self.path.rpartition("/")[2]

    @property
    def key(self) -> tuple[int, bool]:
        """What tells it from every other call of the same model, in every run."""
        return self.number, self.made_outside

    @property
    def tensor_name(self) -> str:
        """Of the output, within its graph."""
        return self.output.partition("/")[2]


@dataclass(frozen=True)
class Network:
    """All calls of one run, in the order in which they ended.

    calls: every call of a layer or operation. targets: those that can be a target layer, in order, each tensor once,
    named by the first layer that made it. output: identity of the output tensor.
    reaching: identities of the targets of which most positions reach the output; None: all, as far as is known.
    largest: numbers in the largest array that one photo becomes, those inside layers among them; 0 where not known.
    undivided: identities of the targets that all of the photo passes through.
    made_of: of each target the targets that it is computed from: bit n stands for number n of `targets`.
    """

    calls: tuple[LayerCall, ...]
    targets: tuple[LayerCall, ...]
    output: str
    output_shape: tuple[int | None, ...]
    reaching: frozenset[str] | None = None
    largest: int = 0
    undivided: frozenset[str] = frozenset()
    made_of: tuple[int, ...] = ()

    @property
    def default_target(self) -> LayerCall:
        """The last picture of the photo that reaches the head, after its activation.

        Where a local pooling made it, or a grid was folded into it, what that was given. Of a convolutional network
        with one attention in its head, the last grid before that; behind the last attention of a transformer with a
        class token, patches reach no head.

        Raises:
            ModelError: no layer makes a picture of the photo.

        Source: Wang et al. 2020, arXiv:1910.01279, section 4: the last convolution of VGG16, before its pooling.
        """
        reaching = [call for call in self.targets if self.reaching is None or call.output in self.reaching]
        if not reaching:
            raise ModelError(self._no_picture())
        made = {call.output: call for call in self.targets}
        last = self._last_convolved(reaching) or reaching[-1]
        while last.inputs and (before := made.get(last.inputs[0])) is not None:
            if last.kind not in SHRINKING | FRAMING and (last.kind != "Reshape" or before.folding is not None):
                break
            last = before
        return last

    def is_made_of(self, later: LayerCall, earlier: LayerCall) -> bool:
        """Whether a target is computed from another one."""
        return bool(self.made_of[self.targets.index(later)] >> self.targets.index(earlier) & 1)

    def _last_convolved(self, reaching: Sequence[LayerCall]) -> LayerCall | None:
        """The last grid of a convolutional network with a single attention behind it."""
        grids = [call for call in reaching if call.folding is None]
        convolutions = sum(call.kind in CONVOLVING for call in self.targets)
        if not grids or convolutions < 2:  # one convolution cuts the photo into patches
            return None
        behind = self.attentions - grids[-1].attentions
        return grids[-1] if behind == 1 else None

    @property
    def attentions(self) -> int:
        """How many layers let positions look at each other."""
        return max((call.attentions for call in self.calls), default=0)

    def _no_picture(self) -> str:
        tokens = [call for call in self.calls if len(call.shape) == 2 and None not in call.shape][-3:]
        shown = ", ".join(f"{call.path} [{call.shape[0]}, {call.shape[1]}]" for call in tokens)
        return (
            "this model has no layer with a spatial grid [h, w, K], or tokens [h * w + prefix, K], that can be "
            "followed to the photo and reaches its head; "
            + (f"if one is its picture, say -l NAME --grid HxW --prefix P: {shown}" if shown else "Score-CAM needs one")
        )

    def target(self, name: str | None, folding: Folding | None = None) -> LayerCall:
        """The call that `-l/--layer` names: by layer name, by path, or `name#2` for its second call; None: the default.

        Args:
            name: as above.
            folding: how its output is a picture of the photo, where the user says so; None: as it was found out.

        Raises:
            LayerError: no such layer, several of that name, one that makes no picture, or not one of `folding`.
        """
        if name is None:
            return self.default_target
        wanted, _, occurrence = name.partition("#")
        named = [call for call in self.calls if folding is not None and not call.made_outside]
        found = [call for call in named or self.targets if wanted in (call.path, call.name)]
        exact = [call for call in found if call.path == wanted]
        found = exact or found
        if occurrence.isdigit() and 0 < int(occurrence) <= len(found):
            return _folded(found[int(occurrence) - 1], folding)
        if occurrence or not found:
            raise LayerError(self._unknown(name, wanted))
        if len({call.path for call in found}) > 1:
            paths = ", ".join(call.path for call in found)
            raise LayerError(f"layer {name!r} exists {len(found)} times: name one of {paths}")
        return _folded(found[-1], folding)

    def _unknown(self, name: str, wanted: str) -> str:
        other = next((call for call in self.calls if wanted in (call.path, call.name)), None)
        if other is not None and "#" not in name:
            shape = ", ".join(str(size) for size in other.shape)
            return (
                f"layer {name!r} ({other.kind}) has output [{shape}], no grid [h, w, K] or tokens [h * w + prefix, K] "
                f"that can be followed to the photo; {self._default}"
            )
        known = {text: call.path for call in self.targets for text in (call.path, call.name)}
        near = dict.fromkeys(known[text] for text in nearest(wanted, known))
        hint = f"nearest: {', '.join(near)}; " if near else ""
        return f"layer {quoted(name)} does not exist in this model; {hint}{self._default}"

    @property
    def _default(self) -> str:
        try:
            return f"the default is {self.default_target.path!r}"
        except ModelError:
            return "say how it is a picture of the photo with --grid HxW --prefix P"

    @property
    def prepares_itself(self) -> bool:
        """Whether the model scales or normalises the photo itself before its first weighted layer."""
        return self.own_scaling is not None

    @property
    def own_scaling(self) -> LayerCall | None:
        """The first call that scales or normalises the photo, before the first weighted layer; None where none does."""
        reached = _photo_tensor(self.calls)
        for call in self.calls:
            if not reached.intersection(call.inputs):
                continue
            if call.kind in PREPARING or (call.kind in ARITHMETIC and call.constant_operand):
                return call
            if call.kind in PASSING or call.kind.startswith("Random") or _is_container(call):
                reached.add(call.output)
        return None

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


def _folded(call: LayerCall, folding: Folding | None) -> LayerCall:
    """The call, with its tokens folded as the user says.

    Raises:
        LayerError: its output has other sizes.
    """
    if folding is None:
        return call
    shape = ", ".join(str(side) for side in call.shape)
    sides = (folding.h, folding.w)
    if len(call.shape) == 3 and call.shape[:2] == sides and not folding.prefix and call.shape[2]:
        return replace(call, grid_shape=(*sides, call.shape[2]), folding=None)
    if len(call.shape) != 2 or call.shape[0] != folding.tokens or not call.shape[1]:
        raise LayerError(
            f"layer {call.path!r} has output [{shape}]; --grid {folding.h}x{folding.w} --prefix {folding.prefix} "
            f"needs tokens [{folding.tokens}, K]: {folding.h} * {folding.w} + {folding.prefix} = {folding.tokens}"
        )
    return replace(call, grid_shape=(*sides, call.shape[1]), folding=folding)


def spatial_targets(calls: Sequence[LayerCall], *, needed: set[str]) -> tuple[LayerCall, ...]:
    """Pictures of the photo made by seeing layers and needed by the head, each under the first layer that made it."""
    prepared = _photo_tensor(calls)
    seen: dict[str, LayerCall] = {}
    for call in calls:
        preparing = call.kind in PASSING | PREPARING | ARITHMETIC or call.kind.startswith("Random")
        if preparing and call.inputs and prepared.issuperset(call.inputs):
            prepared.add(call.output)
        if call.grid_shape is not None and call.output in needed and call.output not in prepared:
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
