"""Weights that a model's description declares, held against those its file stores: before anything is reserved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.description import ModelFacts
from scorecam_cli.inspection.limits import FROM_ITS_MAKER, INPUT_PIXELS, SPARE_WEIGHTS, TIMES_STORED
from scorecam_cli.keras_engine.start import start

_LARGEST = 10**18  # where counting ends: far more than any machine holds

# The settings whose product the largest array of such a layer cannot be smaller than.
_AT_LEAST = {
    "Dense": ("units",),
    "EinsumDense": ("output_shape",),
    "Conv1D": ("filters", "kernel_size"),
    "Conv2D": ("filters", "kernel_size"),
    "Conv3D": ("filters", "kernel_size"),
    "Conv1DTranspose": ("filters", "kernel_size"),
    "Conv2DTranspose": ("filters", "kernel_size"),
    "Conv3DTranspose": ("filters", "kernel_size"),
    "DepthwiseConv1D": ("depth_multiplier", "kernel_size"),
    "DepthwiseConv2D": ("depth_multiplier", "kernel_size"),
    "SeparableConv1D": ("depth_multiplier", "kernel_size"),
    "SeparableConv2D": ("depth_multiplier", "kernel_size"),
    "Embedding": ("input_dim", "output_dim"),
    "MultiHeadAttention": ("num_heads", "key_dim"),
    "GroupQueryAttention": ("num_query_heads", "head_dim"),
    "LSTM": ("units", "units"),  # the recurrent kernel is [units, 4 x units]
    "GRU": ("units", "units"),
    "SimpleRNN": ("units", "units"),
}


def check_declared(path: Path, facts: ModelFacts, *, stored: int) -> None:
    """Refuse a model whose layers declare far more weights than its file stores, from the description alone.

    Args:
        path: what the user calls the file. facts: its description. stored: how many numbers its arrays hold.

    Raises:
        ModelError: so it is, or the model takes images that no photo can be made into.
    """
    pixels = max(map(_input_pixels, facts.objects), default=0)
    if pixels > INPUT_PIXELS:
        raise ModelError(f"{path} takes images of {pixels} pixels, above {INPUT_PIXELS}; {FROM_ITS_MAKER}")
    declared = least_weights(facts.objects)
    if declared > _most(stored):
        raise ModelError(_too_many(path, declared, stored))


@contextmanager
def weights_within(path: Path, *, stored: int) -> Iterator[None]:
    """While Keras builds a model inside, it reserves no more weights than fit to what the file stores.

    Exact where `check_declared` is a lower bound: each weight is counted when Keras asks for it, before it exists.

    Raises:
        ModelError: the model declares far more.
    """
    keras, _ = start()
    original = keras.Variable.__init__
    declared = 0

    def count_first(variable: Any, initializer: Any, shape: Any = None, *arguments: Any, **settings: Any) -> None:
        nonlocal declared
        declared += _product(shape) if shape is not None else 0
        if declared > _most(stored):
            raise ModelError(_too_many(path, declared, stored))
        original(variable, initializer, shape, *arguments, **settings)

    keras.Variable.__init__ = count_first
    try:
        yield
    except Exception as error:  # Keras may have put the refusal into other words
        if declared > _most(stored):
            raise ModelError(_too_many(path, declared, stored)) from error
        raise
    finally:
        keras.Variable.__init__ = original


def least_weights(objects: Iterable[dict[str, Any]]) -> int:
    """How many weights these layers have at the least, whatever they are applied to; a shared layer counts once.

    Args:
        objects: JSON objects with `class_name`, as `read_facts` finds them.
    """
    seen = set()
    least = 0
    for described in objects:
        shared = described.get("shared_object_id")
        if isinstance(shared, int) and shared in seen:
            continue
        seen.add(shared)
        config, module = described.get("config"), described.get("module")
        own = isinstance(module, str) and module.split(".")[0] != "keras"
        if isinstance(config, dict) and not own and (settings := _AT_LEAST.get(described["class_name"])):
            least += min(_LARGEST, math.prod(_product(config.get(setting)) for setting in settings))
    return least


def _most(stored: int) -> int:
    return SPARE_WEIGHTS + TIMES_STORED * stored


def _too_many(path: Path, declared: int, stored: int) -> str:
    return f"{path} declares at least {declared} weights and stores {stored}; {FROM_ITS_MAKER}"


def _input_pixels(described: dict[str, Any]) -> int:
    config = described.get("config")
    if not isinstance(config, dict):
        return 0
    shapes = [config.get(key) for key in ("batch_shape", "batch_input_shape")]
    return max((_product(shape[1:3]) for shape in shapes if isinstance(shape, list) and len(shape) == 4), default=0)


def _product(value: Any) -> int:
    """Of the whole numbers in a size or a list of sizes; what is open or no number counts as one."""
    sizes = value[:16] if isinstance(value, list | tuple) else [value]  # no array has more axes
    return min(
        _LARGEST, math.prod(int(size) for size in sizes if isinstance(size, int | float) and 0 < size < _LARGEST)
    )
