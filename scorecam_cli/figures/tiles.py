"""Maps of the same photo as tiles of a sheet: overlay, title, numbers, doubts, and the scale of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas, Picture
from scorecam_cli.figures.lettering import BEST, BODY, DOUBT, HEADING, QUIET, TITLE, wrapped
from scorecam_cli.figures.look import Look

WIDEST = 1600  # units of the figure; more tiles go below each other
MARGIN, GAP = 28, 20
TIGHT = 14, 10  # the same on paper
LARGEST = 340  # units of a picture's longer side
NARROWEST = 210  # units of a cell, or its text would be a column of single words
BAR = 280, 12  # units of the colour bar
_DOUBT_LINES = 12  # of one doubt; the narrowest cell needs 7
_BAR_LABEL = "each map scaled by its own minimum (0) and maximum (1)"
_SIGNED_LABEL = "each map scaled by its own largest value of either sign: above 0 for the class, below 0 against it"


@dataclass(frozen=True)
class Tile:
    """One map and what is said below it.

    map: float32 [H, W], finite; None where there is none, and `note` says why.
    title: of the tile, such as the method. lines: short ones below it, such as seconds and areas.
    best: those of the lines that no other tile betters.
    doubts: sentences that say why the map may tell nothing.
    """

    map: NDArray[np.float32] | None
    title: str
    lines: tuple[str, ...] = ()
    note: str = ""
    doubts: tuple[str, ...] = ()
    best: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What stands above a figure, and below its colour bar.

    title: in bold. lines: below it, such as which photo, and what made the maps. note: of the scale, added to its own
    words. `$`, control characters and any length are fine, here and in the tiles.
    """

    title: str = ""
    lines: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """A picture, or the lines that stand in its empty frame, and the lines below it, doubts last."""

    picture: Picture | None
    instead: tuple[str, ...]
    title: tuple[str, ...]
    lines: tuple[tuple[str, bool], ...]  # each with whether it is a best one
    doubts: tuple[str, ...]

    @property
    def room(self) -> int:
        """Units of height that the picture or what stands instead of it needs."""
        return self.picture.height if self.picture is not None else len(self.instead) * BODY.line + GAP

    @property
    def words(self) -> int:
        """Units of height of the lines below the picture."""
        return len(self.title) * HEADING.line + len(self.lines) * QUIET.line + len(self.doubts) * DOUBT.line


@dataclass(frozen=True)
class Plan:
    """Units: the sheet's margin, what lies between cells, a cell's width, and how many stand beside each other."""

    margin: int
    gap: int
    cell: int
    across: int

    @property
    def width(self) -> int:
        """Of the sheet."""
        room = self.across * (self.cell + self.gap) - self.gap
        return 2 * self.margin + max(room, BAR[0] + 2 * self.gap)


def fitted_photo(canvas: Canvas, rgb: NDArray[np.uint8], plan: Plan) -> Picture:
    """A photo as large as a cell."""
    return canvas.fit(rgb, plan.cell, LARGEST)


def laid(photo: Picture, tile: Tile, plan: Plan, look: Look) -> Cell:
    """A tile with its map over the photo, where it has one."""
    picture = None if tile.map is None else photo._replace(pixels=look.laid_over(photo.pixels, tile.map))
    return cell_of(tile, picture, plan)


def cell_of(tile: Tile, picture: Picture | None, plan: Plan) -> Cell:
    """A tile with its text wrapped to the width of a cell."""
    instead = () if picture is not None else wrapped(tile.note or "no map", plan.cell - plan.gap, BODY, most=12)
    lines = [
        (line, text in tile.best)
        for text in tile.lines
        for line in wrapped(text, plan.cell, BEST if text in tile.best else QUIET)
    ]
    doubts = [line for doubt in tile.doubts for line in wrapped(doubt, plan.cell, DOUBT, most=_DOUBT_LINES)]
    return Cell(picture, instead, wrapped(tile.title, plan.cell, HEADING), tuple(lines), tuple(doubts))


def heading(canvas: Canvas, words: Words, plan: Plan) -> float:
    """Title and lines; where the pictures begin."""
    width = plan.width - 2 * plan.margin
    top = canvas.text(wrapped(words.title, width, TITLE), plan.margin, plan.margin * 0.7, TITLE)
    for line in words.lines:
        top = canvas.text(wrapped(line, width, QUIET, most=5), plan.margin, top + 1, QUIET)
    return top + plan.gap * 0.5


def draw_cells(canvas: Canvas, cells: Sequence[Cell], top: int, plan: Plan) -> float:
    """One row of cells; where the next one begins."""
    room, words = max(each.room for each in cells), max(each.words for each in cells)
    for number, each in enumerate(cells):
        _draw_cell(canvas, each, (plan.margin + number * (plan.cell + plan.gap), top, plan.cell, room))
    return top + room + 6 + words + plan.gap


def _draw_cell(canvas: Canvas, cell: Cell, place: tuple[int, int, int, int]) -> None:
    """One cell; place: left, top, its width, and the height of its picture."""
    left, top, width, height = place
    middle = left + width / 2
    if cell.picture is None:
        canvas.box(left - 1, top - 1, width + 2, height + 2)
        used = len(cell.instead) * BODY.line
        canvas.text(cell.instead, middle, top + (height - used) / 2, BODY, align="center")
    else:
        inset = (width - cell.picture.width) // 2, (height - cell.picture.height) // 2
        canvas.picture(cell.picture, left + inset[0], top + inset[1])
    below = canvas.text(cell.title, middle, top + height + 6, HEADING, align="center")
    for line, best in cell.lines:
        below = canvas.text([line], middle, below, BEST if best else QUIET, align="center")
    canvas.text(cell.doubts, middle, below, DOUBT, align="center")


def colour_bar(canvas: Canvas, top: int, plan: Plan, *, look: Look, note: str, left: int | None = None) -> float:
    """The one scale of all tiles, in the middle or from a left edge; where it ends."""
    detail = look.paper.detail
    ramp = np.linspace(-1 if look.signed else 0, 1, BAR[0], dtype=np.float32)[None]  # [1, columns]
    bar = look.heat(ramp, *(round(side * detail) for side in BAR))
    start = (plan.width - BAR[0]) // 2 if left is None else left
    canvas.picture(Picture(bar, *BAR), start, top)
    canvas.text(["-1" if look.signed else "0"], start - 8, top - 2, QUIET, align="right")
    canvas.text(["1"], start + BAR[0] + 8, top - 2, QUIET)
    words = (_SIGNED_LABEL if look.signed else _BAR_LABEL) + (f"; {note}" if note else "")
    if left is None:
        label = wrapped(words, plan.width - 2 * plan.margin, QUIET, most=6)
        return canvas.text(label, plan.width / 2, top + BAR[1] + 4, QUIET, align="center")
    label = wrapped(words, plan.width - plan.margin - left, QUIET, most=6)
    return canvas.text(label, left, top + BAR[1] + 4, QUIET)
