"""What goes into a model seen from outside and what comes out: types, how photos lie, numbers kept as integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WIDTHS = {"int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64)}
DTYPES = frozenset(["bool", *(f"{kind}{width}" for kind, widths in _WIDTHS.items() for width in widths)])
MOST_AXES = 16
NAME_LETTERS = 200


@dataclass(frozen=True)
class Tensor:
    """One input or output.

    name: printable. shape: with the batch axis; None for an open side. dtype: of DTYPES.
    scale, zero: what its whole numbers q stand for, `(q - zero) * scale`; scale 0 where they are what they are.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    scale: float = 0.0
    zero: int = 0

    def __str__(self) -> str:
        return f"{self.name} {self.sides}"

    @property
    def sides(self) -> str:
        """Its shape for people."""
        return f"[{', '.join(['batch', *('any' if side is None else str(side) for side in self.shape[1:])])}]"

    @property
    def counts(self) -> bool:
        """Whether it holds whole numbers that are what they are."""
        return not self.scale and np.dtype(self.dtype).kind in "iu"

    def stored(self, values: NDArray[np.float32]) -> NDArray[Any]:
        """Numbers as the tensor keeps them: rounded and cut to its range where that is of whole numbers."""
        if np.dtype(self.dtype).kind not in "iu":
            return values.astype(self.dtype)
        if self.scale:
            values = values / np.float32(self.scale) + np.float32(self.zero)
        limits = np.iinfo(self.dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(self.dtype)

    def meant(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """What kept numbers stand for."""
        if not self.scale:
            return values.astype(np.float32)
        return (values.astype(np.float32) - np.float32(self.zero)) * np.float32(self.scale)


def told(found: Any) -> Tensor:
    """A tensor as another process tells of it, which has opened a stranger's file.

    Raises:
        ValueError: it is not told as ours would.
    """
    if not isinstance(found, Mapping) or found.get("dtype") not in DTYPES:
        raise ValueError(found)
    name, shape = found.get("name"), found.get("shape")
    scale, zero = found.get("scale"), found.get("zero")
    if not isinstance(name, str) or not isinstance(shape, list) or len(shape) > MOST_AXES:
        raise ValueError(found)
    if any(side is not None and not (type(side) is int and 0 <= side < 2**40) for side in shape):
        raise ValueError(found)
    if not isinstance(scale, int | float) or not isinstance(zero, int) or not np.isfinite(scale):
        raise ValueError(found)
    letters = "".join(letter for letter in name if letter.isprintable())[:NAME_LETTERS]
    return Tensor(letters, tuple(shape), str(found["dtype"]), float(scale), zero)


@dataclass(frozen=True)
class Picture:
    """The input that the photo goes to.

    channels_first: the tensor is [batch, c, H, W], as models from PyTorch have it, and not [batch, H, W, c].
    """

    tensor: Tensor
    place: int
    channels_first: bool

    @property
    def sides(self) -> tuple[int | None, int | None]:
        """(H, W), None where one is open."""
        shape = self.tensor.shape
        return (shape[2], shape[3]) if self.channels_first else (shape[1], shape[2])

    @property
    def channels(self) -> int | None:
        """c."""
        return self.tensor.shape[1 if self.channels_first else 3]

    def laid(self, images: NDArray[np.float32]) -> NDArray[Any]:
        """Photos float32 [B, H, W, c] in model units as the tensor takes them."""
        if self.channels_first:
            images = images.transpose(0, 3, 1, 2)  # [B, c, H, W]
        return np.ascontiguousarray(self.tensor.stored(images))
