"""What every method is given beside the question, and what it gives back.

Letters: H W model input, h w feature grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Fill, Selection, Variant
from scorecam_cli.errors import NumericsError
from scorecam_cli.records import Steps, Uncertainty
from scorecam_cli.saliency.evidence import Kept
from scorecam_cli.saliency.upsampling import upsample

OnPasses = Callable[[int], None]  # called after each batch with the number of passes done in it


@dataclass(frozen=True)
class MethodSettings:
    """How much a method may do, and in which of its forms; each method reads what its `takes` names.

    passes: samples, masks or points, as the method counts them; None: its default.
    batch_size: photos in one pass, None for the automatic number; it changes memory and time, not the map.
    seed: of everything that is drawn.
    variant: weights and summands of Score-CAM.
    fidelity: below 1, as many passes as it takes to estimate this correlation with the exact map.
    selection: of the masks, where `passes` are fewer than all.
    signed: keep what speaks against the class, as negative values.
    fill: what masked pixels become.
    """

    passes: int | None = None
    batch_size: int | None = None
    seed: int = 0
    variant: Variant = Variant.ARTICLE
    fidelity: float = 1.0
    selection: Selection = Selection.REPRESENTATIVES
    signed: bool = False
    fill: Fill = Fill.ZERO


@dataclass(frozen=True)
class Maps:
    """The maps of one photo, one for each class asked for, and how they were made.

    maps: float32 [H, W], finite, before any display scaling; zero where nothing speaks for the class, and negative,
        where that is asked for, where something speaks against it.
    passes: how many photos went through the model for all of them, beside the unmasked one.
    estimates: correlation of each map with the exact one; empty where nothing is estimated.
    steps: the masks that weigh most in each map; empty for a method that shows none.
    uncertainties: how sure each map is; empty for a method that does not know.
    selection: which live channels were passed: `all`, `representatives` or `faster`.
    variant: of Score-CAM; None for a method without.
    why_flat: what a map that is zero comes of, where the method knows.
    warnings: sentences about what the method could not do as it was asked.
    kept: of each class what it keeps under the masks; empty for a method that masks nothing.
    passes_by_layer: of all passes those of each target layer; empty where that is not known.
    """

    maps: tuple[NDArray[np.float32], ...]
    passes: int
    estimates: tuple[float | None, ...] = ()
    steps: tuple[Steps, ...] = ()
    uncertainties: tuple[Uncertainty | None, ...] = ()
    selection: str = "all"
    variant: Variant | None = None
    why_flat: str | None = None
    warnings: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    passes_by_layer: tuple[int, ...] = ()


def finished(saliency: NDArray[Any], settings: MethodSettings | None = None) -> NDArray[np.float32]:
    """What speaks for the class: numbers [H, W] -> float32 [H, W], negative ones cut at 0 unless they are asked for.

    Raises:
        NumericsError: a number is not finite.
    """
    if not np.isfinite(saliency).all():
        raise NumericsError("the map has values that are not finite for this photo")
    signed = settings is not None and settings.signed
    return np.asarray(saliency if signed else np.maximum(saliency, 0), np.float32)


def from_grids(
    grids: Iterable[NDArray[Any]], size: tuple[int, int], settings: MethodSettings | None = None
) -> tuple[NDArray[np.float32], ...]:
    """Maps of this size, (H, W), from grids [h, w]: `finished`, then upsampled bilinearly.

    Raises:
        NumericsError: a number is not finite.
    """
    return tuple(upsample(finished(grid, settings), size) for grid in grids)
