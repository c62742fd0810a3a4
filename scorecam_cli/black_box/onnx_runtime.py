"""ONNX files, run by onnxruntime on the CPU: its own operators alone, no library beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    **{f"tensor({name})": name for name in ("bool", "int8", "uint8", "int16", "uint16", "int32", "int64")},
}


def load() -> None:
    """Import the runtime.

    Raises:
        ImportError: it is not installed.
    """
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)


def versions() -> dict[str, str]:
    """Of the runtime."""
    import onnxruntime

    return {"onnxruntime": str(onnxruntime.__version__)}


def open_model(path: Path) -> _Model:
    """The model of a file; whatever onnxruntime raises."""
    return _Model(path)


class _Model:
    """See `child.Opened`."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        from scorecam_cli.black_box.child import threads

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads()
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [_described(each) for each in self._session.get_inputs()]
        self.outputs = [_described(each) for each in self._session.get_outputs()]

    def run(self, inputs: list[NDArray[Any]], output: int) -> NDArray[Any]:
        """One output for a batch."""
        feeds = {each["name"]: array for each, array in zip(self.inputs, inputs, strict=True)}
        return np.asarray(self._session.run([self.outputs[output]["name"]], feeds)[0])


def _described(found: Any) -> dict[str, Any]:
    shape = [side if isinstance(side, int) and side >= 0 else None for side in found.shape]
    return {"name": found.name, "shape": shape, "dtype": _TYPES.get(found.type, found.type), "scale": 0, "zero": 0}
