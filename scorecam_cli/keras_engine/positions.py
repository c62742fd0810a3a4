"""Which tensors of a network are pictures of the photo: its rows and columns followed through TensorFlow's graph.

A shape alone does not tell: `[197, 3, 64]` inside an attention, windows of 7 x 7 or a grid that was turned look like
grids. So each operation says what becomes of the axes of what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scorecam_cli.keras_engine import axes as ax
from scorecam_cli.keras_engine.axes import Axes
from scorecam_cli.keras_engine.axis_rules import PRODUCTS, axes_of, come_to_light

# What depends on the shape of a tensor does not depend on its numbers.
SHAPES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})


@dataclass(frozen=True)
class Place:
    """What is known of a tensor that depends on the photo.

    axes: where along each axis the photo lies.
    relayed: its positions are those of a query alone: what stands there was gathered from everywhere.
    """

    axes: Axes
    relayed: bool = False


@dataclass
class Positions:
    """What is known of the tensors of one graph.

    places: by the name of the tensor, those that depend on the photo and whose shape is known.
    hidden: of a tensor whose shape only the run knows, as plain Python makes them: what the one before it was.
    products: numbers, in the order of the graph, of operations that multiply two such tensors as matrices.
    """

    places: dict[str, Place] = field(default_factory=dict)
    hidden: dict[str, Place] = field(default_factory=dict)
    products: list[int] = field(default_factory=list)


def follow(graph: Any) -> Positions:
    """Follow rows and columns from the photo, the graph's first input [B, H, W, c] with B known, to every tensor."""
    found = Positions()
    photo = graph.inputs[0]
    batch, height, width, colours = photo.shape.as_list()
    found.places[photo.name] = Place(
        (
            *(ax.whole(ax.BATCH, batch), ax.whole(ax.ROWS, height), ax.whole(ax.COLUMNS, width)),
            ax.features(colours),
        )
    )
    dependent = {photo.name}
    for number, operation in enumerate(graph.get_operations()):  # in the order in which they were made
        given = [tensor.name in dependent for tensor in operation.inputs]
        if not any(given) or operation.type in SHAPES:
            continue
        dependent.update(output.name for output in operation.outputs)
        if operation.type in PRODUCTS and sum(given) > 1:
            found.products.append(number)
        _note(operation, found)
    return found


def _note(operation: Any, found: Positions) -> None:
    """Write down what comes out of one operation."""
    known = [found.places.get(tensor.name) for tensor in operation.inputs]
    hidden = [found.hidden[tensor.name] for tensor in operation.inputs if tensor.name in found.hidden]
    telling = hidden or [place for place in known if place]
    if not telling:
        return
    given = [place.axes if place else None for place in known]
    for at, output in enumerate(operation.outputs):
        if not output.shape.is_fully_defined():
            found.hidden[output.name] = telling[0]
            continue
        shape = output.shape.as_list()
        axes = come_to_light(hidden[0].axes, shape) if hidden else axes_of(operation, given, shape, at)
        found.places[output.name] = Place(axes, _relayed(operation, telling))


def _relayed(operation: Any, known: Sequence[Place]) -> bool:
    """Whether a product has gathered it, and nothing has brought in what stood there before."""
    if operation.type in PRODUCTS and len(known) > 1:
        return True
    telling = [place for place in known if any(not ax.is_plain(axis) for axis in place.axes[1:])]
    return bool(telling) and all(place.relayed for place in telling)
