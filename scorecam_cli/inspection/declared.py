"""Weights that a model's description declares, held against those its file stores: before anything is reserved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.limits import FROM_ITS_MAKER, INPUT_PIXELS, SPARE_WEIGHTS, TIMES_STORED

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


def check_declared(path: Path, *, weights: int, pixels: int, stored: int) -> None:
    """Refuse a model whose layers declare far more weights than its file stores, from the description alone.

    Args:
        path: what the user calls the file.
        weights: how many numbers its layers have at the least, by its description.
        pixels: of the largest image that it takes.
        stored: how many numbers its arrays hold.

    Raises:
        ModelError: so it is, or the model takes images that no photo can be made into.
    """
    if pixels > INPUT_PIXELS:
        raise ModelError(f"{path} takes images of {pixels} pixels, above {INPUT_PIXELS}; {FROM_ITS_MAKER}")
    if weights > most_weights(stored):
        raise ModelError(too_many_weights(path, weights, stored))


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
            least += min(_LARGEST, math.prod(numbers_in(config.get(setting)) for setting in settings))
    return least


def most_weights(stored: int) -> int:
    """How many numbers a model may declare whose file stores so many."""
    return SPARE_WEIGHTS + TIMES_STORED * stored


def too_many_weights(path: Path, declared: int, stored: int) -> str:
    """The sentence about a model that declares more."""
    return f"{path} declares at least {declared} weights and stores {stored}; {FROM_ITS_MAKER}"


def input_pixels(described: dict[str, Any]) -> int:
    """How many pixels the image has that this object, if it is an input, takes."""
    config = described.get("config")
    if not isinstance(config, dict):
        return 0
    shapes = [config.get(key) for key in ("batch_shape", "batch_input_shape")]
    return max((numbers_in(shape[1:3]) for shape in shapes if isinstance(shape, list) and len(shape) == 4), default=0)


def numbers_in(value: Any) -> int:
    """Of the whole numbers in a size or a list of sizes; what is open or no number counts as one."""
    sizes = value[:16] if isinstance(value, list | tuple) else [value]  # no array has more axes
    return min(
        _LARGEST, math.prod(int(size) for size in sizes if isinstance(size, int | float) and 0 < size < _LARGEST)
    )
