"""One figure of a photo: the photo, its heatmap with a scale, the overlay, and what they show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.figures.canvas import Canvas, drawing, fit
from scorecam_cli.figures.lettering import DOUBT, HEADING, QUIET, TITLE, width_of, wrapped
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import heatmap

_MARGIN = 28
_GAP = 20
_LARGEST = 440  # pixels of a picture's longer side: three beside each other are 1416 wide
_NARROWEST = 200  # pixels of a cell, or its scale would be too short for numbers
_SCALE = 14  # pixels of the colour bar's height
_TICK = 5  # pixels
_DOUBT_LINES = 12  # of one doubt; the narrowest sheet needs 7
_APART = 46  # pixels between the middles of two numbers at the bar, at least
_BETWEEN = 14  # pixels, with which the middles of wide ones are further apart than these are wide


def panel(subject: Subject) -> NDArray[np.uint8]:
    """Photo, heatmap with a colour bar of the map's real range, and overlay, in one titled figure.

    Pictures stand beside each other, or, where the photo is much wider than high, below each other.

    Returns:
        uint8 [rows, columns, 3], of a size that depends on the photo's shape, not on its pixels.

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map.
    """
    photo = fit(subject.photo.rgb, _LARGEST, _LARGEST)
    height, width = photo.shape[:2]
    pictures = {"Photo": photo, "Heatmap": subject.heatmap(width, height), "Overlay": subject.overlay(photo)}
    stacked, cell = width > 2 * height, max(width, _NARROWEST)
    with drawing():
        canvas = Canvas(2 * _MARGIN + (cell if stacked else 3 * cell + 2 * _GAP))
        top = _heading(canvas, subject)
        below = top
        for number, (caption, pixels) in enumerate(pictures.items()):
            left = _MARGIN if stacked else _MARGIN + number * (cell + _GAP)
            first = round(canvas.text([caption], left, below if stacked else top, HEADING)) + 4
            canvas.picture(pixels, left, first)
            below = first + height + _GAP
        left = _MARGIN if stacked else _MARGIN + cell + _GAP  # below the heatmap, or below all
        return canvas.pixels(_colour_bar(canvas, subject, (left, below - _GAP // 2), cell) + _MARGIN * 0.7)


def _heading(canvas: Canvas, subject: Subject) -> int:
    """The class in bold, which photo, what made the map and what is to be doubted; where the pictures begin, pixels."""
    width = canvas.width - 2 * _MARGIN
    title = wrapped(subject.found.name, width, TITLE)
    top = canvas.text(title, _MARGIN, _MARGIN * 0.7, TITLE) + 2
    for line in (subject.what, subject.making):
        top = canvas.text(wrapped(line, width, QUIET), _MARGIN, top, QUIET)
    for doubt in subject.doubts:
        top = canvas.text(wrapped(doubt, width, DOUBT, most=_DOUBT_LINES), _MARGIN, top, DOUBT)
    return round(top) + _GAP // 2


def _colour_bar(canvas: Canvas, subject: Subject, corner: tuple[int, int], width: int) -> float:
    """A scale from the map's minimum to its maximum, of a flat map one colour and one number; where it ends, pixels."""
    left, top = corner
    low, high = subject.scale
    ramp = np.linspace(0, 1 if high > low else 0, width, dtype=np.float32)[None]  # [1, width]
    canvas.picture(heatmap(ramp, width=width, height=_SCALE, colormap=subject.colormap), left, top)
    sides = {high: "right", low: "left"}  # of a number at an end, which stays within the width of the bar
    for value in _fitting_ticks(low, high, width):
        x = left + (value - low) / ((high - low) or 1) * (width - 1)
        canvas.bar(round(x), top + _SCALE + 1, 1, _TICK, colour="0.35")
        canvas.text([f"{value:.3g}"], x, top + _SCALE + _TICK, QUIET, align=sides.get(value, "center"))
    label = "value of the map, before any scaling"
    if subject.explanation.signed:
        label += ": above 0 the position speaks for the class, below 0 against it"
    return canvas.text(wrapped(label, width, QUIET), left, top + _SCALE + _TICK + QUIET.line, QUIET)


def _fitting_ticks(low: float, high: float, width: int) -> list[float]:
    """As many numbers as a bar of this width, pixels, has room for: 1.23e-06 is twice as wide as 0.25."""
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
