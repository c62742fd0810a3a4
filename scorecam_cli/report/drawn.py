"""The map of a class from whichever of its files is left: as levels, as colours, or laid over its photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import PhotoError
from scorecam_cli.manifest import NotedClass
from scorecam_cli.photos.read import read_photo
from scorecam_cli.report import noted, pictures
from scorecam_cli.report.levels import levels_from_array, map_from_heatmap

OVERLAY_SIDE = 640  # pixels, where the overlay has to stand for the map


@dataclass(frozen=True)
class Drawn:
    """A map as it can be shown.

    pixels: uint8 [h, w], levels that the page colours; or [h, w, 3] where only colours are left.
    laid_over: the photo is part of it.
    """

    pixels: NDArray[np.uint8]
    laid_over: bool = False


def drawn_map(
    described: NotedClass, folder: Path, shape: tuple[int, int], colormap: str, signed: bool, *, alone: bool
) -> tuple[Drawn | None, str]:
    """The map from the first of its files that can be read, and what is missing.

    Where there is no photo, the overlay tells more than the map alone.

    Args:
        shape: width and height of the photo. alone: there is no photo to lay the map over.
    """
    width, height = shape
    readers: dict[str, Callable[[Path], Drawn]] = {
        "npy": lambda path: Drawn(levels_from_array(path, width=width, height=height, signed=signed)),
        "heatmap": lambda path: Drawn(map_from_heatmap(path, colormap=colormap, signed=signed)),
        "overlay": lambda path: Drawn(pictures.shrink(read_photo(path).rgb, OVERLAY_SIDE), laid_over=True),
    }
    fault = ""
    for kind, read in sorted(readers.items(), key=lambda reader: alone and reader[0] != "overlay"):
        path = noted.file_beside(folder, described, kind)
        if path is None:
            continue
        try:
            return read(path), fault
        except PhotoError as error:
            fault = fault or f"{path.name} cannot be shown: {error}"
    return None, fault or "its manifest names no file of this map"
