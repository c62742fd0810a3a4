"""The masks of one or several layers beside each other, on the finest of their grids.

Letters: H W model input, h w the finest grid, K channels of all layers, N those of them that are live.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import LayerError
from scorecam_cli.manifest import LookedAt
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.upsampling import interpolation, ranges
from scorecam_cli.saliency.variants import Ranges

MOST_BYTES = 2**29  # of K masks on the finest grid in float64; a fit holds three times as much


@dataclass(frozen=True)
class Stacked:
    """The channels of all layers of a question.

    asked: about each layer alone, the finest grid first.
    activations: float32 [h, w, K], those of coarser layers upsampled bilinearly to the finest grid.
    live: numbers [N] of the channels that are not constant over the grid, among the K.
    firsts: which of the N is the first of each layer. before: how many of the K are of the layers before each.
    grids: of each layer the activations of its live channels on its own grid, float32 [n, h', w'].
    """

    asked: tuple[Question, ...]
    activations: NDArray[np.float32]
    live: NDArray[np.intp]
    firsts: NDArray[np.intp]
    before: NDArray[np.intp]
    grids: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(cls, asked: Sequence[Question]) -> Stacked:
        """The channels of these layers.

        Raises:
            LayerError: their masks would take more memory than is sensible.
        """
        every = [each.observation.activations for each in asked]
        h, w, _ = every[0].shape
        channels = [each.shape[2] for each in every]
        if len(asked) > 1 and h * w * sum(channels) * 8 > MOST_BYTES:
            layers = " + ".join(each.classifier.layer for each in asked)
            raise LayerError(
                f"one fit on {sum(channels)} masks of {h} x {w}, those of {layers}, takes "
                f"{3 * h * w * sum(channels) * 8 / 2**30:.1f} GiB; leave out the layer of the finest grid"
            )
        live = [each.live for each in asked]
        before = np.cumsum([0, *channels[:-1]])
        return cls(
            tuple(asked),
            np.concatenate([on_grid(each, (h, w)) for each in every], axis=2) if len(every) > 1 else every[0],
            np.concatenate([own + shift for own, shift in zip(live, before, strict=True)]),
            np.cumsum([0, *(len(own) for own in live[:-1])]),
            before,
            tuple(np.ascontiguousarray(a[:, :, own].transpose(2, 0, 1)) for a, own in zip(every, live, strict=True)),
        )

    def ranges(self) -> Ranges:
        """Smallest and largest value [N] of each live channel once it is upsampled from its own grid to [H, W]."""
        lows, highs = zip(*(ranges(grids, self.asked[0].size) for grids in self.grids), strict=True)
        return np.concatenate(lows), np.concatenate(highs)

    def layers_of(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Which layer each of some masks, numbers in 0 .. N - 1, is of: 0 is that of the finest grid."""
        return np.searchsorted(self.firsts, numbers, side="right") - 1

    def split(self, numbers: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Some masks, each layer's together: their places among `numbers`, and their activations on their own grid."""
        layers = self.layers_of(numbers)
        for layer, grids in enumerate(self.grids):
            places = np.flatnonzero(layers == layer)
            if len(places):
                yield places, grids[numbers[places] - self.firsts[layer]]

    def channels_of(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Which channel of its own layer each of some masks is."""
        return self.live[numbers] - self.before[self.layers_of(numbers)]

    def own_grids(self, numbers: NDArray[np.intp]) -> NDArray[np.float32] | tuple[NDArray[np.float32], ...]:
        """The activations of some masks, [n, h, w], or of several layers each on the grid of its own."""
        if len(self.grids) == 1:
            return self.grids[0][numbers]
        layers = self.layers_of(numbers)
        return tuple(self.grids[at][number - self.firsts[at]] for at, number in zip(layers, numbers, strict=True))


def on_grid(activations: NDArray[np.float32], shape: Sequence[int]) -> NDArray[np.float32]:
    """Activations float32 [h', w', K] upsampled bilinearly to a finer grid, (h, w): float32 [h, w, K]."""
    rows, columns = (interpolation(small, large) for small, large in zip(activations.shape[:2], shape, strict=True))
    return np.asarray(np.einsum("xr,rck,yc->xyk", rows, activations, columns, optimize=True), np.float32)


def looked_at(asked: Question, passes: Sequence[int]) -> tuple[LookedAt, ...]:
    """Each target layer as a manifest has it; passes: of each layer, or nothing where that is not known."""
    if not asked.model.has_layers:
        return ()
    layers = asked.by_layer
    known = passes if len(passes) == len(layers) else (None,) * len(layers)
    return tuple(
        LookedAt(
            name=layer.model.layer,
            grid=layer.classifier.grid,
            prefix=layer.model.prefix,
            channels=layer.observation.activations.shape[2],
            live_channels=len(layer.live),
            passes=own,
        )
        for layer, own in zip(layers, known, strict=True)
    )
