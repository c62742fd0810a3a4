"""What several methods made of one photo, before anything is drawn, and as `--json` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.photos.names import SCORECAM
from scorecam_cli.records import ClassMap, ClassScore, Photo


@dataclass(frozen=True)
class MethodRun:
    """One method on one photo, all classes; found is empty where the method does not fit the model, and note says why.

    areas: deletion and insertion for each class.
    seconds, passes: what it takes by itself. shared_passes: of these, how many a method before it had run already.
    signed, fill, layer, variant: as in Explanation. live_channels: of Score-CAM from fewer passes, else 0.
    """

    method: str
    found: tuple[ClassMap, ...] = ()
    seconds: float = 0.0
    passes: int = 0
    areas: tuple[tuple[float, float], ...] = ()
    note: str = ""
    signed: bool = False
    fill: str | None = None
    layer: str = ""
    variant: str | None = None
    live_channels: int = 0
    shared_passes: int = 0


@dataclass(frozen=True)
class Disturbed:
    """The photo as the model is shown it, and the same with noise that nobody sees, uint8 [H, W, 3] each.

    maps: by method, of each class the map of the photo with noise; none of a method that does not fit the model.
    """

    rgb: NDArray[np.uint8]
    noisy: NDArray[np.uint8]
    maps: Mapping[str, tuple[NDArray[np.float32], ...]]


@dataclass(frozen=True)
class ComparedMaps:
    """One photo through all methods, before anything is drawn.

    name: of the photo. scores: of each class. runs: of each method, in the order asked for.
    mark: stands in the names of figures, so that those of several layers take the place of none of one.
    disturbed: what becomes of them where the photo changes a little; None: not asked for.
    model: that made them, with its weights where they are random, and its layer, in one line.
    """

    name: str
    photo: Photo
    scores: tuple[ClassScore, ...]
    runs: tuple[MethodRun, ...]
    mark: str = SCORECAM
    model: str = ""
    disturbed: Disturbed | None = None


def entry(run: MethodRun, place: int) -> dict[str, Any]:
    """What one method came to for the class in this place, as `--json` prints it."""
    if not run.found:
        return {"method": run.method, "note": run.note}
    deletion, insertion = run.areas[place]
    estimate = run.found[place].estimated_correlation
    return {
        "method": run.method,
        "layer": run.layer,
        "seconds": round(run.seconds, 3),
        "passes": run.passes,
        "shared_passes": run.shared_passes,
        "deletion": round(deletion, 6),
        "insertion": round(insertion, 6),
        "estimated_correlation": None if estimate is None else round(estimate, 6),
        "doubts": list(run.found[place].doubts),
        "signed": run.signed,
        "fill": run.fill,
    }
