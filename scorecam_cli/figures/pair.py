"""One figure of two classes of a photo: the one that is predicted and the one that is expected of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.compare import Look, Tile, compare_figure
from scorecam_cli.figures.subject import Subject


def pair_figure(subject: Subject) -> NDArray[np.uint8]:
    """The photo and one overlay for each class of its explanation, named, beside each other.

    Args:
        subject: of either class.

    Returns:
        uint8 [rows, columns, 3], as `compare_figure`, which says what else it raises.
    """
    each = [replace(subject, found=found) for found in subject.explanation.classes]
    tiles = [Tile(one.found.map, one.found.name, (one.what, one.making), doubts=one.doubts) for one in each]
    look = Look(subject.colormap, subject.alpha, signed=subject.explanation.signed)
    return compare_figure(subject.photo.rgb, tiles, title=", ".join(one.found.name for one in each), look=look)
