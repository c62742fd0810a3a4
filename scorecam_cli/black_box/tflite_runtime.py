"""TensorFlow Lite files, run by the interpreter that TensorFlow brings: its own operators alone, no delegates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def load() -> None:
    """Import the interpreter; from TensorFlow, which is always there."""
    import tensorflow as tf

    _ = tf.lite.Interpreter


def versions() -> dict[str, str]:
    """Of the package that the interpreter is part of."""
    import tensorflow as tf

    return {"tensorflow": str(tf.__version__)}


def open_model(path: Path) -> _Model:
    """The model of a file; whatever the interpreter raises."""
    return _Model(path)


class _Model:
    """See `child.Opened`."""

    def __init__(self, path: Path) -> None:
        import tensorflow as tf

        from scorecam_cli.black_box.child import threads

        self._interpreter = tf.lite.Interpreter(model_path=str(path), num_threads=threads())
        self._interpreter.allocate_tensors()
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        names = _signature_names(self._interpreter)
        self.inputs = [_described(each, names) for each in self._inputs]
        self.outputs = [_described(each, names) for each in self._outputs]

    def run(self, inputs: list[NDArray[Any]], output: int) -> NDArray[Any]:
        """One output for a batch."""
        details = self._interpreter.get_input_details()
        resized = False
        for detail, array in zip(details, inputs, strict=True):
            if tuple(detail["shape"]) != array.shape:
                self._interpreter.resize_tensor_input(detail["index"], array.shape, strict=True)
                resized = True
        if resized:
            self._interpreter.allocate_tensors()
        for detail, array in zip(details, inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], array)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._outputs[output]["index"]))


def _described(detail: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    open_shape = detail.get("shape_signature", detail["shape"])
    shape = [int(side) if side >= 0 else None for side in open_shape]
    scale, zero = detail["quantization"]
    name = names.get(detail["index"], detail["name"])
    dtype = np.dtype(detail["dtype"]).name
    return {"name": name, "shape": shape, "dtype": dtype, "scale": float(scale), "zero": int(zero)}


def _signature_names(interpreter: Any) -> dict[int, str]:
    """What the inputs and outputs are called in the only signature, by their index; none where there is none."""
    try:
        (signature,) = interpreter._get_full_signature_list().values()
        return {int(at): str(name) for side in ("inputs", "outputs") for name, at in signature[side].items()}
    except Exception:  # a private method, and a file may have no signature or several
        return {}
