"""Letters on a sheet: their styles, how wide a line is, and text over several lines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scorecam_cli.words import one_line

DPI = 100


@dataclass(frozen=True)
class Style:
    """How text looks; size in points, colour as matplotlib names it."""

    size: float
    weight: str = "normal"
    colour: str = "black"

    @property
    def line(self) -> int:
        """Height of one line, pixels."""
        return math.ceil(self.size * DPI / 72 * 1.3)


TITLE = Style(14, "bold")
HEADING = Style(11, "bold")
BODY = Style(10)
QUIET = Style(9.5, colour="0.35")
BEST = Style(9.5, "bold", "0.1")
DOUBT = Style(9.5, "bold", "#a32a12")


def wrapped(text: str, width: float, style: Style, *, most: int = 3) -> tuple[str, ...]:
    """The text over at most so many lines of at most so many pixels; what does not fit ends in an ellipsis.

    Control characters and lone surrogates are spelt out; a word wider than a line is broken.
    """
    measure = _ruler(style)
    lines: list[str] = []
    rest = one_line(text)
    while rest:
        end = _longest(rest, width, measure)
        last = end < len(rest) and len(lines) == most - 1
        if last:
            end = _longest(rest, width - measure(" …"), measure)
        if end < len(rest) and rest[end] != " " and " " in rest[:end]:
            end = rest.rindex(" ", 0, end)
        lines.append(rest[:end].rstrip() + (" …" if last else ""))
        if last:
            break
        rest = rest[end:].lstrip()
    return tuple(lines)


def width_of(line: str, style: Style) -> float:
    """How wide one line is in this style, pixels."""
    return _ruler(style)(line)


def _longest(text: str, width: float, measure: Callable[[str], float]) -> int:
    """How many of the letters fit, at least one; width grows with each letter, so halving finds it."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _ruler(style: Style) -> Callable[[str], float]:
    """What tells the width of one line in this style, pixels."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    renderer = RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
    font = FontProperties(size=style.size, weight=style.weight)

    def measure(line: str) -> float:
        width, _, _ = renderer.get_text_width_height_descent(line, font, ismath=False)  # type: ignore[no-untyped-call]
        return float(width)

    return measure
