"""What a model is given beside the photo: a number, or an array out of a `.npy` file, the same for every photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorecam_cli.errors import MisfitError, UsageError
from scorecam_cli.files.npy import parse_npy
from scorecam_cli.files.small_files import CONSTANT, read_small, unreadable

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Constant:
    """The value of one input. source: what a message calls it."""

    value: NDArray[np.generic]
    source: str

    def fitted(self, shape: Shape, dtype: str) -> NDArray[np.generic]:
        """The value as an input of this shape and type takes it, for one photo.

        Args:
            shape: of the input without the batch axis; None for an open side.
            dtype: its name, as `float32`.

        Returns:
            An array of that shape and type; a number fills it.

        Raises:
            UsageError: it does not fit; said is what was wanted.
        """
        value, wanted = self.value, ", ".join("any" if side is None else str(side) for side in shape)
        if not _may_become(value.dtype, dtype):
            raise UsageError(f"{self.source} holds {value.dtype.name} and the input takes {dtype}; give {dtype}")
        if value.ndim == 0 and None not in shape:
            value = np.full(tuple(side or 0 for side in shape), value)
        if value.ndim == len(shape) + 1 and value.shape[0] == 1:  # saved with a batch axis
            value = value[0]
        if len(shape) != value.ndim or any(
            side not in (None, there) for side, there in zip(shape, value.shape, strict=True)
        ):
            shown = ", ".join(map(str, value.shape))
            raise UsageError(f"{self.source} has the shape [{shown}] and the input takes [{wanted}] for each photo")
        return np.ascontiguousarray(value, dtype)


def _may_become(dtype: np.dtype[Any], wanted: str) -> bool:
    try:
        return np.can_cast(dtype, wanted, "same_kind")
    except TypeError:  # no type of numbers, `string` say
        return False


def read_constants(given: Sequence[str]) -> dict[str, Constant]:
    """What `--constant-input` says, by the name of the input.

    Args:
        given: `NAME=VALUE` each, the value a number or the path of a `.npy` file.

    Raises:
        UsageError: not of that form, a name given twice, or a file that cannot be read.
    """
    found: dict[str, Constant] = {}
    for text in given:
        name, value = split(text)
        if name in found:
            raise UsageError(f"--constant-input {name} is given twice; leave out one")
        found[name] = _constant(value, text)
    return found


def constants_of(values: Mapping[str, ArrayLike]) -> dict[str, Constant]:
    """The same from arrays in memory.

    Raises:
        UsageError: a value that holds something else than finite numbers.
    """
    return {name: _checked(np.asarray(value), f"constant input {name!r}") for name, value in values.items()}


def split(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as a name and a value.

    Raises:
        UsageError: it is not of that form.
    """
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise UsageError(f"--constant-input {text} is not of the form NAME=FILE.npy or NAME=NUMBER")
    return name, value


def number_in(value: str) -> float | int | None:
    """The number that a value is, None for the path of a file; `./3` is a path."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return None


def _constant(value: str, text: str) -> Constant:
    number = number_in(value)
    if number is not None:
        return _checked(np.asarray(number), f"--constant-input {text}")
    try:
        return _checked(parse_npy(read_small(Path(value), CONSTANT)), f"--constant-input {text}")
    except MisfitError as error:
        raise unreadable(f"{CONSTANT.called} {value}", CONSTANT, str(error)) from error


def _checked(value: NDArray[np.generic], source: str) -> Constant:
    if value.dtype.kind not in "biuf":
        raise UsageError(f"{source} holds {value.dtype.name}, not numbers")
    if not np.isfinite(value).all():
        raise UsageError(f"{source} holds a value that is not finite")
    return Constant(value, source)
