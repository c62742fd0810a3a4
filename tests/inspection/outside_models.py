"""Hostile and broken files of models seen from outside: each is a good one with one thing changed.

Each entry is a function that writes the file into a folder, and a word of its refusal.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tensorflow.lite.python import schema_py_generated as schema

from tests.black_box.networks import graph_of, initializers, nodes, tflite_bytes, value

Write = Callable[[Path], Path]
_CACHE: dict[str, bytes] = {}


def good_tflite() -> bytes:
    """Made once."""
    if "tflite" not in _CACHE:
        _CACHE["tflite"] = tflite_bytes()
    return _CACHE["tflite"]


def written(data: Callable[[], bytes], name: str) -> Write:
    """A function that writes these bytes under that name."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data())
        return path

    return write


# ---- TensorFlow Lite


def tflite(edit: Callable[[Any], None]) -> Write:
    """The good file, unpacked, changed and packed again."""

    def data() -> bytes:
        import flatbuffers

        model = schema.ModelT.InitFromPackedBuf(good_tflite())
        edit(model)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    return written(data, "model.tflite")


def tflite_patched(edit: Callable[[bytearray], bytes | bytearray | None]) -> Write:
    """The good file, its bytes changed."""

    def data() -> bytes:
        found = bytearray(good_tflite())
        return bytes(edit(found) or found)

    return written(data, "model.tflite")


def _operator(number: int, name: str | None = None) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode, code.deprecatedBuiltinCode, code.customCode = number, min(number, 127), name

    return edit


def _shape(*sides: int) -> Callable[[Any], None]:
    return lambda model: setattr(model.subgraphs[0].tensors[0], "shape", np.array(sides, np.int32))


def _buffer(model: Any) -> None:
    model.buffers[1].offset, model.buffers[1].size = 10, 2**40


def _root(data: bytearray) -> None:
    data[0:4] = (2**31).to_bytes(4, "little")


def _vtable(data: bytearray) -> None:
    at = int.from_bytes(data[0:4], "little")
    data[at : at + 4] = (-(2**30)).to_bytes(4, "little", signed=True)


def _lengths(data: bytearray) -> None:
    """Every vector that begins with a length of 4 has as many as there are numbers."""
    for at in range(0, len(data) - 4, 4):
        if data[at : at + 4] == (4).to_bytes(4, "little"):
            data[at : at + 4] = (2**32 - 1).to_bytes(4, "little")


TFLITE: dict[str, tuple[Write, str]] = {
    "mark alone": (written(lambda: b"\x1c\0\0\0TFL3", "model.tflite"), "cut short or damaged"),
    "mark and noise": (
        written(lambda: b"\x1c\0\0\0TFL3" + np.random.default_rng(0).bytes(5000), "model.tflite"),
        "cut short or damaged",
    ),
    "cut in the middle": (tflite_patched(lambda data: data[: len(data) // 2]), "cut short or damaged"),
    "root outside": (tflite_patched(_root), "cut short or damaged"),
    "vtable outside": (tflite_patched(_vtable), "cut short or damaged"),
    "lists without end": (tflite_patched(_lengths), "cut short or damaged"),
    "custom operator": (
        tflite(_operator(32, "RunProgram")),
        "custom operator RunProgram, code that is not in the file",
    ),
    "operator of TensorFlow": (tflite(_operator(32, "FlexReadFile")), "FlexReadFile, one of TensorFlow itself"),
    "custom operator that moves the cursor": (tflite(_operator(32, "a\x1b[2Jb")), "custom operator a[2Jb"),
    "loop": (tflite(_operator(119)), "has a loop (WHILE)"),
    "array of all memory": (tflite(_shape(1, 2**30, 2**30, 3)), "declares an array of"),
    "side below nothing": (tflite(_shape(1, -7, 16, 3)), "declares an array of"),
    "seventeen axes": (tflite(_shape(*[1] * 17)), "cut short or damaged"),
    "weights outside the file": (tflite(_buffer), "cut short or damaged"),
    "no network": (tflite(lambda model: setattr(model, "subgraphs", [])), "without a network"),
    "no input": (tflite(lambda model: setattr(model.subgraphs[0], "inputs", [])), "without an input or an output"),
    "input that is not there": (
        tflite(lambda model: setattr(model.subgraphs[0], "inputs", [10**6])),
        "cut short or damaged",
    ),
}


# ---- ONNX


def onnx_of(build: Callable[[], onnx.ModelProto]) -> Write:
    """A file of this model."""
    return written(lambda: build().SerializeToString(), "model.onnx")


def _outside(tensor: onnx.TensorProto, where: str = "/etc/passwd") -> onnx.TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=where)
    return tensor


def _weights_outside(where: str) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        own = initializers()
        return graph_of(nodes(), initializers=[_outside(own[0], where), *own[1:]])

    return build


def _marked_outside() -> onnx.ModelProto:
    own = initializers()
    own[0].data_location = TensorProto.EXTERNAL
    return graph_of(nodes(), initializers=own)


def _constant_outside() -> onnx.ModelProto:
    tensor = _outside(numpy_helper.from_array(np.zeros(3, np.float32), "c"))
    return graph_of([*nodes(), helper.make_node("Constant", [], ["c"], value=tensor)])


def _sparse_outside() -> onnx.ModelProto:
    model = graph_of(nodes())
    values = _outside(numpy_helper.from_array(np.zeros(3, np.float32), "s"))
    indices = numpy_helper.from_array(np.arange(3), "i")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [9]))
    return model


def _branch_outside() -> onnx.ModelProto:
    tensor = _outside(numpy_helper.from_array(np.zeros(3, np.float32), "c"))
    inner = helper.make_graph([helper.make_node("Constant", [], ["x"], value=tensor)], "b", [], [value("x", [3])])
    return graph_of([*nodes(), helper.make_node("If", ["logits"], ["y"], then_branch=inner, else_branch=inner)])


def _loop() -> onnx.ModelProto:
    inner = helper.make_graph([], "body", [], [])
    return graph_of([*nodes(), helper.make_node("Loop", ["", ""], ["y"], body=inner)])


def _loop_in_a_function() -> onnx.ModelProto:
    inner = helper.make_graph([], "body", [], [])
    loop = helper.make_node("Loop", ["", ""], ["y"], body=inner)
    function = helper.make_function("own", "Run", ["x"], ["y"], [loop], [helper.make_opsetid("", 17)])
    return graph_of(
        [*nodes(), helper.make_node("Run", ["logits"], ["y"], domain="own")], functions=[function], domains=["own"]
    )


def _calling(operator: str, domain: str) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        return graph_of([*nodes(), helper.make_node(operator, ["logits"], ["y"], domain=domain)], domains=[domain])

    return build


def _declaring(*sides: int) -> Callable[[], onnx.ModelProto]:
    def build() -> onnx.ModelProto:
        own = initializers()
        own[0].ClearField("dims")
        own[0].dims.extend(sides)
        return graph_of(nodes(), initializers=own)

    return build


def _deep() -> onnx.ModelProto:
    inner = helper.make_graph([], "b", [], [])
    for _ in range(20):
        call = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([call], "b", [], [])
        if inner.ByteSize() > 10**6:
            break
    return graph_of(list(inner.node))


def _trained() -> onnx.ModelProto:
    model = graph_of(nodes())
    model.training_info.add()
    return model


GOOD_ONNX = onnx_of(lambda: graph_of(nodes()))
ONNX: dict[str, tuple[Write, str]] = {
    "weights in a file of the system": (onnx_of(_weights_outside("/etc/passwd")), "names another file for its weights"),
    "weights in a file beside": (onnx_of(_weights_outside("weights.bin")), "names another file for its weights"),
    "weights in a folder above": (onnx_of(_weights_outside("../../w")), "names another file for its weights"),
    "weights marked as elsewhere": (onnx_of(_marked_outside), "names another file for its weights"),
    "constant in another file": (onnx_of(_constant_outside), "names another file for its weights"),
    "sparse weights in another file": (onnx_of(_sparse_outside), "names another file for its weights"),
    "branch with another file": (onnx_of(_branch_outside), "names another file for its weights"),
    "operator of a stranger": (onnx_of(_calling("RunProgram", "evil.ops")), "calls the operator 'evil.ops RunProgram'"),
    "operator of Python": (onnx_of(_calling("PythonOp", "com.microsoft")), "'com.microsoft PythonOp'"),
    "operator that names a file": (onnx_of(_calling("EPContext", "com.microsoft")), "'com.microsoft EPContext'"),
    "loop": (onnx_of(_loop), "has a loop (Loop)"),
    "loop in a function": (onnx_of(_loop_in_a_function), "has a loop (Loop)"),
    "array of all memory": (onnx_of(_declaring(2**40, 2**20)), "declares more or larger arrays"),
    "array larger than it stores": (onnx_of(_declaring(4, 3, 3, 300)), "cut short or damaged"),
    "graphs without end": (onnx_of(_deep), "graphs more than 8 deep"),
    "how it was trained": (onnx_of(_trained), "how it was trained"),
    "cut in the middle": (
        written(lambda: graph_of(nodes()).SerializeToString()[:-200], "model.onnx"),
        "cut short or damaged",
    ),
    "version and noise": (
        written(lambda: b"\x08\x09\x12" + np.random.default_rng(0).bytes(3000), "model.onnx"),
        "cut short or damaged",
    ),
    "nothing but a version": (written(lambda: b"\x08\x09\x12\0", "model.onnx"), "cut short or damaged"),
}


# ---- SavedModel


def good_saved(folder: Path) -> Path:
    """A folder that looks like one of a model: a program with one graph, and variables."""
    path = folder / "saved"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x02\x0a\x00")
    (path / "variables" / "variables.index").write_bytes(b"index")
    return path


def saved(edit: Callable[[Path], object]) -> Write:
    """The folder with one thing changed."""

    def write(folder: Path) -> Path:
        path = good_saved(folder)
        edit(path)
        return path

    return write


def _program(data: bytes) -> Callable[[Path], object]:
    return lambda path: (path / "saved_model.pb").write_bytes(data)


def _replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        (path / name).unlink()
        make(path / name)

    return edit


def _crowd(path: Path) -> None:
    for number in range(1001):
        (path / f"{number}").touch()


SAVED: dict[str, tuple[Write, str]] = {
    "empty program": (saved(_program(b"")), "cut short or damaged"),
    "program of noise": (saved(_program(np.random.default_rng(0).bytes(3000))), "cut short or damaged"),
    "program that is cut": (saved(_program(b"\x08\x01\x12\xff\x7f")), "cut short or damaged"),
    "program without a graph": (saved(_program(b"\x08\x01")), "cut short or damaged"),
    "program of text": (saved(_program(b"node { name: 'x' }")), "cut short or damaged"),
    "program that is a link": (
        saved(_replaced("saved_model.pb", lambda path: path.symlink_to("/etc/passwd"))),
        "holds a link, a pipe or a device ('saved_model.pb')",
    ),
    "program that is a pipe": (
        saved(_replaced("saved_model.pb", os.mkfifo)),
        "holds a link, a pipe or a device ('saved_model.pb')",
    ),
    "program that is a folder": (saved(_replaced("saved_model.pb", Path.mkdir)), "cut short or damaged"),
    "asset that is a link": (
        saved(lambda path: (path / "words.txt").symlink_to("/etc/passwd")),
        "holds a link, a pipe or a device ('words.txt')",
    ),
    "variables that are a link": (
        saved(_replaced("variables/variables.index", lambda path: path.symlink_to("/dev/zero"))),
        "holds a link, a pipe or a device ('variables.index')",
    ),
    "no variables": (saved(lambda path: (path / "variables" / "variables.index").unlink()), "cut short or damaged"),
    "a thousand files": (saved(_crowd), "holds more than 1000 files"),
}
