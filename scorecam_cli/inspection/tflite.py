"""A TensorFlow Lite file, looked into before its interpreter is: what it computes with, and how large its arrays are.

Source: tensorflow/lite/schema/schema.fbs; the numbers of fields and operators are those of that file.
"""

from __future__ import annotations

import math
from pathlib import Path

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.flatbuffers import Table, root
from scorecam_cli.inspection.limits import (
    DAMAGED,
    FROM_ITS_MAKER,
    OUTSIDE_NUMBERS,
    OUTSIDE_OPERATIONS,
    OUTSIDE_TENSORS,
    TEXT_LETTERS,
)
from scorecam_cli.inspection.places import OutsideError, Places

MARK = b"TFL3"  # at 4

_OPERATORS, _SUBGRAPHS, _BUFFERS = 1, 2, 4  # of a Model
_OLD_CODE, _CUSTOM_NAME, _CODE = 0, 1, 3  # of an OperatorCode
_TENSORS, _INPUTS, _OUTPUTS, _CALLS = 0, 1, 2, 3  # of a SubGraph
_SHAPE = 0  # of a Tensor
_DATA, _OFFSET, _SIZE = 0, 1, 2  # of a Buffer

_CUSTOM = 32
_LOOPS = {119: "WHILE"}  # runs as long as the file says
_SUBGRAPHS_MOST = 32
_MOST_AXES = 16


def look_into_tflite(places: Places, path: Path) -> int:
    """Refuse a file that calls more than TensorFlow Lite's own operators, loops, or declares arrays far too large.

    Args:
        places: its bytes. path: what the user calls it.

    Returns:
        How many bytes of numbers it stores.

    Raises:
        ModelError: as said, or it is damaged.
    """
    try:
        model = root(places)
        _check_operators(model, path)
        graphs = model.tables(_SUBGRAPHS, _SUBGRAPHS_MOST)
        if not graphs:
            raise ModelError(f"{path} holds a TensorFlow Lite model without a network; convert it again")
        for graph in graphs:
            _check_graph(graph, path)
        return sum(_stored(buffer) for buffer in model.tables(_BUFFERS, OUTSIDE_TENSORS))
    except OutsideError as error:
        raise ModelError(f"{path} holds a TensorFlow Lite model that {DAMAGED}") from error


def _check_operators(model: Table, path: Path) -> None:
    for operator in model.tables(_OPERATORS, OUTSIDE_OPERATIONS):
        code = max(operator.number(_OLD_CODE, "b"), operator.number(_CODE, "i"))
        if code == _CUSTOM:
            letters = operator.text(_CUSTOM_NAME, TEXT_LETTERS)
            name = "".join(letter for letter in letters if letter.isprintable())[:80] or "one without a name"
            whose = "one of TensorFlow itself" if name.startswith("Flex") else "code that is not in the file"
            raise ModelError(
                f"{path} calls the custom operator {name}, {whose}; "
                "convert the model with the operators of TensorFlow Lite alone"
            )
        if code in _LOOPS:
            raise ModelError(f"{path} has a loop ({_LOOPS[code]}), which no image classifier needs; {FROM_ITS_MAKER}")


def _check_graph(graph: Table, path: Path) -> None:
    if not graph.vector(_INPUTS, 4)[1] or not graph.vector(_OUTPUTS, 4)[1]:
        raise ModelError(f"{path} has a network without an input or an output; convert the model again")
    tensors = graph.tables(_TENSORS, OUTSIDE_TENSORS)
    graph.tables(_CALLS, OUTSIDE_OPERATIONS)
    for tensor in tensors:
        shape = tensor.numbers(_SHAPE, _MOST_AXES)
        if any(side < -1 for side in shape) or math.prod(max(side, 1) for side in shape) > OUTSIDE_NUMBERS:
            raise ModelError(f"{path} declares an array of {shape} numbers, above {OUTSIDE_NUMBERS}; {FROM_ITS_MAKER}")
    for place in (*graph.numbers(_INPUTS, OUTSIDE_TENSORS), *graph.numbers(_OUTPUTS, OUTSIDE_TENSORS)):
        if not 0 <= place < len(tensors):
            raise OutsideError


def _stored(buffer: Table) -> int:
    length = buffer.vector(_DATA, 1)[1]
    offset, size = buffer.number(_OFFSET, "Q"), buffer.number(_SIZE, "Q")
    if offset + size > buffer.places.size:
        raise OutsideError
    return length + size
