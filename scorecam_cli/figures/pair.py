"""One figure of two classes of a photo: the one that is predicted and the one that is expected of it."""

from __future__ import annotations

from dataclasses import replace

from scorecam_cli.figures.compare import compare_figure
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.sheet import Sheet
from scorecam_cli.figures.subject import Subject
from scorecam_cli.figures.tiles import Tile, Words


def pair_figure(subject: Subject) -> Sheet:
    """The photo and one overlay for each class of its explanation, named, beside each other.

    Args:
        subject: of either class.

    Raises:
        NumericsError, UsageError: as `compare_figure`.
    """
    each = [replace(subject, found=found) for found in subject.explanation.classes]
    tiles = [Tile(one.shown, one.found.name, (one.what, one.making), doubts=one.doubts) for one in each]
    look = Look(subject.colormap, subject.alpha, signed=subject.explanation.signed, paper=subject.paper)
    title = Words(", ".join(one.found.name for one in each))
    return compare_figure(subject.photo.rgb, tiles, words=title, look=look)
