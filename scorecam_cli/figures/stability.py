"""One figure of a photo and the same with noise that nobody sees: whether the maps of several methods stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas
from scorecam_cli.figures.compare import plan_of
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.sheet import Sheet, drawing
from scorecam_cli.figures.tiles import Cell, Tile, Words, cell_of, colour_bar, draw_cells, fitted_photo, heading, laid


def stability_figure(
    photos: tuple[tuple[str, NDArray[np.uint8]], tuple[str, NDArray[np.uint8]]],
    tiles: Sequence[tuple[Tile, Tile]],
    *,
    words: Words,
    look: Look,
) -> Sheet:
    """Above the photo and its maps, below the photo with noise and its maps; as often as the width asks for.

    Args:
        photos: what each is called, and uint8 [H, W, 3] of one size.
        tiles: of each method the map of the one and of the other.
        words: above all.
        look: of all maps.

    Raises:
        NumericsError: a value of a map is not finite.
        UsageError: no such colour map.
    """
    plan = plan_of(photos[0][1], len(tiles) + 1, look)
    with drawing():
        canvas = Canvas(plan.width, look.paper)
        rows: list[list[Cell]] = []
        for number, (name, rgb) in enumerate(photos):
            photo = fitted_photo(canvas, rgb, plan)
            cells = [laid(photo, pair[number], plan, look) for pair in tiles]
            rows.append([cell_of(Tile(None, name), photo, plan), *cells])
        top = heading(canvas, words, plan)
        for first in range(0, len(rows[0]), plan.across):
            for row in rows:
                top = draw_cells(canvas, row[first : first + plan.across], round(top), plan)
        return canvas.sheet(colour_bar(canvas, round(top), plan, look=look, note=words.note) + plan.margin * 0.7)
