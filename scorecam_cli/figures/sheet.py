"""A figure that is laid out: as pixels, or as a file of lines and letters."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.paper import Paper
from scorecam_cli.photos.quiet import quiet_matplotlib, quiet_warnings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

_one_figure = threading.Lock()
# Letters are letters: fonts of the PDF are embedded, those of the SVG named. The same figure has the same bytes.
_SETTINGS: dict[Any, Any] = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "scorecam"}
_METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": "scorecam", "Producer": None, "CreationDate": None},
    "svg": {"Creator": "scorecam", "Date": None},
}


@contextmanager
def drawing() -> Iterator[None]:
    """matplotlib as it comes: the user's style file is for their own plots, and a letter that no font has is a box.

    One figure at a time: matplotlib's settings are of the whole process.
    """
    with _one_figure, quiet_matplotlib(), quiet_warnings():
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_SETTINGS)
            yield


@dataclass(frozen=True)
class Surface:
    """What is drawn on: a figure of matplotlib, and where the units of the layout lie in it.

    height: of the sheet, units. paper: that it is for. raster: it becomes pixels and no lines.
    """

    figure: Figure
    height: int
    paper: Paper
    raster: bool

    @property
    def letters(self) -> float:
        """What sizes in points of the layout are multiplied by."""
        return 100 / self.paper.units

    @property
    def transform(self) -> Transform:
        """From units, from the top left, to places in the figure."""
        from matplotlib.transforms import Affine2D

        inches = Affine2D().translate(0, -self.height).scale(1 / self.paper.units, -1 / self.paper.units)
        return inches + self.figure.dpi_scale_trans


Item = Callable[[Surface], None]


@dataclass(frozen=True)
class Sheet:
    """A figure, width x height units, before it becomes a file; drawn as often as it is asked for.

    items: what is on it, the last on top.
    """

    width: int
    height: int
    paper: Paper
    items: tuple[Item, ...]

    def pixels(self) -> NDArray[np.uint8]:
        """The figure as uint8 [rows, columns, 3]."""
        with drawing():
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            canvas = FigureCanvasAgg(self._figure(raster=True))
            canvas.draw()  # type: ignore[no-untyped-call]
            rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # [rows, columns, 4], on white
            return np.ascontiguousarray(rgba[:, :, :3])

    def encoded(self, form: str) -> bytes:
        """The figure as a file, `pdf` or `svg`: letters, lines, and photos in pixels."""
        with drawing():
            from matplotlib.backends.backend_pdf import FigureCanvasPdf
            from matplotlib.backends.backend_svg import FigureCanvasSVG

            made, figure = io.BytesIO(), self._figure(raster=False)
            if form == "pdf":
                FigureCanvasPdf(figure).print_pdf(made, metadata=_METADATA[form])  # type: ignore[no-untyped-call]
            else:
                FigureCanvasSVG(figure).print_svg(made, metadata=_METADATA[form])  # type: ignore[no-untyped-call]
            return made.getvalue()

    def _figure(self, *, raster: bool) -> Figure:
        from matplotlib.figure import Figure

        dots, detail = self.paper.dots, self.paper.detail
        size = [math.ceil(round(side * detail, 3)) / dots for side in (self.width, self.height)]  # inches
        figure = Figure(figsize=(size[0], size[1]), dpi=dots, facecolor="white")
        surface = Surface(figure, round(size[1] * self.paper.units, 6), self.paper, raster)  # type: ignore[arg-type]
        for draw in self.items:
            draw(surface)
        return figure
