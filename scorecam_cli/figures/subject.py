"""What a picture or a figure shows: one class of one photo, its map, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Joining
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.paper import SCREEN, Paper
from scorecam_cli.photos import draw, signed
from scorecam_cli.photos.draw import Tile
from scorecam_cli.records import (
    EXACT,
    ClassMap,
    Explanation,
    ModelDescription,
    Photo,
    Steps,
    Uncertainty,
    fill_words,
    layer_words,
)
from scorecam_cli.saliency.methods import method_named


@dataclass(frozen=True)
class Subject:
    """All that may be drawn of one class of one photo; plain values, so that drawing needs no model.

    name: of the photo's file, any text.
    photo: rgb uint8 [H0, W0, 3].
    found: the map float32 [H, W] of the class.
    explanation: that the map is of.
    model: what made it.
    colormap: a name that matplotlib knows.
    alpha: opacity of the map in overlays, in [0, 1].
    paper: what figures are drawn for.
    """

    name: str
    photo: Photo
    found: ClassMap
    explanation: Explanation
    model: ModelDescription
    colormap: str
    alpha: float
    paper: Paper = SCREEN

    @cached_property
    def levels(self) -> NDArray[np.uint8]:
        """The map at the size of the photo, uint8 [H0, W0], see `draw.heat_levels` and, for a signed map,
        `signed.signed_levels`; made when it is first asked for.
        """
        return self._levels(self.photo.width, self.photo.height)

    def heat_tiles(self) -> Iterator[Tile]:
        """The map in colours, part by part, as large as the photo."""
        return self._heat_tiles(self.levels)

    def overlay_tiles(self) -> Iterator[Tile]:
        """The map over the photo, part by part."""
        return self._overlay_tiles(self.photo.rgb, self.levels)

    def heatmap(self, width: int, height: int) -> NDArray[np.uint8]:
        """The map in colours at any size: uint8 [height, width, 3]."""
        return draw.whole(self._heat_tiles(self._levels(width, height)), height, width)

    def overlay(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The map over the photo at any size, uint8 [rows, columns, 3], as which it comes back."""
        height, width = photo.shape[:2]
        return draw.whole(self._overlay_tiles(photo, self._levels(width, height)), height, width)

    @property
    def scale(self) -> tuple[float, float]:
        """The values at the two ends of the colours."""
        if self.explanation.signed:
            largest = float(np.abs(self.shown).max()) or 1.0
            return -largest, largest
        return float(self.shown.min()), float(self.shown.max())

    @property
    def of_pixels(self) -> bool:
        """Whether the map is of single pixels, and shown without its outliers."""
        return method_named(self.explanation.method).by_photo

    @cached_property
    def shown(self) -> NDArray[np.float32]:
        """The map as its colours show it, float32 [H, W]."""
        return draw.without_outliers(self.found.map) if self.of_pixels else self.found.map

    def _levels(self, width: int, height: int) -> NDArray[np.uint8]:
        levels = signed.signed_levels if self.explanation.signed else draw.heat_levels
        return levels(self.shown, width=width, height=height)

    def _heat_tiles(self, levels: NDArray[np.uint8]) -> Iterator[Tile]:
        tiles = signed.signed_tiles if self.explanation.signed else draw.heat_tiles
        return tiles(levels, colormap=self.colormap)

    def _overlay_tiles(self, photo: NDArray[np.uint8], levels: NDArray[np.uint8]) -> Iterator[Tile]:
        tiles = signed.signed_overlay_tiles if self.explanation.signed else draw.overlay_tiles
        return tiles(photo, levels, colormap=self.colormap, alpha=self.alpha)

    @property
    def steps(self) -> Steps:
        """The masks that weigh most.

        Raises:
            UsageError: there are none to show.
        """
        if self.found.steps is None:
            product = ", the product of those of several layers," if self._is_product else ""
            raise UsageError(f"a map of {self.explanation.method}{product} has no masked photos to show")
        return self.found.steps

    @property
    def uncertainty(self) -> Uncertainty:
        """How sure the map is.

        Raises:
            UsageError: it is not known.
        """
        if self.found.uncertainty is None:
            raise UsageError("how sure a map is is known of --variant centred and fitted from all passes alone")
        return self.found.uncertainty

    @property
    def what(self) -> str:
        """Which class of which photo, in one line."""
        score = self.found.score
        kind = "class" if score.output is None else "output"
        other = self.found.against
        against = "" if other is None else f" against {other.label.index} · {other.said}"
        return f"{kind} {score.label.index} · {score.said}{against} · {self.name}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the map may tell nothing of the class, a sentence each."""
        return (*self.model.doubts, *self.found.doubts)

    @property
    def making(self) -> str:
        """What made the map, in one line: model, layer, method, variant, fill, passes, and how good they are for it."""
        method, variant = self.explanation.method, self.explanation.variant
        parts = (
            self.model.name,
            f"{self.model.weights} weights" if self.model.weights.startswith("random") else "",
            layer_words(self.explanation.layer, several=len(self.explanation.layers) > 1),
            method,
            f"variant {variant}" if variant is not None else "",
            fill_words(self.explanation.fill),
            "product of the layers' maps" if self._is_product else "",
            "signed" if self.explanation.signed else "",
            self._passes,
        )
        return " · ".join(filter(None, parts))

    @property
    def _is_product(self) -> bool:
        return self.explanation.joined == Joining.PRODUCT and len(self.explanation.layers) > 1

    @property
    def _passes(self) -> str:
        """How many passes made the map, of Score-CAM out of how many, and how close fewer are estimated to come."""
        made, estimate = self.explanation, self.found.estimated_correlation
        if made.variant is None and made.selection == EXACT:
            return "" if not made.passes else "1 pass" if made.passes == 1 else f"{made.passes} passes"
        close = "" if estimate is None or estimate == 1 else f", estimated correlation {estimate:.3f}"
        return f"{made.passes} of {made.live_channels} passes{close}"
