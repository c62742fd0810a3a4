"""One figure of several maps of the same photo beside each other, for one class or one row for each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas, fitted
from scorecam_cli.figures.lettering import HEADING, wrapped
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.sheet import Sheet, drawing
from scorecam_cli.figures.tiles import (
    BAR,
    GAP,
    LARGEST,
    MARGIN,
    NARROWEST,
    TIGHT,
    WIDEST,
    Plan,
    Tile,
    Words,
    cell_of,
    colour_bar,
    draw_cells,
    fitted_photo,
    heading,
    laid,
)


def compare_figure(rgb: NDArray[np.uint8], tiles: Sequence[Tile], *, words: Words, look: Look) -> Sheet:
    """The photo and one overlay for each tile, in as many rows as the width asks for, on a screen 1600 units.

    Args:
        rgb: uint8 [H0, W0, 3].
        tiles: in their order; each map is scaled to [0, 1] by its own minimum and maximum.
        words: above all.
        look: of all maps.

    Raises:
        NumericsError: a value of a map is not finite.
        UsageError: no such colour map.
    """
    count = len(tiles) + 1
    plan = plan_of(rgb, count, look)
    with drawing():
        canvas = Canvas(plan.width, look.paper)
        photo = fitted_photo(canvas, rgb, plan)
        cells = [cell_of(Tile(None, "photo"), photo, plan), *(laid(photo, tile, plan, look) for tile in tiles)]
        top = heading(canvas, words, plan)
        for first in range(0, count, plan.across):
            top = draw_cells(canvas, cells[first : first + plan.across], round(top), plan)
        return canvas.sheet(colour_bar(canvas, round(top), plan, look=look, note=words.note) + plan.margin * 0.7)


def compare_grid(
    rgb: NDArray[np.uint8], rows: Sequence[tuple[str, Sequence[Tile]]], *, words: Words, look: Look
) -> Sheet:
    """The photo, then for each class a line that names it, and below that one overlay for each of its tiles.

    Args:
        rows: name of the class and its tiles; the same number in each row gives columns of one method.
        rgb, words, look: as in `compare_figure`.

    Raises:
        NumericsError: a value of a map is not finite.
        UsageError: no such colour map.
    """
    plan = _grid_plan(max((len(tiles) for _, tiles in rows), default=1), look)
    with drawing():
        canvas = Canvas(plan.width, look.paper)
        photo = fitted_photo(canvas, rgb, plan)
        top = round(heading(canvas, words, plan))
        canvas.picture(photo, plan.margin, top)
        beside = plan.margin + photo.width + plan.gap
        if plan.width - beside - plan.margin >= BAR[0] + 60:  # the scale has room beside the photo
            colour_bar(canvas, top, plan, look=look, note=words.note, left=beside + 24)
            top += photo.height + plan.gap
        else:
            top = round(colour_bar(canvas, top + photo.height + plan.gap, plan, look=look, note=words.note)) + plan.gap
        for name, tiles in rows:
            top = (
                round(canvas.text(wrapped(name, plan.width - 2 * plan.margin, HEADING), plan.margin, top, HEADING)) + 4
            )
            cells = [laid(photo, tile, plan, look) for tile in tiles]
            for first in range(0, len(cells), plan.across):
                top = round(draw_cells(canvas, cells[first : first + plan.across], top, plan))
        return canvas.sheet(top - plan.gap + plan.margin * 0.7)


def plan_of(rgb: NDArray[np.uint8], count: int, look: Look) -> Plan:
    """Room for so many pictures of this shape, as few beside each other as the same number of rows needs."""
    margin, gap = (MARGIN, GAP) if look.paper.width is None else TIGHT
    width = look.paper.room(WIDEST)
    if look.paper.width is None:
        cell = max(NARROWEST, fitted(rgb, LARGEST, LARGEST)[0])
    else:
        most = max(1, (width - 2 * margin + gap) // (NARROWEST + gap))
        cell = (width - 2 * margin + gap) // most - gap
    across = max(1, min(count, (width - 2 * margin + gap) // (cell + gap)))
    if look.paper.width is None:
        across = -(-count // -(-count // across))  # as few as the same number of rows needs
    return Plan(margin, gap, cell, across)


def _grid_plan(count: int, look: Look) -> Plan:
    margin, gap = (MARGIN, GAP) if look.paper.width is None else TIGHT
    room = look.paper.room(WIDEST) - 2 * margin + gap
    if look.paper.width is not None:
        across = max(1, min(count, room // (NARROWEST + gap)))
        return Plan(margin, gap, room // across - gap, across)
    side = min(LARGEST, max(NARROWEST, room // count - gap))
    return Plan(margin, gap, side, count)
