"""Tensors of TensorFlow's graph: which is which, and which is computed from which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def identity(tensor: Any) -> str:
    """The same text for the same tensor in one graph, whatever type it was cast to."""
    while tensor.op.type in ("Cast", "Identity") and tensor.op.inputs:
        tensor = tensor.op.inputs[0]
    return f"{id(tensor.graph)}/{tensor.name}"


def ancestors(output: Any, *, among: set[str] | None) -> set[str]:
    """Identities of all tensors that the output is computed from, and its own, by TensorFlow's graph itself.

    among: only these, if given.
    """
    found, waiting = {identity(output)}, [output]
    visited = {output.op.name}
    while waiting:
        for tensor in waiting.pop().op.inputs:
            found.add(identity(tensor))
            if tensor.op.name not in visited:
                visited.add(tensor.op.name)
                waiting.append(tensor)
    return found if among is None else found & among


def descendants(graph: Any) -> set[str]:
    """Identities of all tensors that depend on what the photo shows, not on its shape alone."""
    shown = {graph.inputs[0].name}
    found = {identity(graph.inputs[0])}
    for operation in graph.get_operations():  # in the order in which they were made
        if operation.type != "Shape" and not shown.isdisjoint(tensor.name for tensor in operation.inputs):
            shown.update(tensor.name for tensor in operation.outputs)
            found.update(identity(tensor) for tensor in operation.outputs)
    return found


def made_of(graph: Any, identities: Sequence[str]) -> tuple[int, ...]:
    """Of each of some tensors the others among them that it is computed from: bit n stands for number n."""
    bits = {each: 1 << number for number, each in enumerate(identities)}
    before: dict[str, int] = {}  # of each operation
    found: dict[str, int] = {}
    for operation in graph.get_operations():  # in the order in which they were made
        before[operation.name] = 0
        for tensor in operation.inputs:
            before[operation.name] |= before.get(tensor.op.name, 0) | bits.get(identity(tensor), 0)
        for tensor in operation.outputs:
            own = identity(tensor)
            found.setdefault(own, before[operation.name] & ~bits.get(own, 0))
    return tuple(found.get(each, 0) for each in identities)
