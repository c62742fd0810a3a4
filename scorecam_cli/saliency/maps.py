"""What every method is given beside the photo, and what it gives back.

Letters: H W model input, h w feature grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import NumericsError
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.saliency.upsampling import upsample


@dataclass(frozen=True)
class MethodSettings:
    """How much a method may do.

    passes: samples, masks or steps, as the method counts them; None: its default.
    batch_size: photos in one pass, None for the automatic number; it changes memory and time, not the map.
    seed: of everything that is drawn.
    """

    passes: int | None = None
    batch_size: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Maps:
    """The maps of one photo.

    maps: float32 [H, W] >= 0, finite, one for each class asked for, before any display scaling; zero where nothing
        speaks for the class. passes: how many photos went through the model for all of them, beside the unmasked one.
    """

    maps: tuple[NDArray[np.float32], ...]
    passes: int


class Run(Protocol):
    """A method: from a photo and classes to maps."""

    def __call__(
        self,
        classifier: Classifier,
        image: NDArray[np.float32],
        *,
        observation: Observation,
        class_indices: Sequence[int],
        settings: MethodSettings,
        on_passes: Callable[[int], None] | None = None,
    ) -> Maps:
        """One map for each class.

        image: float32 [H, W, c] in model units. observation: of the same image. class_indices: in 0 .. C - 1.
        on_passes: called after each batch with the number of passes done in it.
        """


def finished(saliency: NDArray[Any]) -> NDArray[np.float32]:
    """What speaks for the class: numbers [H, W] -> float32 [H, W], negative ones cut at 0.

    Raises:
        NumericsError: a number is not finite.
    """
    if not np.isfinite(saliency).all():
        raise NumericsError("the map has values that are not finite for this photo")
    return np.asarray(np.maximum(saliency, 0), np.float32)


def from_grids(grids: Iterable[NDArray[Any]], size: tuple[int, int]) -> tuple[NDArray[np.float32], ...]:
    """Maps of this size, (H, W), from grids [h, w]: negative values cut at 0, then upsampled bilinearly.

    Raises:
        NumericsError: a number is not finite.
    """
    return tuple(upsample(finished(grid), size) for grid in grids)
