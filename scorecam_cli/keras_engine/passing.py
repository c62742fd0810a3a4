"""Earlier layers for methods that look behind the target layer: before attention, and with nothing around them."""

from __future__ import annotations

from typing import Any

from scorecam_cli.keras_engine.layers import LayerCall, Network
from scorecam_cli.keras_engine.positions import SHAPES

MOVING = frozenset({"Reshape", "Roll"})  # of a grid or of tokens: nothing new is made


def unmixed(network: Network, target: LayerCall, *, undivided: bool) -> LayerCall:
    """The last picture of the target's grid that no attention over that grid has mixed; mostly the target itself.

    Behind an attention a position holds what it has gathered from all others, and a class token may hold the whole
    answer. So a method that takes a position away behind it, or asks for its gradient, learns little of that place.

    Args:
        network: with its targets. target: one of them.
        undivided: only what all of the photo passes through, where there is such; for gradients, which know nothing of
            what goes around.
    """
    assert target.grid_shape is not None
    before = network.targets[: network.targets.index(target) + 1]
    alike = [call for call in before if call.grid_shape and call.grid_shape[:2] == target.grid_shape[:2]]
    least = min(call.attentions for call in alike)
    if target.attentions == least:
        return target
    first = {call.output: call for call in alike if call.attentions == least}
    whole = [call for call in first.values() if call.output in network.undivided]
    last = (whole if undivided and whole else list(first.values()))[-1]
    while last.kind in MOVING and last.inputs and last.inputs[0] in first:
        last = first[last.inputs[0]]
    return last


def undivided_tensors(graph: Any, output: Any) -> set[str]:
    """Names of the tensors of a graph without which the output would know nothing of the photo.

    In the order in which operations are made, no edge leads from before such a tensor to behind it.

    Args:
        graph: of one traced run; its first input is the photo. output: a tensor of it.
    """
    needed, waiting = {output.op.name}, [output.op]
    while waiting:
        for given in waiting.pop().inputs:
            if given.op.name not in needed and given.op.type not in SHAPES:
                needed.add(given.op.name)
                waiting.append(given.op)
    photo, last = graph.inputs[0].op, dict[str, int]()  # of each operation that sees the photo, who takes it last
    seeing = [photo]
    for number, operation in enumerate(graph.get_operations()):
        taken = {given.op.name for given in operation.inputs} & last.keys() if operation.type not in SHAPES else set()
        if operation is not photo and (not taken or operation.name not in needed):
            continue
        last.update(dict.fromkeys(taken, number))
        last[operation.name] = number
        seeing += [operation] if operation is not photo else []
    found, farthest, numbers = set[str](), 0, {each.name: at for at, each in enumerate(graph.get_operations())}
    for operation in seeing:
        if farthest <= numbers[operation.name] and len(operation.outputs) == 1:
            found.add(operation.outputs[0].name)
        farthest = max(farthest, last[operation.name])
    return found
