"""A sheet for figures, laid out in units from the top left, pixels on a screen: text is measured first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.figures.lettering import Style
from scorecam_cli.figures.paper import SCREEN, Paper
from scorecam_cli.figures.sheet import Item, Sheet, Surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRAME = 190  # grey of the hairline around a picture, 0-255
_LINE, _HEAD = 1.4, "-|>,head_length=5,head_width=3"  # points, of arrows
_GREY = "0.45"


class Picture(NamedTuple):
    """A picture, uint8 [rows, columns, 3], and its room in units, which hold as many pixels as the paper asks for."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


class Canvas:
    """A white sheet of a fixed width that grows downwards; used inside `sheet.drawing()`.

    All places are units from the top left. What is added later lies on top.
    """

    def __init__(self, width: int, paper: Paper = SCREEN) -> None:
        self.width = width
        self.paper = paper
        self._items: list[Item] = []

    def fit(self, rgb: NDArray[np.uint8], width: int, height: int) -> Picture:
        """A picture as large as the box allows, see `fit`."""
        columns, rows = fitted(rgb, width, height)
        size = max(1, round(columns * self.paper.detail)), max(1, round(rows * self.paper.detail))
        return Picture(_resized(rgb, size), columns, rows)

    def picture(self, picture: Picture | NDArray[np.uint8], left: int, top: int) -> None:
        """Put it there, pixel by pixel, in a hairline frame; without its room in units its pixels are that."""
        if not isinstance(picture, Picture):
            picture = Picture(picture, picture.shape[1], picture.shape[0])
        self._items.append(lambda surface: _draw_picture(surface, picture, left, top))

    def text(
        self, lines: Sequence[str], x: float, top: float, style: Style, *, align: str = "left", formula: bool = False
    ) -> float:
        """Write lines below each other from a top edge; where the last one ends.

        Args:
            align: what of each line is at x: `left`, `center` or `right`.
            formula: `$...$` is mathematics. Only for words of this program: elsewhere `$` is a letter.
        """
        for number, line in enumerate(lines):
            self._line(line, x, top + (number + 0.76) * style.line, style, align, formula)
        return top + len(lines) * style.line

    def _line(self, line: str, x: float, baseline: float, style: Style, align: str, formula: bool) -> None:
        def draw(surface: Surface) -> None:
            look: dict[str, Any] = {"weight": style.weight, "color": style.colour, "transform": surface.transform}
            size = style.size * surface.letters
            surface.figure.text(x, baseline, line, ha=align, va="baseline", parse_math=formula, fontsize=size, **look)

        self._items.append(draw)

    def arrow(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A straight grey arrow."""
        self.path([start, end])

    def path(self, corners: Sequence[tuple[float, float]], *, head: bool = True) -> None:
        """A grey line from corner to corner, which ends in the head of an arrow."""

        def draw(surface: Surface) -> None:
            from matplotlib.patches import FancyArrowPatch
            from matplotlib.path import Path

            scale = surface.letters
            patch = FancyArrowPatch(
                path=Path(corners),
                arrowstyle=_HEAD if head else "-",
                mutation_scale=scale,
                lw=_LINE * scale,
                color=_GREY,
            )
            patch.set_transform(surface.transform)
            surface.figure.add_artist(patch)

        self._items.append(draw)

    def bracket(self, x: float, top: float, bottom: float) -> None:
        """A grey bracket that closes what stands left of it."""
        self.path([(x - 6, top), (x, top), (x, bottom), (x - 6, bottom)], head=False)

    def box(self, left: float, top: float, width: float, height: float) -> None:
        """A light area in a dashed frame, where a picture is missing."""
        self._rectangle((left, top, width - 1, height - 1), ec="0.7", fc="0.97", lw=0.7, ls=(0, (4, 3)))

    def bar(self, left: float, top: float, width: float, height: float, *, colour: str) -> None:
        """An area of one colour."""
        self._rectangle((left, top, width, height), lw=0, fc=colour)

    def _rectangle(self, place: tuple[float, float, float, float], **look: Any) -> None:
        left, top, width, height = place

        def draw(surface: Surface) -> None:
            from matplotlib.patches import Rectangle

            patch = Rectangle((left, top), width, height, **{**look, "lw": look["lw"] * surface.letters})
            patch.set_transform(surface.transform)
            surface.figure.add_artist(patch)

        self._items.append(draw)

    def axes(self, place: tuple[float, float, float, float], plot: Callable[[Axes, float], None]) -> None:
        """A diagram in left, top, width, height; plot: is given its axes and what sizes in points are multiplied by."""
        left, top, width, height = place

        def draw(surface: Surface) -> None:
            across, down = (side * surface.paper.units for side in surface.figure.get_size_inches())
            axes = surface.figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
            plot(axes, surface.letters)

        self._items.append(draw)

    def sheet(self, height: float) -> Sheet:
        """The sheet down to this height."""
        return Sheet(self.width, math.ceil(height), self.paper, tuple(self._items))


def fitted(rgb: NDArray[np.uint8], width: int, height: int) -> tuple[int, int]:
    """Columns and rows of a picture as large as the box allows, its sides in their proportion, at least one each.

    A small picture is enlarged by a whole factor, a pixel to a square: smoothing would show detail that is not there.
    """
    rows, columns = rgb.shape[:2]
    scale = min(width / columns, height / rows)
    scale = scale if scale < 1 else int(scale)
    return max(1, round(columns * scale)), max(1, round(rows * scale))


def fit(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture as large as the box of pixels allows, see `fitted`."""
    return _resized(rgb, fitted(rgb, width, height))


def _resized(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    smaller = size[0] < rgb.shape[1] or size[1] < rgb.shape[0]
    method = Image.Resampling.LANCZOS if smaller else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(rgb).resize(size, method))


def _draw_picture(surface: Surface, picture: Picture, left: int, top: int) -> None:
    if surface.raster:
        _draw_pixels(surface, picture.pixels, left, top)
        return
    from matplotlib.patches import Rectangle

    across, down = (side * surface.paper.units for side in surface.figure.get_size_inches())
    width, height = picture.width, picture.height
    place = (left / across, 1 - (top + height) / down, width / across, height / down)
    axes = surface.figure.add_axes(place)
    axes.set_axis_off()
    axes.imshow(picture.pixels, interpolation="none", aspect="auto")  # as it is, in the file
    frame = Rectangle((left, top), width, height, fill=False, ec=str(FRAME / 255), lw=0.5)
    frame.set_transform(surface.transform)
    surface.figure.add_artist(frame)


def _draw_pixels(surface: Surface, pixels: NDArray[np.uint8], left: int, top: int) -> None:
    detail, (rows, columns) = surface.paper.detail, pixels.shape[:2]
    edge = max(1, round(detail / 2))
    framed = np.full((rows + 2 * edge, columns + 2 * edge, 3), FRAME, np.uint8)
    framed[edge:-edge, edge:-edge] = pixels
    bottom = round(surface.figure.get_size_inches()[1] * surface.paper.dots) - round(top * detail) - rows
    surface.figure.figimage(framed, round(left * detail) - edge, bottom - edge, origin="upper")
