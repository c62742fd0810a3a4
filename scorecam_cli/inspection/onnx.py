"""An ONNX file, looked into before a runtime is: the operators it calls, and whether all its arrays lie inside it.

Source: onnx/onnx.proto; the numbers of fields are those of that file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.allowed import names
from scorecam_cli.inspection.limits import (
    DAMAGED,
    FROM_ITS_MAKER,
    OUTSIDE_NUMBERS,
    OUTSIDE_OPERATIONS,
    OUTSIDE_TENSORS,
    TEXT_LETTERS,
)
from scorecam_cli.inspection.places import OutsideError, Places
from scorecam_cli.inspection.protobuf import Field, fields_of, text, whole_numbers

_GRAPH, _TRAINING, _FUNCTIONS = 7, 20, 25  # of a ModelProto
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15  # of a GraphProto
_OPERATOR, _ATTRIBUTE, _DOMAIN = 4, 5, 7  # of a NodeProto
_FUNCTION_NODE, _FUNCTION_DOMAIN = 7, 10  # of a FunctionProto
_TENSOR, _INNER_GRAPH, _TENSORS, _GRAPHS, _SPARSE_TENSOR, _SPARSE_TENSORS = 5, 6, 10, 11, 22, 23  # of an attribute
_DIMS, _TYPE, _RAW, _EXTERNAL, _LOCATION = 1, 2, 9, 13, 14  # of a TensorProto
_VALUES, _INDICES = 1, 2  # of a SparseTensorProto

_ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
_OWN = ("", "ai.onnx", "ai.onnx.ml")
_OF_RUNTIME = "com.microsoft"  # of which those that only compute; EPContext names a file, others call Python
_COMPUTING = names("""
    Attention BiasGelu BiasSplitGelu DequantizeLinear DynamicQuantizeMatMul FastGelu FusedConv FusedGemm FusedMatMul
    Gelu GroupNorm LayerNormalization MatMulIntegerToFloat MatMulNBits MultiHeadAttention NhwcMaxPool QAttention
    QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul
    QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear QuickGelu SimplifiedLayerNormalization
    SkipLayerNormalization
    """)
_LOOPS = frozenset({"Loop", "Scan", "SequenceMap"})
_DEPTH = 8  # graphs inside graphs
_MOST_AXES = 16


def looks_like(head: bytes) -> bool:
    """Whether a file may begin so: `ir_version`, then one of the texts of a ModelProto or its graph."""
    head = head.ljust(3, b"\0")
    return head[0] == 0x08 and 3 <= head[1] <= 20 and head[2:3] in (b"\x12", b"\x1a", b"\x22", b"\x3a", b"\x42")


def look_into_onnx(places: Places, path: Path) -> int:
    """Refuse a file that names another file, calls operators that are not ONNX's own, loops, or is damaged.

    Args:
        places: its bytes. path: what the user calls it.

    Returns:
        How many bytes of numbers it stores.

    Raises:
        ModelError: as said.
    """
    look = _Look(places, path)
    try:
        fields = list(fields_of(places, 0, places.size))
        graphs = [field for field in fields if field.number == _GRAPH]
        functions = [field for field in fields if field.number == _FUNCTIONS]
        if len(graphs) != 1:
            raise OutsideError
        look.domains = {*_OWN, _OF_RUNTIME, *(look.domain_of(each) for each in functions)}
        if any(field.number == _TRAINING for field in fields):
            raise ModelError(f"{path} holds how it was trained beside the model; export it for inference")
        look.graph(graphs[0], 0)
        for each in functions:
            for field in fields_of(places, each.first, each.last):
                if field.number == _FUNCTION_NODE:
                    look.node(field, 0)
    except OutsideError as error:
        raise ModelError(f"{path} holds an ONNX model that {DAMAGED}") from error
    return look.stored


@dataclass
class _Look:
    """The walk through one file. stored: bytes of numbers seen; operations, tensors: how many."""

    places: Places
    path: Path
    domains: set[str] | None = None
    stored: int = 0
    operations: int = 0
    tensors: int = 0

    def domain_of(self, function: Field) -> str:
        for field in fields_of(self.places, function.first, function.last):
            if field.number == _FUNCTION_DOMAIN:
                return text(self.places, field, TEXT_LETTERS)
        raise OutsideError

    def graph(self, graph: Field, depth: int) -> None:
        if depth > _DEPTH:
            raise ModelError(f"{self.path} has graphs more than {_DEPTH} deep; {FROM_ITS_MAKER}")
        for field in fields_of(self.places, graph.first, graph.last):
            if field.number == _NODE:
                self.node(field, depth)
            elif field.number == _INITIALIZER:
                self.tensor(field)
            elif field.number == _SPARSE:
                self.sparse(field)

    def node(self, node: Field, depth: int) -> None:
        self.operations += 1
        if self.operations > OUTSIDE_OPERATIONS:
            raise ModelError(f"{self.path} calls more than {OUTSIDE_OPERATIONS} operators; {FROM_ITS_MAKER}")
        operator = domain = ""
        for field in fields_of(self.places, node.first, node.last):
            if field.number == _OPERATOR:
                operator = text(self.places, field, TEXT_LETTERS)
            elif field.number == _DOMAIN:
                domain = text(self.places, field, TEXT_LETTERS)
            elif field.number == _ATTRIBUTE:
                self.attribute(field, depth)
        shown = "".join(letter for letter in f"{domain} {operator}".strip() if letter.isprintable())[:80]
        if domain not in (self.domains or ()) or (domain == _OF_RUNTIME and operator not in _COMPUTING):
            raise ModelError(
                f"{self.path} calls the operator {shown!r}, which is not one of ONNX; "
                "export the model with the operators of ONNX alone"
            )
        if operator in _LOOPS:
            raise ModelError(f"{self.path} has a loop ({operator}), which no image classifier needs; {FROM_ITS_MAKER}")

    def attribute(self, attribute: Field, depth: int) -> None:
        for field in fields_of(self.places, attribute.first, attribute.last):
            if field.number in (_TENSOR, _TENSORS):
                self.tensor(field)
            elif field.number in (_INNER_GRAPH, _GRAPHS):
                self.graph(field, depth + 1)
            elif field.number in (_SPARSE_TENSOR, _SPARSE_TENSORS):
                self.sparse(field)

    def sparse(self, tensor: Field) -> None:
        for field in fields_of(self.places, tensor.first, tensor.last):
            if field.number in (_VALUES, _INDICES):
                self.tensor(field)

    def tensor(self, tensor: Field) -> None:
        """Refuse an array that lies in another file, or declares another number of bytes than it has."""
        self.tensors += 1
        shape: list[int] = []
        kind, raw = 0, None
        for field in fields_of(self.places, tensor.first, tensor.last):
            if field.number == _DIMS:
                shape += whole_numbers(self.places, field, _MOST_AXES)
            elif field.number == _TYPE:
                kind = field.value
            elif field.number == _RAW:
                raw = field.last - field.first
            elif field.number == _EXTERNAL or (field.number == _LOCATION and field.value != 0):
                raise ModelError(f"{self.path} names another file for its weights; export it into a single file")
        if self.tensors > OUTSIDE_TENSORS or len(shape) > _MOST_AXES or math.prod(shape) > OUTSIDE_NUMBERS:
            raise ModelError(f"{self.path} declares more or larger arrays than any image model has; {FROM_ITS_MAKER}")
        if raw is not None and kind in _ITEM_BYTES and raw != math.prod(shape) * _ITEM_BYTES[kind]:
            raise OutsideError
        self.stored += tensor.last - tensor.first
