"""The map over the photo, hatched where it is not certain whether a position speaks for the class or against it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import Tile, tiles, to_uint8
from scorecam_cli.photos.signed import NEUTRAL, signed_levels
from scorecam_cli.records import CERTAIN, Uncertainty
from scorecam_cli.saliency.upsampling import upsample

_STRIPES = 40  # white and black ones side by side, along the longer side of the photo
_STROKE = 0.16  # of the way from one stripe to the next is white, and so much is black
_OPACITY = np.float32(0.55)


def uncertainty_tiles(subject: Subject) -> Iterator[Tile]:
    """The overlay part by part, hatched where its sign is not certain.

    It is where the value is nearer to zero than 1.96 standard deviations, both upsampled: the deviation of a value
    between two positions is no larger than that.

    Yields:
        Tiles of uint8 [rows, columns, 3].

    Raises:
        UsageError: it is not known how sure the map is.
    """
    photo, size = subject.photo, subject.found.map.shape
    unsure = signed_levels(_margin(subject.uncertainty, size), width=photo.width, height=photo.height) <= NEUTRAL
    apart = max(4.0, max(photo.width, photo.height) / _STRIPES)  # pixels
    overlaid = iter(subject.overlay_tiles())
    for place in tiles(photo.height, photo.width):
        tile = next(overlaid)
        rows, columns = (np.arange(part.start, part.stop) for part in place)
        along = np.add.outer(rows, columns) / apart % 1  # [rows, columns]
        white, black = along < _STROKE, (along >= _STROKE) & (along < 2 * _STROKE)
        drawn = np.where(unsure[place] & (white | black), _OPACITY, np.float32(0))[..., None]
        ink = white[..., None].astype(np.float32)
        yield Tile(*place, to_uint8(tile.rgb / np.float32(255) * (1 - drawn) + ink * drawn))


def _margin(known: Uncertainty, size: tuple[int, ...]) -> NDArray[np.float32]:
    """How far each pixel is beyond what is certain, below zero where it is not: float32 [H, W]."""
    return np.asarray(np.abs(upsample(known.contributions, size)) - CERTAIN * upsample(known.deviations, size))
