"""TensorFlow SavedModels, run by TensorFlow on the CPU: by the signature that is served, whatever else is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SERVED = ("serving_default", "serve")


def load() -> None:
    """Import TensorFlow, which is always there."""
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.zeros([1]).numpy()


def versions() -> dict[str, str]:
    """Of TensorFlow."""
    import tensorflow as tf

    return {"tensorflow": str(tf.__version__)}


def open_model(path: Path) -> _Model:
    """The model of a folder; whatever TensorFlow raises."""
    return _Model(path)


class _Model:
    """See `child.Opened`."""

    def __init__(self, path: Path) -> None:
        import tensorflow as tf

        self._loaded = tf.saved_model.load(str(path))  # kept: it owns the weights
        found = self._loaded.signatures
        served = [name for name in _SERVED if name in found] or list(found)
        if not served:
            raise ValueError("no signature is served: export it with model.export")
        self._call = found[served[0]]
        self._names = sorted(self._call.structured_input_signature[1])
        self._outputs = sorted(self._call.structured_outputs)
        takes = self._call.structured_input_signature[1]
        self.inputs = [_described(name, takes[name]) for name in self._names]
        self.outputs = [_described(name, self._call.structured_outputs[name]) for name in self._outputs]

    def run(self, inputs: list[NDArray[Any]], output: int) -> NDArray[Any]:
        """One output for a batch."""
        import tensorflow as tf

        feeds = {name: tf.constant(array) for name, array in zip(self._names, inputs, strict=True)}
        return np.asarray(self._call(**feeds)[self._outputs[output]].numpy())


def _described(name: str, tensor: Any) -> dict[str, Any]:
    shape = list(tensor.shape) if tensor.shape.rank is not None else []
    return {"name": name, "shape": shape, "dtype": tensor.dtype.name, "scale": 0, "zero": 0}
