"""Where along an axis of a tensor the photo lies: rows, columns, tokens, or nothing of it.

An axis is a run of parts, the outermost first; the product of their sizes is its length. Reshaping a tensor cuts parts
and joins them again, transposing moves them, so that a grid that was folded up, cut into windows or turned is known for
what it is, whatever the numbers are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

BATCH, ROWS, COLUMNS, TOKENS, FEATURES = "batch", "rows", "columns", "tokens", "features"
MOST_PREFIX = 16  # class, distillation and register tokens
EDGE = 8  # a picture may lose a row, or one in so many, at each side and is still a picture of the whole photo


class Part(NamedTuple):
    """One factor of an axis. Index i along it says `position // stride % size` of the `total` positions of its kind.

    kind: BATCH, ROWS, COLUMNS, FEATURES, or TOKENS behind a prefix, whose `folds` are h, w and prefix.
    moved: by how many positions it was rolled; flipped: it runs from the end.
    """

    kind: str
    size: int
    stride: int = 1
    total: int = 0
    moved: int = 0
    flipped: bool = False
    folds: tuple[int, int, int] = (0, 0, 0)


Axis = tuple[Part, ...]
Axes = tuple[Axis, ...]


def features(size: int) -> Axis:
    """An axis that says nothing of where."""
    return (Part(FEATURES, size),)


def whole(kind: str, size: int) -> Axis:
    """All rows or all columns of a picture, or the batch."""
    return (Part(kind, size, 1, size),)


def behind_prefix(h: int, w: int, prefix: int) -> Axis:
    """Tokens [prefix + h * w], row by row."""
    if not prefix:
        return (*whole(ROWS, h), *whole(COLUMNS, w))
    return (Part(TOKENS, prefix + h * w, folds=(h, w, prefix)),)


def is_plain(axis: Axis) -> bool:
    """Whether it says nothing of where."""
    return all(part.kind == FEATURES for part in axis)


def is_batch(axes: Axes) -> bool:
    """Whether this one axis is the batch: one photo after the other and nothing between them."""
    return [part.kind for axis in axes for part in axis] == [BATCH]


def is_channel(axis: Axis) -> bool:
    """Whether it holds numbers of one place: features, or the fine positions within a coarse one."""
    return all(part.kind in (FEATURES, ROWS, COLUMNS) and part.stride * part.size != part.total for part in axis)


def picture_side(axis: Axis, kind: str) -> int:
    """How many rows (or columns) of a picture an axis runs through, from the first to the last; 0: it does not.

    The coarse part of a cut axis is a picture of lower resolution; features behind it repeat each position.
    """
    first, rest = axis[:1], axis[1:]
    if not first or not is_plain(rest):
        return 0
    part = first[0]
    upright = part.kind == kind and not part.flipped and not part.moved and part.stride * part.size == part.total
    return length(axis) if upright else 0


def folded_tokens(axis: Axis) -> tuple[int, int, int] | None:
    """h, w and prefix of an axis that runs through a picture row by row; None where it does not."""
    if len(axis) == 1 and axis[0].kind == TOKENS:
        return axis[0].folds
    for cut in range(1, len(axis)):
        h, w = picture_side(axis[:cut], ROWS), picture_side(axis[cut:], COLUMNS)
        if h and w:
            return h, w, 0
    return None


def length(axis: Axis) -> int:
    """How many numbers long it is."""
    return math.prod(part.size for part in axis)


def reshaped(axes: Axes, shape: Sequence[int]) -> Axes:
    """The axes of the same numbers in another shape."""
    left = [*joined([part for axis in axes for part in axis if part.size > 1])][::-1]  # the next one last
    found: list[Axis] = []
    for size in shape:
        axis: list[Part] = []
        missing = size
        while missing > 1:
            part = left.pop()
            if missing % part.size:
                outer = math.gcd(missing, part.size)
                if outer != missing or part.kind == TOKENS:
                    return lost(axes, shape)
                left.append(part._replace(size=part.size // outer))
                part = part._replace(size=outer, stride=part.stride * (part.size // outer))
            axis.append(part)
            missing //= part.size
        found.append(joined(axis))
    return tuple(found)


def lost(axes: Axes, shape: Sequence[int]) -> Axes:
    """Nothing is known of where, but for a batch that still leads."""
    kept = bool(shape) and bool(axes) and len(axes[0]) == 1 and axes[0][0].kind == BATCH and length(axes[0]) == shape[0]
    return tuple(axes[0] if kept and not at else features(size) for at, size in enumerate(shape))


def joined(parts: Sequence[Part]) -> Axis:
    """Neighbours that belong together as one part."""
    done: list[Part] = []
    for part in parts:
        before = done[-1] if done else None
        if before and before.kind == part.kind == FEATURES:
            done[-1] = Part(FEATURES, before.size * part.size)
        elif (
            before
            and before._replace(size=0, stride=0) == part._replace(size=0, stride=0)
            and (before.stride == part.stride * part.size)
        ):
            done[-1] = part._replace(size=before.size * part.size)
        else:
            done.append(part)
    return tuple(done)


def resized(axis: Axis, size: int) -> Axis:
    """After a convolution, a pooling or a resizing along it: neighbours are mixed, and it may be shorter or longer."""
    if length(axis) == size:
        return axis
    part = axis[0] if axis else Part(FEATURES, 1)
    at_edges = part.stride * part.size == part.total and is_plain(axis[1:]) and not part.moved
    return (Part(part.kind, size, 1, size, flipped=part.flipped),) if at_edges and _is_side(part) else features(size)


def sliced(axis: Axis, begin: int, count: int, step: int) -> Axis:
    """`axis[begin : begin + count * step : step]`, of `count` positions; a step of -1 turns it."""
    size, part = length(axis), axis[0] if axis else Part(FEATURES, 1)
    if (begin, count, step) == (0, size, 1):
        return axis
    if step == -1 and count == size and len(axis) == 1 and _is_side(part) and not part.moved:
        return (part._replace(flipped=not part.flipped),)
    if step == 1 and part.kind == TOKENS and begin + count == size and begin <= part.folds[2]:
        return behind_prefix(part.folds[0], part.folds[1], part.folds[2] - begin)
    if len(axis) != 1 or not _is_side(part) or part.stride * part.size != part.total or part.moved:
        return features(count)
    at_start, at_end = begin - (step - 1), size - 1 - (begin + (count - 1) * step) - (step - 1)
    if step > 0 and count > 1 and max(at_start, at_end) <= max(1, size // EDGE):
        return (Part(part.kind, count, 1, count, flipped=part.flipped),)
    return features(count)


def rolled(axis: Axis, shift: int) -> Axis:
    """Each position moved on by so many, the last ones to the start."""
    if is_plain(axis):
        return axis
    if len(axis) == 1 and _is_side(axis[0]) and axis[0].size == axis[0].total:
        return (axis[0]._replace(moved=(axis[0].moved + shift) % axis[0].size),)
    return features(length(axis))


def lined_up(axes: Sequence[Axes], shape: Sequence[int]) -> Axes:
    """What meets in arithmetic, the last axes of all together; where two say otherwise, nothing is known any more."""
    found: list[Axis] = []
    for at, size in enumerate(shape, start=-len(shape)):
        there = [each[at] for each in axes if len(each) >= -at and length(each[at]) == size]
        telling = {axis for axis in there if not is_plain(axis)}
        found.append(telling.pop() if len(telling) == 1 else features(size))
    return tuple(found)


def behind_each_other(axes: Sequence[Axis]) -> Axis:
    """One axis behind the other: tokens behind others that are no part of the photo become their prefix."""
    size = sum(length(axis) for axis in axes)
    prefix = sum(length(axis) for axis in axes[:-1])
    tokens = folded_tokens(axes[-1]) if all(is_plain(axis) for axis in axes[:-1]) else None
    if tokens is None or prefix + tokens[2] > MOST_PREFIX:
        return features(size)
    return behind_prefix(tokens[0], tokens[1], tokens[2] + prefix)


def _is_side(part: Part) -> bool:
    return part.kind in (ROWS, COLUMNS)
