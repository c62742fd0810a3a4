"""How the maps of one figure are coloured and laid over the photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.paper import SCREEN, Paper
from scorecam_cli.photos.draw import heatmap, overlay, whole
from scorecam_cli.photos.signed import signed_heatmap, signed_levels, signed_overlay_tiles


@dataclass(frozen=True)
class Look:
    """How maps are coloured and laid over the photo.

    colormap: a name that matplotlib knows; of signed maps one with a middle, which is zero.
    alpha: opacity of the maps, in [0, 1].
    signed: maps are of either sign.
    paper: what the figure is drawn for.
    """

    colormap: str
    alpha: float
    signed: bool = False
    paper: Paper = SCREEN

    def heat(self, saliency: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
        """A map in colours: uint8 [height, width, 3]."""
        draw = signed_heatmap if self.signed else heatmap
        return draw(saliency, width=width, height=height, colormap=self.colormap)

    def laid_over(self, photo: NDArray[np.uint8], saliency: NDArray[np.float32]) -> NDArray[np.uint8]:
        """A map over a photo, uint8 [rows, columns, 3], as which it comes back."""
        height, width = photo.shape[:2]
        if not self.signed:
            return overlay(photo, self.heat(saliency, width, height), alpha=self.alpha)
        levels = signed_levels(saliency, width=width, height=height)
        return whole(signed_overlay_tiles(photo, levels, colormap=self.colormap, alpha=self.alpha), height, width)
