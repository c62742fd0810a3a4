"""Which calls of a network made a picture of the photo, as a grid or folded up as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from scorecam_cli.keras_engine import axes as ax
from scorecam_cli.keras_engine.layers import Folding, LayerCall
from scorecam_cli.keras_engine.positions import Place, Positions

STRETCH = (
    1.4  # of rows against columns: convolutions without padding take as much from both, which is more of the shorter
)
FEW = 2  # rows or columns of a grid for which rounding alone is allowed


class Span(NamedTuple):
    """What one call of an operation added to the graph: the operations numbered first .. last - 1.

    number: of the call. within: numbers of the calls around it, the outermost first.
    is_layer: it is a layer, neither a model nor a bare operation.
    """

    number: int
    within: tuple[int, ...]
    first: int
    last: int
    is_layer: bool


class NotedCall(NamedTuple):
    """A call, the calls around it, and how many operations the graph had when it ended."""

    call: LayerCall
    within: tuple[int, ...]
    operations: int


def with_pictures(
    noted: Sequence[NotedCall], spans: Sequence[Span], positions: Positions, *, size: tuple[int, int]
) -> tuple[LayerCall, ...]:
    """The calls, those that made a picture of the photo with its grid.

    What is inside an attention is no target, whatever its shape: a layer in whose own arithmetic two tensors of the
    photo are multiplied as matrices is an attention, and the calls that it makes are inside.

    Args:
        noted: in the order in which they ended. spans: of all calls.
        positions: of the graph that they made. size: (H, W) of the photo.
    """
    around = [_innermost(spans, product) for product in positions.products]
    attentions = {span.number for span in around if span is not None and span.is_layer}
    begun = _begun(positions.products, around)
    return tuple(
        _pictured(
            each.call,
            None if attentions.intersection(each.within) else positions.places.get(each.call.tensor_name),
            sum(first < each.operations for first in begun),
            size,
        )
        for each in noted
    )


def _innermost(spans: Sequence[Span], operation: int) -> Span | None:
    there = [span for span in spans if span.first <= operation < span.last]
    return min(there, key=lambda span: (span.last - span.first, -span.number), default=None)


def _begun(products: Sequence[int], around: Sequence[Span | None]) -> list[int]:
    """Where each attention begins in the graph: a layer with products is one, outside of layers two are."""
    layers: dict[int, int] = {}
    bare: list[int] = []
    for product, span in zip(products, around, strict=True):
        if span is not None and span.is_layer:
            layers.setdefault(span.number, product)
        else:
            bare.append(product)
    return [*layers.values(), *bare[::2]]


def _pictured(call: LayerCall, place: Place | None, attentions: int, size: tuple[int, int]) -> LayerCall:
    call = replace(call, attentions=attentions)
    if place is None or place.relayed or not ax.is_batch(place.axes[:1]) or not ax.is_channel(place.axes[-1]):
        return call
    if len(call.shape) == 3:
        h, w = (ax.picture_side(axis, kind) for axis, kind in zip(place.axes[1:3], (ax.ROWS, ax.COLUMNS), strict=True))
        folding = None
    elif len(call.shape) == 2:
        h, w, prefix = ax.folded_tokens(place.axes[1]) or (0, 0, 0)
        folding = Folding(h, w, prefix)
    else:
        return call
    if not is_like_photo(h, w, size):
        return call
    return replace(call, grid_shape=(h, w, int(call.shape[-1] or 0)), folding=folding)


def is_like_photo(h: int, w: int, size: tuple[int, int]) -> bool:
    """Whether a grid of more than one position has the sides of the photo, give or take rounding and bare edges.

    Args:
        h: rows. w: columns. size: (H, W) of the photo.
    """
    if h * w < 2:
        return False
    height, width = size
    rounded = (h - 1) * width < (w + 1) * height and (w - 1) * height < (h + 1) * width
    return rounded or (h * width <= w * height * STRETCH and w * height <= h * width * STRETCH)
