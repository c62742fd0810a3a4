"""One figure of several maps of the same photo beside each other, for one class or one row for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas, drawing, fit
from scorecam_cli.figures.lettering import BODY, DOUBT, HEADING, QUIET, TITLE, wrapped
from scorecam_cli.photos.draw import heatmap, overlay, whole
from scorecam_cli.photos.signed import signed_heatmap, signed_levels, signed_overlay_tiles

WIDEST = 1600  # pixels of the figure; more tiles go below each other
_MARGIN = 28
_GAP = 20
_LARGEST = 340  # pixels of a picture's longer side
_SMALLEST = 150
_NARROWEST = 210  # pixels of a cell, or its text would be a column of single words
_DOUBT_LINES = 12  # of one doubt; the narrowest cell needs 7
_BAR = 280, 12  # pixels of the colour bar
_BAR_LABEL = "each map scaled by its own minimum (0) and maximum (1)"
_SIGNED_LABEL = "each map scaled by its own largest value of either sign: above 0 for the class, below 0 against it"


@dataclass(frozen=True)
class Look:
    """How maps are coloured and laid over the photo.

    colormap: a name that matplotlib knows; of signed maps one with a middle, which is zero.
    alpha: opacity of the maps, in [0, 1].
    signed: maps are of either sign.
    """

    colormap: str
    alpha: float
    signed: bool = False

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


@dataclass(frozen=True)
class Tile:
    """One map and what is said below it.

    map: float32 [H, W], finite; None where there is none, and `note` says why.
    title: of the tile, such as the method. lines: short ones below it, such as seconds and areas.
    doubts: sentences that say why the map may tell nothing.
    """

    map: NDArray[np.float32] | None
    title: str
    lines: tuple[str, ...] = ()
    note: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Cell:
    """A picture, or the lines that stand in its empty frame, and the lines below it, doubts last."""

    picture: NDArray[np.uint8] | None
    instead: tuple[str, ...]
    title: tuple[str, ...]
    lines: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def room(self) -> int:
        """Pixels of height that the picture or what stands instead of it needs."""
        if self.picture is not None:
            return int(self.picture.shape[0])
        return len(self.instead) * BODY.line + _GAP

    @property
    def words(self) -> int:
        """Pixels of height of the lines below the picture."""
        return len(self.title) * HEADING.line + len(self.lines) * QUIET.line + len(self.doubts) * DOUBT.line


def compare_figure(rgb: NDArray[np.uint8], tiles: Sequence[Tile], *, title: str, look: Look) -> NDArray[np.uint8]:
    """The photo and one overlay for each tile, in as many rows as a width of 1600 pixels asks for.

    Args:
        rgb: uint8 [H0, W0, 3].
        tiles: in their order; each map is scaled to [0, 1] by its own minimum and maximum.
        title: of the figure; `$`, control characters and any length are fine, here and in the tiles.
        look: of all maps.

    Returns:
        uint8 [rows, columns, 3].

    Raises:
        NumericsError: a value of a map is not finite.
        UsageError: no such colour map.
    """
    photo = fit(rgb, _LARGEST, _LARGEST)
    with drawing():
        cell = max(photo.shape[1], _NARROWEST)
        across = max(1, min(len(tiles) + 1, _across(cell)))
        across = -(-(len(tiles) + 1) // -(-(len(tiles) + 1) // across))  # as few as the same number of rows needs
        cells = _cells(photo, Tile(None, "photo"), tiles, cell, look=look)
        rows = [cells[first : first + across] for first in range(0, len(cells), across)]
        return _sheet(rows, title, (photo.shape[1], cell, across), look=look)


def compare_grid(
    rgb: NDArray[np.uint8], rows: Sequence[tuple[str, Sequence[Tile]]], *, title: str = "", look: Look
) -> NDArray[np.uint8]:
    """One row for each class: the photo with the row's name, then one overlay for each of its tiles.

    Args:
        rows: name of the class and its tiles; the same number in each row gives columns of one method.
        rgb, title, look: as in `compare_figure`.

    Returns:
        uint8 [rows, columns, 3], wider than 1600 pixels only for more than eight tiles in a row.

    Raises:
        NumericsError: a value of a map is not finite.
        UsageError: no such colour map.
    """
    across = 1 + max((len(tiles) for _, tiles in rows), default=0)
    side = min(_LARGEST, max(_SMALLEST, (WIDEST - 2 * _MARGIN + _GAP) // across - _GAP))
    photo = fit(rgb, side, _LARGEST)
    cell = max(photo.shape[1], min(_NARROWEST, side))
    with drawing():
        laid = [_cells(photo, Tile(None, name), tiles, cell, look=look) for name, tiles in rows]
        return _sheet(laid, title, (photo.shape[1], cell, across), look=look)


def _across(cell: int) -> int:
    """How many cells stand beside each other."""
    return (WIDEST - 2 * _MARGIN + _GAP) // (cell + _GAP)


def _cells(photo: NDArray[np.uint8], first: Tile, tiles: Sequence[Tile], width: int, *, look: Look) -> list[_Cell]:
    """The photo, named by the first tile, and each tile's overlay, with their text wrapped to cells of this width."""
    cells = []
    for number, tile in enumerate((first, *tiles)):
        picture = None
        if number == 0:
            picture = photo
        elif tile.map is not None:
            picture = look.laid_over(photo, tile.map)
        instead = () if picture is not None else wrapped(tile.note or "no map", width - _GAP, BODY, most=12)
        lines = tuple(line for text in tile.lines for line in wrapped(text, width, QUIET))
        doubts = tuple(line for doubt in tile.doubts for line in wrapped(doubt, width, DOUBT, most=_DOUBT_LINES))
        cells.append(_Cell(picture, instead, wrapped(tile.title, width, HEADING), lines, doubts))
    return cells


def _sheet(rows: Sequence[Sequence[_Cell]], title: str, plan: tuple[int, int, int], *, look: Look) -> NDArray[np.uint8]:
    """Title, rows of cells, colour bar.

    plan: pixels of a picture's width and of a cell's, and how many cells stand beside each other.
    """
    picture, cell, across = plan
    width = max(2 * _MARGIN + across * (cell + _GAP) - _GAP, 2 * _MARGIN + _BAR[0] + 2 * _GAP)
    canvas = Canvas(width)
    top = canvas.text(wrapped(title, width - 2 * _MARGIN, TITLE), _MARGIN, _MARGIN * 0.7, TITLE) + _GAP * 0.5
    for cells in rows:
        room, words = max(each.room for each in cells), max(each.words for each in cells)
        for number, each in enumerate(cells):
            _draw_cell(canvas, each, _MARGIN + number * (cell + _GAP), round(top), (picture, cell, room))
        top += room + 6 + words + _GAP
    return canvas.pixels(_colour_bar(canvas, round(top), look=look) + _MARGIN * 0.7)


def _draw_cell(canvas: Canvas, cell: _Cell, left: int, top: int, room: tuple[int, int, int]) -> None:
    """One cell from its top left corner; room: width of a picture, width of the cell, height of a picture."""
    picture, width, height = room
    if cell.picture is None:
        canvas.box(left - 1, top - 1, width + 2, height + 2)
        used = len(cell.instead) * BODY.line
        canvas.text(cell.instead, left + width / 2, top + (height - used) / 2, BODY, align="center")
    else:
        canvas.picture(cell.picture, left + (width - picture) // 2, top + (height - cell.picture.shape[0]) // 2)
    below = canvas.text(cell.title, left + width / 2, top + height + 6, HEADING, align="center")
    below = canvas.text(cell.lines, left + width / 2, below, QUIET, align="center")
    canvas.text(cell.doubts, left + width / 2, below, DOUBT, align="center")


def _colour_bar(canvas: Canvas, top: int, *, look: Look) -> float:
    """The one scale of all tiles, in the middle; where it ends, pixels."""
    ramp = np.linspace(-1 if look.signed else 0, 1, _BAR[0], dtype=np.float32)[None]  # [1, columns]
    left = (canvas.width - _BAR[0]) // 2
    canvas.picture(look.heat(ramp, *_BAR), left, top)
    canvas.text(["-1" if look.signed else "0"], left - 8, top - 2, QUIET, align="right")
    canvas.text(["1"], left + _BAR[0] + 8, top - 2, QUIET)
    label = wrapped(_SIGNED_LABEL if look.signed else _BAR_LABEL, canvas.width - 2 * _MARGIN, QUIET)
    return canvas.text(label, canvas.width / 2, top + _BAR[1] + 4, QUIET, align="center")
