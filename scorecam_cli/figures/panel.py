"""One figure of a photo: the photo, its heatmap with a scale, the overlay, and what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorecam_cli.figures.canvas import Canvas, Picture, fitted
from scorecam_cli.figures.lettering import DOUBT, HEADING, QUIET, TITLE, width_of, wrapped
from scorecam_cli.figures.sheet import Sheet, drawing
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import PERCENTILE, heatmap

_MARGIN, _GAP = 28, 20
_TIGHT = 14, 12  # the same on paper, where each millimetre is one
_LARGEST = 440  # units of a picture's longer side: three beside each other are 1416 wide
_NARROWEST = 200  # units of a cell, or its scale would be too short for numbers
_SCALE = 14  # units of the colour bar's height
_TICK = 5  # units
_LINES = 5  # of what made the map, on a narrow sheet
_DOUBT_LINES = 12  # of one doubt; the narrowest sheet needs 7
_APART = 46  # units between the middles of two numbers at the bar, at least
_BETWEEN = 14  # units, with which the middles of wide ones are further apart than these are wide


def panel(subject: Subject) -> Sheet:
    """Photo, heatmap with a colour bar of the map's real range, and overlay, in one titled figure.

    Pictures stand beside each other, or, where the photo is much wider than high, below each other.

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map.
    """
    plan = _Plan.of(subject)
    margin, gap, cell = plan.margin, plan.gap, plan.cell
    canvas = Canvas(plan.width, subject.paper)
    photo = canvas.fit(subject.photo.rgb, *plan.box)
    rows, columns = photo.pixels.shape[:2]
    pictures = {
        "Photo": photo,
        "Heatmap": photo._replace(pixels=subject.heatmap(columns, rows)),
        "Overlay": photo._replace(pixels=subject.overlay(photo.pixels)),
    }
    with drawing():
        top = _heading(canvas, subject, margin) + gap // 2
        below = top
        for number, (caption, picture) in enumerate(pictures.items()):
            left = margin if plan.stacked else margin + number * (cell + gap)
            first = round(canvas.text([caption], left, below if plan.stacked else top, HEADING)) + 4
            canvas.picture(picture, left, first)
            below = first + photo.height + gap
        left, width = (margin + cell + gap, cell) if plan.scale_below_heatmap else (margin, plan.width - 2 * margin)
        return canvas.sheet(_colour_bar(canvas, subject, (left, below - gap // 2), width) + margin * 0.7)


@dataclass(frozen=True)
class _Plan:
    """Where things go, in units: width of the sheet and of a cell, the box of a picture, what lies around them."""

    width: int
    margin: int
    gap: int
    cell: int
    box: tuple[int, int]
    stacked: bool

    @classmethod
    def of(cls, subject: Subject) -> _Plan:
        rows, columns = subject.photo.rgb.shape[:2]
        stacked = columns > 2 * rows
        margin, gap = (_MARGIN, _GAP) if subject.paper.width is None else _TIGHT
        around = 2 * margin + (0 if stacked else 2 * gap)
        cells = 1 if stacked else 3
        if subject.paper.width is None:
            box = _LARGEST, _LARGEST
            cell = max(fitted(subject.photo.rgb, *box)[0], _NARROWEST)
        else:
            cell = (subject.paper.room(0) - around) // cells
            box = cell, 2 * cell
        return cls(around + cells * cell, margin, gap, cell, box, stacked)

    @property
    def scale_below_heatmap(self) -> bool:
        """Whether the scale has room below the heatmap alone."""
        return not self.stacked and self.cell >= _NARROWEST


def _heading(canvas: Canvas, subject: Subject, margin: int) -> int:
    """The class in bold, which photo, what made the map and what is to be doubted; where the pictures begin."""
    width = canvas.width - 2 * margin
    top = canvas.text(wrapped(subject.found.name, width, TITLE), margin, margin * 0.7, TITLE) + 2
    for line in (subject.what, subject.making):
        top = canvas.text(wrapped(line, width, QUIET, most=_LINES), margin, top, QUIET)
    for doubt in subject.doubts:
        top = canvas.text(wrapped(doubt, width, DOUBT, most=_DOUBT_LINES), margin, top, DOUBT)
    return round(top)


def _colour_bar(canvas: Canvas, subject: Subject, corner: tuple[int, int], width: int) -> float:
    """A scale from the map's minimum to its maximum, of a flat map one colour and one number; where it ends."""
    left, top = corner
    low, high = subject.scale
    ramp = np.linspace(0, 1 if high > low else 0, width, dtype=np.float32)[None]  # [1, width]
    bar = heatmap(
        ramp,
        width=round(width * subject.paper.detail),
        height=round(_SCALE * subject.paper.detail),
        colormap=subject.colormap,
    )
    canvas.picture(Picture(bar, width, _SCALE), left, top)
    sides = {high: "right", low: "left"}  # of a number at an end, which stays within the width of the bar
    for value in _fitting_ticks(low, high, width):
        x = left + (value - low) / ((high - low) or 1) * (width - 1)
        canvas.bar(round(x), top + _SCALE + 1, 1, _TICK, colour="0.35")
        canvas.text([f"{value:.3g}"], x, top + _SCALE + _TICK, QUIET, align=sides.get(value, "center"))
    label = "value of the map, before any scaling"
    if subject.of_pixels:
        label += f"; the {100 - PERCENTILE} % furthest from 0 have the colour of the end"
    if subject.explanation.signed:
        label += ": above 0 the position speaks for the class, below 0 against it"
    return canvas.text(wrapped(label, width, QUIET), left, top + _SCALE + _TICK + QUIET.line, QUIET)


def _fitting_ticks(low: float, high: float, width: int) -> list[float]:
    """As many numbers as a bar of this width has room for: 1.23e-06 is twice as wide as 0.25."""
    ticks = _ticks(low, high, most=width // _APART)
    widest = max(width_of(f"{value:.3g}", QUIET) for value in ticks)
    return _ticks(low, high, most=max(1, int(width / max(_APART, widest + _BETWEEN))))


def _ticks(low: float, high: float, *, most: int) -> list[float]:
    """Where a scale has numbers: at both ends, and at round values that are not too near to these."""
    if high <= low:
        return [high]
    from matplotlib.ticker import MaxNLocator

    room = 1.3 * (high - low) / most
    round_ones = MaxNLocator(nbins=max(1, most * 2 // 3), steps=[1, 2, 5, 10]).tick_values(low, high)
    return [low, *(float(each) for each in round_ones if low + room < each < high - room), high]
