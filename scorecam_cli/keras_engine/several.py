"""Several target layers at once: those that are named, or those that a network offers, the finest grid first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from scorecam_cli.errors import LayerError
from scorecam_cli.keras_engine.layers import FRAMING, SHRINKING, Folding, LayerCall, Network
from scorecam_cli.relations import AUTO_LAYERS

MOST_CELLS = 400  # 20 x 20: masks of finer grids make a map less faithful; see docs/faithfulness.md
FINER = 1.5  # times as many rows and columns: convolutions without padding make many grids of nearly the same size
MOST_LAYERS = 3


def targets_of(network: Network, names: Sequence[str], folding: Folding | None = None) -> tuple[LayerCall, ...]:
    """The calls that `-l/--layer` names, the finest grid first, of equal grids the earlier layer.

    Args:
        network: all calls.
        names: each as in `Network.target`; `auto` alone: see `offered`; none: the default.
        folding: how the output of the only one is a picture of the photo, where the user says so.

    Raises:
        LayerError: no such layer, the same one twice, or two of which neither is made of the other.
    """
    if tuple(names) == (AUTO_LAYERS,):
        return offered(network)
    if len(names) <= 1:
        return (network.target(names[0] if names else None, folding),)
    found = [network.target(name) for name in names]
    _check_different(names, found)
    ordered = sorted(found, key=network.targets.index)
    for earlier, later in pairwise(ordered):
        if not network.is_made_of(later, earlier):
            raise LayerError(
                f"layers {earlier.path!r} and {later.path!r} lie beside each other: neither is made of the other; "
                "name layers of one path through the network"
            )
    return _finest_first(ordered)


def offered(network: Network) -> tuple[LayerCall, ...]:
    """The default target, and the last layers of up to two finer grids on the way to it, the finest grid first.

    A finer grid counts where it has at least 1.5 times the rows and columns and at most 400 cells. Its last layer is
    the last that is no pooling or padding, is made of the photo and reaches the head.

    Raises:
        ModelError: no layer makes a picture of the photo.
    """
    chosen = [network.default_target]
    for call in reversed(network.targets):
        if len(chosen) == MOST_LAYERS:
            break
        reaches = network.reaching is None or call.output in network.reaching
        usable = reaches and call.kind not in SHRINKING | FRAMING and _cells(call) <= MOST_CELLS
        if usable and _is_finer(call, chosen[-1]) and network.is_made_of(chosen[-1], call):
            chosen.append(call)
    return _finest_first(chosen[::-1])


def _check_different(names: Sequence[str], found: Sequence[LayerCall]) -> None:
    outputs = [call.output for call in found]
    for place, call in enumerate(found):
        first = outputs.index(call.output)
        if first < place:
            raise LayerError(f"layers {names[first]!r} and {names[place]!r} are the same, {call.path!r}; leave out one")


def _finest_first(calls: Sequence[LayerCall]) -> tuple[LayerCall, ...]:
    return tuple(sorted(calls, key=lambda call: -_cells(call)))


def _cells(call: LayerCall) -> int:
    h, w, _ = call.grid_shape or (0, 0, 0)
    return h * w


def _is_finer(call: LayerCall, other: LayerCall) -> bool:
    finer, coarser = call.grid_shape or (0, 0), other.grid_shape or (0, 0)
    return all(fine >= FINER * coarse for fine, coarse in zip(finer[:2], coarser[:2], strict=True))
