"""A sheet for figures, laid out in whole pixels from the top left: no picture is resampled, text is measured first."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.figures.lettering import DPI, Style
from scorecam_cli.photos.quiet import quiet_matplotlib, quiet_warnings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAME = 190  # grey of the hairline around a picture, 0-255
_one_figure = threading.Lock()


@contextmanager
def drawing() -> Iterator[None]:
    """matplotlib as it comes: the user's style file is for their own plots, and a letter that no font has is a box.

    One figure at a time: matplotlib's settings are of the whole process.
    """
    with _one_figure, quiet_matplotlib(), quiet_warnings():
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            yield


class Canvas:
    """A white sheet of a fixed width that grows downwards; used inside `drawing()`.

    All places are pixels from the top left. What is added later lies on top.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._items: list[Callable[[Figure, int], None]] = []

    def picture(self, pixels: NDArray[np.uint8], left: int, top: int) -> None:
        """Put uint8 [rows, columns, 3] there, pixel by pixel, in a hairline frame."""
        rows, columns = pixels.shape[:2]
        framed = np.full((rows + 2, columns + 2, 3), FRAME, np.uint8)
        framed[1:-1, 1:-1] = pixels

        def draw(figure: Figure, height: int) -> None:
            figure.figimage(framed, left - 1, height - top - rows - 1, origin="upper")

        self._items.append(draw)

    def text(
        self, lines: Sequence[str], x: float, top: float, style: Style, *, align: str = "left", formula: bool = False
    ) -> float:
        """Write lines below each other from a top edge; where the last one ends, pixels.

        Args:
            align: what of each line is at x: `left`, `center` or `right`.
            formula: `$...$` is mathematics. Only for words of this program: elsewhere `$` is a letter.
        """
        for number, line in enumerate(lines):
            self._line(line, x, top + (number + 0.76) * style.line, style, align, formula)
        return top + len(lines) * style.line

    def _line(self, line: str, x: float, baseline: float, style: Style, align: str, formula: bool) -> None:
        look: dict[str, Any] = {"fontsize": style.size, "weight": style.weight, "color": style.colour}

        def draw(figure: Figure, height: int) -> None:
            place = x / self.width, 1 - baseline / height
            figure.text(*place, line, ha=align, va="baseline", parse_math=formula, **look)

        self._items.append(draw)

    def arrow(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A straight grey arrow."""

        def draw(figure: Figure, height: int) -> None:
            from matplotlib.patches import FancyArrowPatch
            from matplotlib.transforms import IdentityTransform

            ends = [(x, height - y) for x, y in (start, end)]
            shape = "-|>,head_length=5,head_width=3"
            patch = FancyArrowPatch(*ends, arrowstyle=shape, shrinkA=0, shrinkB=0, lw=1.4, color="0.45")
            patch.set_transform(IdentityTransform())
            figure.add_artist(patch)

        self._items.append(draw)

    def bracket(self, x: float, top: float, bottom: float) -> None:
        """A grey bracket that closes what stands left of it."""

        def draw(figure: Figure, height: int) -> None:
            from matplotlib.lines import Line2D

            columns = [(x - 6) / self.width, x / self.width, x / self.width, (x - 6) / self.width]
            rows = [1 - y / height for y in (top, top, bottom, bottom)]
            figure.add_artist(Line2D(columns, rows, lw=1.4, color="0.45"))

        self._items.append(draw)

    def box(self, left: float, top: float, width: float, height: float) -> None:
        """A light area in a dashed frame, where a picture is missing."""
        self._rectangle((left, top, width - 1, height - 1), ec="0.7", fc="0.97", lw=0.7, ls=(0, (4, 3)))

    def bar(self, left: float, top: float, width: float, height: float, *, colour: str) -> None:
        """An area of one colour."""
        self._rectangle((left, top, width, height), lw=0, fc=colour)

    def _rectangle(self, place: tuple[float, float, float, float], **look: Any) -> None:
        left, top, width, height = place

        def draw(figure: Figure, sheet_height: int) -> None:
            from matplotlib.patches import Rectangle
            from matplotlib.transforms import IdentityTransform

            patch = Rectangle((left, sheet_height - top - height), width, height, **look)
            patch.set_transform(IdentityTransform())
            figure.add_artist(patch)

        self._items.append(draw)

    def pixels(self, height: float) -> NDArray[np.uint8]:
        """The sheet down to this height: uint8 [height, width, 3]."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        rows = math.ceil(height)
        figure = Figure(figsize=(self.width / DPI, rows / DPI), dpi=DPI, facecolor="white")
        for draw in self._items:
            draw(figure, rows)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # [rows, columns, 4], on white
        return np.ascontiguousarray(rgba[:, :, :3])


def fit(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture as large as the box allows, its sides in their proportion, never less than one pixel.

    A small picture is enlarged by a whole factor, a pixel to a square: smoothing would show detail that is not there.
    """
    rows, columns = rgb.shape[:2]
    scale = min(width / columns, height / rows)
    scale = scale if scale < 1 else int(scale)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    method = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(rgb).resize(size, method))
