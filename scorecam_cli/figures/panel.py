"""One figure of a photo: the photo, its heatmap with a scale, the overlay, and what they show."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.figures.canvas import drawing
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import heatmap, overlay
from scorecam_cli.words import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 100
_LONGEST = 520  # pixels of a picture's longer side: three beside each other fill a screen
_SHORTEST = 260  # pixels that are left free for a picture's shorter side, or its caption would be wider than it
_GAP = 24
_CAPTION = 26  # pixels above each picture
_SHORTEST_SCALE = 60  # pixels of the colour bar, or the numbers at its ends would lie on each other
_SCALE_GAP = 8
_SCALE = 14  # pixels of the colour bar's width
_SCALE_ROOM = 96  # pixels for the colour bar, its gap and its numbers
_LINE = 22  # pixels of one line of the title
_TITLE_LETTERS = 0.085  # letters a pixel: bold letters of 12 points are 11 to 12 pixels wide on average
_TITLE_LINES = 3


def panel(subject: Subject) -> NDArray[np.uint8]:
    """Photo, heatmap with a colour bar of the map's real range, and overlay, in one titled figure.

    Pictures stand beside each other, or, where the photo is much wider than high, below each other.

    Returns:
        uint8 [rows, columns, 3], of a size that depends on the photo's shape, not on its pixels.

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map.
    """
    saliency, colormap, score = subject.found.map, subject.colormap, subject.found.score
    small = _shown(subject.photo.rgb)
    height, width = small.shape[:2]
    heat = heatmap(saliency, width=width, height=height, colormap=colormap)
    pictures = [("photo", small), ("heatmap", heat), ("overlay", overlay(small, heat, alpha=subject.alpha))]
    title = one_line(score.label.name)
    model, layer = one_line(subject.model.name), one_line(subject.model.layer)
    subtitle = f"probability {score.probability:.3g}, {model}, layer {layer}"
    low, high = float(saliency.min()), float(saliency.max())

    with drawing():
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure = _draw(pictures, (title, subtitle), (low, high), colormap=colormap)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # [rows, columns, 4], on white
    return np.ascontiguousarray(rgba[:, :, :3])


def _shown(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The photo at the size it has in the figure: its longer side is 520 pixels, never less than one pixel wide."""
    height, width = rgb.shape[:2]
    scale = _LONGEST / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # A small photo is enlarged by whole squares: smoothing would show detail that is not there.
    method = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(rgb).resize(size, method))


@dataclass(frozen=True)
class _Plan:
    """Where everything lies, in whole pixels from the top left, so that no picture is resampled again."""

    columns: int
    rows: int
    lines: tuple[str, ...]
    pictures: tuple[tuple[int, int], ...]  # left, top of each
    width: int  # of each picture
    height: int

    def share(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        """A rectangle as matplotlib wants it: shares of the figure, from the bottom left."""
        return left / self.columns, 1 - (top + height) / self.rows, width / self.columns, height / self.rows


def _plan(width: int, height: int, titles: tuple[str, str]) -> _Plan:
    """Three pictures beside each other, or, where they are much wider than high, below each other."""
    stacked = width > 2 * height
    cell_width = max(width, _SHORTEST)
    cell_height = max(height, _SHORTEST if not stacked else _SHORTEST_SCALE)
    columns = 2 * _GAP + _SCALE_ROOM + (cell_width if stacked else 3 * cell_width + 2 * _GAP)
    lines = _title_lines(titles, columns)
    top = _GAP + _LINE * len(lines) + _GAP // 2 + _CAPTION
    if stacked:
        step = cell_height + _GAP + _CAPTION
        cells = [(_GAP, top + number * step) for number in range(3)]
    else:
        steps = (0, cell_width + _GAP, 2 * (cell_width + _GAP) + _SCALE_ROOM)  # the scale follows the second
        cells = [(_GAP + step, top) for step in steps]
    inset_x, inset_y = (cell_width - width) // 2, (cell_height - height) // 2
    pictures = tuple((left + inset_x, top + inset_y) for left, top in cells)
    return _Plan(columns, cells[-1][1] + cell_height + _GAP, lines, pictures, width, height)


def _draw(
    pictures: list[tuple[str, NDArray[np.uint8]]],
    titles: tuple[str, str],
    value_range: tuple[float, float],
    *,
    colormap: str,
) -> Figure:
    """The figure: the title's lines, then each picture under its caption, the second with its scale."""
    from matplotlib.figure import Figure

    height, width = pictures[0][1].shape[:2]
    plan = _plan(width, height, titles)
    figure = Figure(figsize=(plan.columns / DPI, plan.rows / DPI), dpi=DPI, facecolor="white")
    _draw_title(figure, plan)
    for (caption, pixels), (left, top) in zip(pictures, plan.pictures, strict=True):
        axes = figure.add_axes(plan.share(left, top, width, height))
        axes.imshow(pixels, aspect="auto", interpolation="none")
        axes.set_xticks([])
        axes.set_yticks([])
        _thin_frame(axes)
        x, y = plan.share(left + width / 2, top - _CAPTION / 2, 0, 0)[:2]
        figure.text(x, y, caption, ha="center", va="center", fontsize=10)
        if caption == "heatmap":
            scale_height = max(height, _SHORTEST_SCALE)
            scale_top = top + (height - scale_height) // 2
            place = plan.share(left + width + _SCALE_GAP, scale_top, _SCALE, scale_height)
            _colour_bar(figure, place, value_range, colormap=colormap)
    return figure


def _draw_title(figure: Figure, plan: _Plan) -> None:
    """The class in bold, the model in grey below it; `$` is a letter like any other."""
    for number, line in enumerate(plan.lines):
        last = number == len(plan.lines) - 1
        style: dict[str, Any] = {"fontsize": 9, "color": "0.35"} if last else {"fontsize": 12, "weight": "bold"}
        y = plan.share(0, _GAP / 2 + _LINE * (number + 0.5), 0, 0)[1]
        text = figure.text(0.5, y, line, ha="center", va="center", parse_math=False, **style)
        share = text.get_window_extent().width / (plan.columns - _GAP)
        if share > 1:  # a line of wide letters
            text.set_fontsize(style["fontsize"] / share)


def _colour_bar(
    figure: Figure,
    place: tuple[float, float, float, float],
    value_range: tuple[float, float],
    *,
    colormap: str,
) -> None:
    """A scale from the map's minimum to its maximum; a flat map has one number and its lowest colour."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    low, high = value_range
    axes = figure.add_axes(place)
    if high <= low:
        axes.imshow(heatmap(np.zeros((1, 1), np.float32), width=1, height=1, colormap=colormap), aspect="auto")
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks([0], [f"{low:.3g}"])
    else:
        bar = figure.colorbar(ScalarMappable(Normalize(low, high), colormap), cax=axes)
        ticks = np.linspace(low, high, 5 if place[3] * figure.bbox.height > 150 else 2)
        bar.set_ticks(list(ticks), labels=[f"{tick:.3g}" for tick in ticks])
    axes.tick_params(labelsize=8, length=2, width=0.5)
    _thin_frame(axes)


def _thin_frame(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set_linewidth(0.4)


def _title_lines(titles: tuple[str, str], columns: int) -> tuple[str, ...]:
    """The class over as many lines as it needs, at most three, and one line for the model."""
    letters = int(columns * _TITLE_LETTERS)
    title = textwrap.wrap(titles[0], letters, max_lines=_TITLE_LINES, placeholder=" …") or [""]
    return (*title, textwrap.shorten(titles[1], int(letters * 1.4), placeholder=" …"))
