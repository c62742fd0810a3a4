"""What each operation of TensorFlow does to the axes of what it is given.

One that nobody knows keeps them where the shape stays, and loses them where it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scorecam_cli.keras_engine import axes as ax
from scorecam_cli.keras_engine.axes import Axes
from scorecam_cli.keras_engine.start import tf

# Same shape, other order.
MIXING = frozenset({"Cumsum", "Cumprod", "TopKV2", "RandomShuffle", "ReverseSequence", "FFT", "FFT2D", "FFT3D", "IFFT"})
OPAQUE = frozenset({"PartitionedCall", "StatefulPartitionedCall"})  # a function of its own, not followed
PRODUCTS = frozenset({"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"})

Given = Sequence[Axes | None]
Rule = Callable[[Any, Given, list[int], int], Axes | None]


def axes_of(operation: Any, given: Given, shape: list[int], at: int) -> Axes:
    """Where the photo lies in one output of an operation.

    Args:
        operation: of a TensorFlow graph.
        given: what is known of each of its inputs, one of them at least.
        shape: of the output, all of it known. at: its number among the outputs.
    """
    try:
        made = _RULES.get(operation.type, _any_other)(operation, given, shape, at)
    except (ValueError, IndexError, TypeError):  # settings that only the run knows
        made = None
    return made or ax.lost(_first(given), shape)


def come_to_light(axes: Axes, shape: list[int]) -> Axes:
    """Where the photo lies behind what cannot be followed: a grid made of a grid counts as convolved."""
    if len(axes) != len(shape) or len(shape) != 4:
        return ax.lost(axes, shape)
    sides = [ax.resized(axis, size) for axis, size in zip(axes[:3], shape[:3], strict=True)]
    return (*sides, ax.features(shape[3]))


def _any_other(operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    """Arithmetic, number by number, and whatever leaves the shape as it is."""
    known = [axes for axes in given if axes is not None]
    if operation.type in MIXING:
        return None
    if operation.type in OPAQUE and len(shape) == len(known[0]) == 4:
        return come_to_light(known[0], shape)
    if any(len(axes) > len(shape) for axes in known):
        return None
    return ax.lined_up(known, shape)


def _first(given: Given) -> Axes:
    return next(axes for axes in given if axes is not None)


def _windowed(operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    """Convolutions, poolings, paddings and resizings: along the axes, and the channels become others."""
    axes = _first(given)
    channels = 1 if _attribute(operation, "data_format") == b"NCHW" else len(shape) - 1
    if operation.type in ("Pad", "PadV2", "MirrorPad"):
        channels = -1
    return tuple(
        ax.features(size) if at == channels else ax.resized(axis, size)
        for at, (axis, size) in enumerate(zip(axes, shape, strict=True))
    )


def _blocked(_operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    """What a dilated convolution is made of: every n-th position becomes a photo of its own, before the batch."""
    axes = _first(given)
    batch = axes[0][-1]
    blocks = shape[0] // batch.size
    if batch.kind != ax.BATCH:
        return None
    leading = (batch,) if blocks == 1 else (*ax.features(blocks), batch)
    return (leading, *(ax.resized(axis, size) for axis, size in zip(axes[1:], shape[1:], strict=True)))


def _back_convolved(operation: Any, given: Given, shape: list[int], at: int) -> Axes | None:
    return _windowed(operation, [given[2]], shape, at) if given[2] is not None else None


def _reshaped(_operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    return ax.reshaped(given[0], shape) if given[0] is not None else None


def _transposed(operation: Any, given: Given, _shape: list[int], _at: int) -> Axes | None:
    return tuple(_first(given)[axis] for axis in _constant(operation, 1))


def _concatenated(operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    axis = int(_constant(operation, len(given) - 1)) % len(shape)
    sizes = [tensor.shape.as_list() for tensor in operation.inputs[:-1]]
    parts = [axes or tuple(map(ax.features, size)) for axes, size in zip(given[:-1], sizes, strict=True)]
    beside = [tuple(ax.features(1) if at == axis else one for at, one in enumerate(axes)) for axes in parts]
    rest = ax.lined_up(beside, [1 if at == axis else size for at, size in enumerate(shape)])
    behind = ax.behind_each_other([axes[axis] for axes in parts])
    return (*rest[:axis], behind, *rest[axis + 1 :])


def _stacked(operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    axis = _attribute(operation, "axis") % len(shape)
    rest = ax.lined_up([axes for axes in given if axes is not None], [*shape[:axis], *shape[axis + 1 :]])
    return (*rest[:axis], ax.features(shape[axis]), *rest[axis:])


def _unstacked(operation: Any, given: Given, _shape: list[int], _at: int) -> Axes:
    axes = _first(given)
    axis = _attribute(operation, "axis") % len(axes)
    return (*axes[:axis], *axes[axis + 1 :])


def _split(operation: Any, given: Given, shape: list[int], at: int) -> Axes:
    equal = operation.type == "Split"  # axis, value; else value, sizes, axis
    axes = _first(given)
    axis = int(_constant(operation, 0 if equal else 2)) % len(axes)
    before = sum(output.shape.as_list()[axis] for output in operation.outputs[:at])
    return (*axes[:axis], ax.sliced(axes[axis], before, shape[axis], 1), *axes[axis + 1 :])


def _cut(operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    begins = _constant(operation, 1)
    return tuple(
        ax.sliced(axis, int(begin), size, 1) for axis, begin, size in zip(_first(given), begins, shape, strict=True)
    )


def _strided(operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    """`x[...]` in all its forms but an ellipsis in the middle, which is counted out."""
    axes, begins, steps = _first(given), _constant(operation, 1), _constant(operation, 3)
    masks = {name: _attribute(operation, f"{name}_mask") for name in ("begin", "ellipsis", "new_axis", "shrink_axis")}
    bits = [{name for name, mask in masks.items() if mask >> at & 1} for at in range(len(begins))]
    skipped = len(axes) - sum(not bit & {"ellipsis", "new_axis"} for bit in bits)
    left, made, sizes = [*axes], [], [*shape]
    for bit, begin, step in zip(bits, begins, steps, strict=True):
        if "new_axis" in bit:
            made.append(ax.features(sizes.pop(0)))
        elif "ellipsis" in bit:
            made += [left.pop(0) for _ in range(skipped)]
            del sizes[:skipped]
        elif "shrink_axis" in bit:
            left.pop(0)
        else:
            axis = left.pop(0)
            size = ax.length(axis)
            start = (0 if step > 0 else size - 1) if "begin" in bit else (begin + size if begin < 0 else begin)
            made.append(ax.sliced(axis, 0 if step == -1 else int(start), sizes.pop(0), int(step)))
    return (*made, *left)


def _reduced(operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    axes = _first(given)
    over = {int(axis) % len(axes) for axis in _constant(operation, 1).reshape(-1)}
    kept = [ax.features(1) if at in over else axis for at, axis in enumerate(axes)]
    return tuple(kept if len(shape) == len(axes) else [axis for at, axis in enumerate(axes) if at not in over])


def _gathered(operation: Any, given: Given, shape: list[int], _at: int) -> Axes | None:
    if given[0] is None:
        return None
    axis = int(_constant(operation, 2)) % len(given[0])
    behind = len(given[0]) - axis - 1
    chosen = shape[axis : len(shape) - behind]
    return (*given[0][:axis], *map(ax.features, chosen), *given[0][axis + 1 :])


def _turned(operation: Any, given: Given, _shape: list[int], _at: int) -> Axes:
    axes = _first(given)
    over = {int(axis) % len(axes) for axis in _constant(operation, 1).reshape(-1)}
    return tuple(ax.sliced(axis, 0, ax.length(axis), -1) if at in over else axis for at, axis in enumerate(axes))


def _rolled(operation: Any, given: Given, _shape: list[int], _at: int) -> Axes:
    made = [*_first(given)]
    for shift, axis in zip(_constant(operation, 1).reshape(-1), _constant(operation, 2).reshape(-1), strict=True):
        made[axis] = ax.rolled(made[axis], int(shift))
    return tuple(made)


def _repeated(_operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    """BroadcastTo and Tile: what keeps its length is what it was."""
    return ax.lined_up([_first(given)], shape)


def _multiplied(operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    """`a @ b`: rows of a, columns of b; what they share is summed up."""
    turned = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
    outer = ax.lined_up([axes[:-2] for axes in given if axes is not None], shape[:-2])
    sides = [
        axes[-1 if _attribute(operation, name) != bool(at) else -2] if axes is not None else ax.features(size)
        for at, (axes, name, size) in enumerate(zip(given, turned, shape[-2:], strict=True))
    ]
    return (*outer, *sides)


def _summed_by_letters(operation: Any, given: Given, shape: list[int], _at: int) -> Axes:
    """An Einstein sum: each letter is an axis."""
    into, _, out = _attribute(operation, "equation").decode().replace(" ", "").partition("->")
    ranks = [tensor.shape.rank for tensor in operation.inputs]
    letters = [_spelt_out(text, rank) for text, rank in zip(into.split(","), ranks, strict=True)]
    made = []
    for letter, size in zip(_spelt_out(out, len(shape)), shape, strict=True):
        there = [
            (axes[word.index(letter)],) for axes, word in zip(given, letters, strict=True) if axes and letter in word
        ]
        made.append(ax.lined_up(there, [size])[0])
    return tuple(made)


def _spelt_out(text: str, rank: int) -> str:
    """Axes under an ellipsis get digits for letters, counted from the right."""
    return text.replace("...", "".join(str(at) for at in range(rank - len(text.replace(".", "")))[::-1]))


def _attribute(operation: Any, name: str) -> Any:
    try:
        return operation.get_attr(name)
    except ValueError:
        return None


def _constant(operation: Any, number: int) -> Any:
    """An input whose value the graph knows, NumPy; else TypeError."""
    value = tf.get_static_value(operation.inputs[number])
    if value is None:
        raise TypeError("only the run knows")
    return value


_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            *("Conv2D", "Conv", "DepthwiseConv2dNative", "MaxPool", "MaxPoolV2", "AvgPool", "ExtractImagePatches"),
            *("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea", "ScaleAndTranslate"),
            *("Pad", "PadV2", "MirrorPad", "DepthToSpace", "SpaceToDepth"),
        ),
        _windowed,
    ),
    **dict.fromkeys(("SpaceToBatchND", "BatchToSpaceND"), _blocked),
    "Conv2DBackpropInput": _back_convolved,
    **dict.fromkeys(("Reshape", "ExpandDims", "Squeeze"), _reshaped),
    "Transpose": _transposed,
    "ConcatV2": _concatenated,
    "Pack": _stacked,
    "Unpack": _unstacked,
    **dict.fromkeys(("Split", "SplitV"), _split),
    "Slice": _cut,
    "StridedSlice": _strided,
    **dict.fromkeys(("Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin"), _reduced),
    **dict.fromkeys(("GatherV2", "ResourceGather"), _gathered),
    "ReverseV2": _turned,
    "Roll": _rolled,
    **dict.fromkeys(("BroadcastTo", "Tile"), _repeated),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _multiplied),
    "Einsum": _summed_by_letters,
}
