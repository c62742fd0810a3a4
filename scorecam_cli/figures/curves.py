"""The mean deletion and insertion curves of several methods, beside each other, told apart without colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas
from scorecam_cli.figures.lettering import BODY, HEADING, QUIET, TITLE, Style, width_of, wrapped
from scorecam_cli.figures.paper import SCREEN, Paper
from scorecam_cli.figures.sheet import Sheet, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 1300  # units on a screen
_MARGIN, _GAP = 28, 56
_TIGHT = 14, 40  # on paper
_HEIGHT = 330  # of a diagram
_BESIDE = 800  # units, from which on two diagrams stand beside each other
_TICKS = 46, 50  # units left of a diagram for numbers, and below it for these and what they are
_KEY = 46  # units of a line in the list of methods
# Okabe and Ito's colours, which eyes without red or green cones tell apart, dark ones first; dashes for grey.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = (  # as many as methods are compared by default, and one
    "-",
    *((0, each) for each in ((6, 2), (2, 1.5), (7, 2, 1.5, 2), (1, 2.5), (11, 2), (4, 1, 1, 1, 1, 1), (9, 2, 4, 2))),
)
_NUMBER = Style(9, "bold")
_APART = 0.05  # of the height: circles with numbers nearer than that would touch


@dataclass(frozen=True)
class Curve:
    """The mean over photos, float64 [steps + 1] in [0, 1], at equal shares from 0 to 1.

    error: its standard error, likewise; None of a single photo.
    """

    mean: NDArray[np.float64]
    error: NDArray[np.float64] | None = None

    @property
    def area(self) -> float:
        """Below it."""
        return float(((self.mean[1:] + self.mean[:-1]) / 2).mean())


Curves = Mapping[str, Curve]


def curves_figure(deletion: Curves, insertion: Curves, *, lines: tuple[str, ...] = (), paper: Paper = SCREEN) -> Sheet:
    """Probability of the class against the share of pixels changed, a line for each method.

    Each line has a number, which the list below names, the best area first; dashes differ as colours do. Curves that
    are one and the same are one line: `grad-cam = cam`.

    Args:
        deletion, insertion: by method.
        lines: what is said above: the model, how many photos.
        paper: what it is drawn for.
    """
    (margin, gap), width = _TIGHT if paper.width else (_MARGIN, _GAP), paper.room(WIDTH)
    beside = width >= _BESIDE
    room = (width - 2 * margin - gap) // 2 if beside else width - 2 * margin
    styles = {method: number for number, method in enumerate(dict.fromkeys((*deletion, *insertion)))}
    with drawing():
        canvas = Canvas(width, paper)
        top = canvas.text(["Deletion and insertion"], margin, 0.7 * margin, TITLE) + 2
        for line in lines:
            top = canvas.text(wrapped(line, width - 2 * margin, QUIET, most=6), margin, top, QUIET)
        start, ends = round(top) + 10, [0.0]
        for number, curves in enumerate((deletion, insertion)):
            left = margin + number * (room + gap) if beside else margin
            ends.append(_draw(canvas, (left, start, room), _Kind.of(number), curves, styles))
            start = start if beside else round(ends[-1]) + 16
        return canvas.sheet(max(ends) + margin * 0.6)


@dataclass(frozen=True)
class _Kind:
    """What one diagram shows. sign: 1 where a large area is good, -1 where a small one is."""

    title: str
    below: str
    sign: int

    @classmethod
    def of(cls, number: int) -> _Kind:
        """Deletion, then insertion."""
        if number == 0:
            return cls(
                "Deletion \N{DOWNWARDS ARROW} lower is better", "share of pixels taken away, the map's best first", -1
            )
        return cls("Insertion \N{UPWARDS ARROW} higher is better", "share of pixels given, the map's best first", 1)


@dataclass(frozen=True)
class _Line:
    """One line of a diagram: the methods whose curve it is, and its look, which is that of the first."""

    methods: tuple[str, ...]
    curve: Curve
    style: int

    @property
    def look(self) -> dict[str, Any]:
        """For matplotlib; colours and dashes come round at different numbers."""
        dashes = _DASHES[self.style % len(_DASHES)]
        return {"color": _COLOURS[self.style % len(_COLOURS)], "linestyle": dashes}

    @property
    def said(self) -> str:
        """Its methods and their area."""
        return f"{' = '.join(self.methods)} · {self.curve.area:.3f}"


def merged(curves: Curves, styles: Mapping[str, int], sign: int) -> list[_Line]:
    """The lines of a diagram, the best area first; methods with equal curves have one."""
    groups: list[list[str]] = []
    for method, curve in curves.items():
        same = (group for group in groups if _equal(curves[group[0]], curve))
        if (group := next(same, None)) is not None:
            group.append(method)
        else:
            groups.append([method])
    lines = [_Line(tuple(group), curves[group[0]], styles[group[0]]) for group in groups]
    return sorted(lines, key=lambda line: -sign * line.curve.area)


def _equal(first: Curve, second: Curve) -> bool:
    return first.mean.shape == second.mean.shape and bool(np.abs(first.mean - second.mean).max() < 1e-3)


def numbered_at(lines: list[_Line]) -> list[int]:
    """Where on each line its number stands: the step at which it is furthest from the other lines and their numbers."""
    heights = np.array([line.curve.mean for line in lines])  # [lines, steps + 1]
    places: list[int] = []
    if not lines:
        return places
    steps = heights.shape[1]
    for number, own in enumerate(heights):
        others = np.delete(heights, number, axis=0)
        apart = np.abs(others - own).min(axis=0) if len(others) else np.ones(steps)
        for before, step in enumerate(places):
            far = np.hypot((np.arange(steps) - step) / steps * 1.4, own - heights[before][step])
            apart = np.minimum(apart, np.where(far < _APART, -1, apart))
        inner = slice(1, max(2, steps - 1))
        places.append(1 + int(np.argmax(apart[inner])) if steps > 2 else 0)
    return places


def _draw(canvas: Canvas, place: tuple[int, int, int], kind: _Kind, curves: Curves, styles: Mapping[str, int]) -> float:
    """One diagram with its title and its list of methods; where it ends. place: left, top and width."""
    left, top, width = place
    top = round(canvas.text([kind.title], left, top, HEADING)) + 6
    lines = merged(curves, styles, kind.sign)
    canvas.axes((left + _TICKS[0], top, width - _TICKS[0], _HEIGHT), lambda axes, size: _plot(axes, size, kind, lines))
    below: float = top + _HEIGHT + _TICKS[1]
    for number, line in enumerate(lines):
        below = _draw_key(canvas, (left + _TICKS[0], below, width - _TICKS[0]), number, line)
    return below


def _draw_key(canvas: Canvas, place: tuple[int, float, int], number: int, line: _Line) -> float:
    """A piece of the line, its number, its methods and their area; where it ends."""
    left, top, width = place
    middle = top + BODY.line / 2

    def plot(axes: Axes, size: float) -> None:
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(-1, 1))
        axes.plot([0, 1], [0, 0], linewidth=1.8 * size, **line.look)

    canvas.axes((left, round(middle) - 5, _KEY, 10), plot)
    words = f"{number + 1} · {line.said}"
    indent = _KEY + 10
    style = BODY if width_of(words, BODY) < width - indent else QUIET
    text = wrapped(words, width - indent, style, most=4)
    return canvas.text(text, left + indent, top, style)


def _plot(axes: Axes, size: float, kind: _Kind, lines: list[_Line]) -> None:
    for line in lines:
        shares = np.linspace(0, 1, len(line.curve.mean))
        if line.curve.error is not None:
            low, high = line.curve.mean - line.curve.error, line.curve.mean + line.curve.error
            axes.fill_between(shares, low, high, color=line.look["color"], alpha=0.13, linewidth=0)
        axes.plot(shares, line.curve.mean, linewidth=1.8 * size, **line.look)
    for number, (line, step) in enumerate(zip(lines, numbered_at(lines), strict=True)):
        place = step / max(1, len(line.curve.mean) - 1), float(line.curve.mean[step])
        circle = {"boxstyle": "circle,pad=0.18", "fc": "white", "ec": line.look["color"], "lw": 1.2 * size}
        letters: dict[str, Any] = {"fontsize": _NUMBER.size * size, "weight": _NUMBER.weight}
        axes.text(*place, str(number + 1), ha="center", va="center", bbox=circle, zorder=5, **letters)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xlabel(kind.below, fontsize=QUIET.size * size, labelpad=3 * size)
    axes.set_ylabel("probability of the class", fontsize=QUIET.size * size, labelpad=3 * size)
    axes.tick_params(labelsize=QUIET.size * size, width=0.8 * size, length=3.5 * size, pad=3 * size)
    axes.grid(alpha=0.25, linewidth=0.8 * size)
    for spine in axes.spines.values():
        spine.set_linewidth(0.8 * size)
