"""Where a classifier looks: what is said of its target layers.

Letters: h w feature grid, K channels of the target layer.
"""

from __future__ import annotations

from scorecam_cli.keras_engine.layers import LayerCall


class Targeting:
    """target: the target layer, of several the first. several: all of them, where several were asked for."""

    target: LayerCall
    several: tuple[LayerCall, ...]

    @property
    def layer(self) -> str:
        """Name of the target layer, behind the models it sits in; of several, with ` + ` between."""
        return " + ".join(self.layers)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all target layers, the finest grid first."""
        return tuple(call.path for call in self.several or (self.target,))

    @property
    def grid_shape(self) -> tuple[int, int, int]:
        """(h, w, K) of the target layer's grid, into which tokens are folded."""
        assert self.target.grid_shape is not None  # no other call is a target
        return self.target.grid_shape

    @property
    def grid(self) -> tuple[int, int]:
        """h, w of the target layer."""
        return self.grid_shape[:2]

    @property
    def prefix(self) -> int | None:
        """Tokens in front of those that the grid is folded from; None where the target layer makes a grid itself."""
        return self.target.folding.prefix if self.target.folding else None
