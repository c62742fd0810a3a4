"""The figure of all steps by which Score-CAM made a map, for the few channels that weigh most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import COLORMAP
from scorecam_cli.figures.canvas import Canvas, Picture
from scorecam_cli.figures.lettering import BODY, HEADING, QUIET, width_of, wrapped
from scorecam_cli.figures.masked import (
    draw_no_mask,
    draw_weight_bar,
    heading,
    hidden_photo,
    masked_photo,
    seen,
    weight_caption,
)
from scorecam_cli.figures.sheet import Sheet, drawing
from scorecam_cli.figures.steps_plan import StepsPlan
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import heatmap, to_uint8
from scorecam_cli.records import EXACT, ClassMap
from scorecam_cli.saliency.upsampling import unit_masks

MOST_CHANNELS = 5  # in the figure of all steps
_TIMES = "\N{MULTIPLICATION SIGN}"
_STEP = 26  # between rows, with its arrow
_CLEAR = 6  # between the end of an arrow and what it points at
_WEIGHTS = {  # what is said of a_k, of the variants that have one beside S_k
    "paper": "$a_k$: softmax of the rise of its logit",
    "centred": "$a_k$: how far that is from the mean of all",
    "fitted": "$a_k$: of the regression on the masks",
}
_MASKED = (r"$X \cdot M_k$", r"$F + (X - F) \cdot M_k$")  # behind zeros; behind the fill F
_OF_ACTIVATIONS = ("official", "paper")  # the variants whose sum is of the activation maps, not of the masks
_SUMS = {
    "article": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, M_k\,)$",
    "official": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, U(A_k)\,)$",
    "paper": r"$L = \mathrm{ReLU}\,(\,\sum_k a_k \, U(A_k)\,)$",
    "centred": r"$L = \mathrm{ReLU}\,(\,\sum_k (S_k - \bar{S}) \, M_k\,)$",
    "fitted": r"$L = \mathrm{ReLU}\,(\,\sum_k a_k \, M_k\,)$",
}


def pipeline_figure(subject: Subject) -> Sheet:
    """Photo, activation maps, masks, masked photos and weights of the channels that weigh most, their sum, overlay.

    Arrows go where the data goes: from the photo to the activation maps, and to the masked photos; from the masks to
    these and to the sum; from the masked photos to the weights, and from these to the sum.

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map, or the method has no masked photos to show.
    """
    plan = StepsPlan.of(subject.paper)
    with drawing():
        canvas = Canvas(plan.width, subject.paper)
        top = heading(canvas, "Score-CAM, step by step", subject, plan.margin)
        if not len(subject.steps.channels):
            below = draw_no_mask(canvas, (plan.left, top), plan.right - plan.left)
            _draw_photo(canvas, subject, plan, top)
            return canvas.sheet(_draw_result(canvas, subject, plan, (top, below), None) + plan.margin * 0.7)
        rows = _draw_channels(canvas, subject, plan, top)
        photo_end = _draw_photo(canvas, subject, plan, rows.activations - plan.cell // 2 - HEADING.line - 4)
        line = plan.margin + plan.photo // 2
        canvas.path([(line, photo_end + 4), (line, rows.masked), (plan.left - _CLEAR, rows.masked)])
        canvas.text([r"$\times$"], line + 12, rows.masked - BODY.line - 2, BODY, formula=True)
        return canvas.sheet(_draw_result(canvas, subject, plan, (top, rows.end), rows) + plan.margin * 0.7)


@dataclass(frozen=True)
class _Rows:
    """Heights of the middles of rows, where the last row ends, and whence the sum takes its summands."""

    activations: int
    masks: int
    masked: int
    weights: int
    end: int
    summands: int


def _draw_photo(canvas: Canvas, subject: Subject, plan: StepsPlan, top: int) -> float:
    """Step 1, with an arrow through the model to the activation maps; where its words end."""
    photo, (h, w) = subject.photo, subject.found.map.shape
    words = f"{photo.width} {_TIMES} {photo.height} pixels, resized to {w} {_TIMES} {h} for the model"
    below = round(canvas.text([r"1  Photo  $X$"], plan.margin, top, HEADING, formula=True)) + 4
    shown = canvas.fit(photo.rgb, plan.photo, plan.cell if plan.cell < plan.photo else plan.photo)
    left = plan.margin + (plan.photo - shown.width) // 2
    canvas.picture(shown, left, below)
    middle = below + min(plan.cell, shown.height) / 2
    if len(subject.steps.channels):
        canvas.arrow((left + shown.width + _CLEAR, middle), (plan.left - _CLEAR, middle))
        if plan.arrow > 40:
            canvas.text(["model"], plan.left - plan.arrow / 2, middle - QUIET.line - 3, QUIET, align="center")
    return canvas.text(wrapped(words, plan.photo, QUIET, most=8), plan.margin, below + shown.height + 6, QUIET)


def _draw_channels(canvas: Canvas, subject: Subject, plan: StepsPlan, top: int) -> _Rows:
    """Steps 2 to 5, one column for each channel."""
    steps, variant = subject.steps, subject.explanation.variant
    count = min(plan.channels, len(steps.channels))
    photo = seen(subject.photo.rgb, subject.model.input)
    hidden, grids = hidden_photo(photo, subject), steps.grids[:count]
    filled, masks = hidden.ndim > 1, [unit_masks(grid, subject.found.map.shape) for grid in grids]
    sizes = " and ".join(dict.fromkeys(f"{grid.shape[0]} {_TIMES} {grid.shape[1]}" for grid in grids))
    colormap = COLORMAP if subject.explanation.signed else subject.colormap  # an activation is for or against nothing
    passed = "" if subject.explanation.selection == EXACT else "passed "
    largest = f"the {count} {passed}channels of largest weight" if count > 1 else f"the one {passed}channel"
    activations = _draw_row(
        canvas,
        plan,
        top,
        (r"2  Activation maps  $A_k$", f"{sizes}, {largest}"),
        [heatmap(grid, width=grid.shape[1], height=grid.shape[0], colormap=colormap) for grid in grids],
        [steps.called(number) for number in range(count)],
    )
    opened = _draw_row(
        canvas,
        plan,
        _down(canvas, plan, count, activations[1]),
        (r"3  Masks  $M_k$", "$A_k$ upsampled and scaled to [0, 1]"),
        [_grey(each) for each in masks],
    )
    shown = _draw_row(
        canvas,
        plan,
        _down(canvas, plan, count, opened[1]),
        (f"4  Masked photos  {_MASKED[filled]}", ""),
        [masked_photo(photo, each, hidden) for each in masks],
    )
    below = _down(canvas, plan, count, shown[1])
    middle, end = _draw_weights(canvas, subject, plan, below, filled=filled)
    summands = activations[0] if variant in _OF_ACTIVATIONS else opened[0]
    return _Rows(activations[0], opened[0], shown[0], middle, end, summands)


def _down(canvas: Canvas, plan: StepsPlan, count: int, top: int) -> int:
    """An arrow below each channel; where the next row begins."""
    for place in range(count):
        x = plan.channel(place) + plan.cell / 2
        canvas.arrow((x, top + 5), (x, top + _STEP - 3))
    return top + _STEP


def _draw_row(
    canvas: Canvas,
    plan: StepsPlan,
    top: int,
    titles: tuple[str, str],
    pictures: list[NDArray[np.uint8]],
    captions: list[str] | None = None,
) -> tuple[int, int]:
    """One step for all channels: title, a picture for each, what is said below; the pictures' middle, the row's end."""
    top = _draw_titles(canvas, plan, top, titles)
    shown = [canvas.fit(picture, plan.cell, plan.cell) for picture in pictures]
    for place, picture in enumerate(shown):
        canvas.picture(picture, plan.channel(place) + (plan.cell - picture.width) // 2, top)
    below = top + max(picture.height for picture in shown)
    for place, caption in enumerate(captions or []):
        canvas.text([caption], plan.channel(place) + plan.cell / 2, below + 5, BODY, align="center")
    return (top + below) // 2, below + (5 + BODY.line if captions else 0)


def _draw_titles(canvas: Canvas, plan: StepsPlan, top: int, titles: tuple[str, str]) -> int:
    """What a row is, and what is said of it, at the right where that has room, else below; where pictures begin."""
    canvas.text([titles[0]], plan.left, top, HEADING, formula=True)
    plain = (text.replace("$", "").replace("_", "") for text in titles)
    wide = sum(width_of(text, style) for text, style in zip(plain, (HEADING, QUIET), strict=True))
    if wide + 2 * _CLEAR < plan.right - plan.left:
        place = plan.right, top + HEADING.line - QUIET.line
        canvas.text([titles[1].replace("\n", "; ")], *place, QUIET, align="right", formula=True)
        return top + HEADING.line + 4
    lines = titles[1].split("\n") if titles[1] else []
    return round(canvas.text(lines, plan.left, top + HEADING.line, QUIET, formula=True)) + 4


def _draw_weights(canvas: Canvas, subject: Subject, plan: StepsPlan, top: int, *, filled: bool) -> tuple[int, int]:
    """Step 5: what the model makes of each masked photo, as a bar; its middle, and where it ends."""
    steps, variant = subject.steps, subject.explanation.variant or ""
    words = "$S_k$: the probability that each leaves the class" + ("\n" if not plan.beside else ", ")
    words += "the line: without a mask"
    if subject.found.score.output is not None:
        words = f"$S_k$: how far each raises the output over that of {'$F$' if filled else 'a closed photo'}"
    own = "$S_k$" if variant not in _WEIGHTS else "$S_k$, $a_k$"
    more = f"\n{_WEIGHTS[variant]}" if variant in _WEIGHTS else ""
    top = _draw_titles(canvas, plan, top, (f"5  Weights  {own}", words + more)) + 2
    end = float(top)
    for number in range(min(plan.channels, len(steps.channels))):
        left = plan.channel(number)
        below = draw_weight_bar(canvas, subject, number, (left, top, plan.cell))
        lines = weight_caption(steps, number, variant).split(",  ")
        if plan.cell > 160:
            lines = [",  ".join(lines)]
        end = canvas.text(lines, left + plan.cell / 2, below, BODY, align="center", formula=True)
    return top + 4, round(end)


def _draw_result(canvas: Canvas, subject: Subject, plan: StepsPlan, span: tuple[int, int], rows: _Rows | None) -> float:
    """Steps 6 and 7, beside the channels or below them, with the two arrows into the sum; where all ends.

    span: where the channels begin and end.
    """
    found, (top, bottom) = subject.found, span
    rows_, columns = found.map.shape
    heat = canvas.fit(subject.heatmap(columns, rows_), plan.result, plan.result)
    photo = canvas.fit(subject.photo.rgb, plan.result, plan.result)
    photo = photo._replace(pixels=subject.overlay(photo.pixels))
    words = wrapped(f"{_summed(found)}; from {found.map.min():.3g} to {found.map.max():.3g}", plan.result, QUIET)
    over = HEADING.line + BODY.line + 14
    if not plan.beside:
        start = bottom + _STEP + 14
        _draw_below(canvas, subject, plan, (start, over), rows)
        _draw_sum(canvas, subject, (plan.margin, start), heat, plan.result, words)
        right = plan.margin + plan.result + plan.arrow
        canvas.text(["7  Overlay"], right, start, HEADING)
        canvas.picture(photo, right + (plan.result - photo.width) // 2, start + over)
        middle = start + over + heat.height / 2
        canvas.arrow((right - plan.arrow + 4, middle), (right - 4, middle))
        return start + over + max(photo.height, heat.height + 5 + len(words) * QUIET.line)
    left = plan.width - plan.margin - plan.result
    needed = over + heat.height + 5 + len(words) * QUIET.line + _STEP + HEADING.line + 4 + photo.height
    wanted = top if rows is None else rows.masks - over - heat.height // 2
    start = max(top, min(wanted, round(bottom - needed)))
    _draw_sum(canvas, subject, (left, start), heat, plan.result, words)
    if rows is not None:
        _draw_beside(canvas, subject, plan, (start + over, heat.height), rows)
    below = start + over + heat.height + 5 + len(words) * QUIET.line
    canvas.arrow((left + plan.result / 2, below + 3), (left + plan.result / 2, below + _STEP - 4))
    below = round(canvas.text(["7  Overlay"], left, below + _STEP, HEADING)) + 4
    canvas.picture(photo, left + (plan.result - photo.width) // 2, below)
    return max(bottom, below + photo.height)


def _draw_sum(
    canvas: Canvas, subject: Subject, corner: tuple[int, int], heat: Picture, width: int, words: tuple[str, ...]
) -> None:
    """Step 6: its formula, the map, and its range."""
    left, top = corner
    below = canvas.text(["6  Weighted sum  $L$"], left, top, HEADING, formula=True)
    formula = _SUMS.get(subject.explanation.variant or "", "")
    if subject.explanation.signed:
        formula = formula.replace(r"\mathrm{ReLU}\,(\,", "").replace(r"\,)$", "$")
    below = round(canvas.text([formula], left, below + 2, BODY, formula=True)) + 12
    canvas.picture(heat, left + (width - heat.width) // 2, top + HEADING.line + BODY.line + 14)
    canvas.text(words, left, top + HEADING.line + BODY.line + 14 + heat.height + 5, QUIET)


def _draw_beside(canvas: Canvas, subject: Subject, plan: StepsPlan, picture: tuple[int, int], rows: _Rows) -> None:
    """Summands and weights go into the sum, which stands to their right; picture: its top and height."""
    top, height = picture
    end = plan.width - plan.margin - plan.result - _CLEAR
    into = top + round(height * 0.3), top + round(height * 0.7)
    turn = plan.right + plan.arrow // 2
    names = _names(subject)
    for row, enters, x, name in ((rows.summands, into[0], turn - 6, names[0]), (rows.weights, into[1], turn, names[1])):
        canvas.path([(plan.right + _CLEAR, row), (x, row), (x, enters), (end, enters)])
        canvas.text([name], end - 2, enters - BODY.line - 2, BODY, align="right", formula=True)


def _draw_below(canvas: Canvas, subject: Subject, plan: StepsPlan, place: tuple[int, int], rows: _Rows | None) -> None:
    """Summands and weights go into the sum, which stands below them; place: where its title begins, and how high."""
    if rows is None:
        return
    top = place[0] - 4
    names, side = _names(subject), plan.right + plan.arrow // 2
    x = plan.channel(0) + plan.cell // 3, plan.margin + plan.result - 6
    canvas.arrow((x[0], rows.end + 2), (x[0], top))
    canvas.text([names[1]], x[0] - 6, top - BODY.line - 4, BODY, align="right", formula=True)
    y = rows.end + 14
    canvas.path([(plan.right + _CLEAR, rows.summands), (side, rows.summands), (side, y), (x[1], y), (x[1], top)])
    canvas.text([names[0]], x[1] + 6, y + 4, BODY, formula=True)


def _names(subject: Subject) -> tuple[str, str]:
    """The letters of what is summed, and of its weights."""
    variant = subject.explanation.variant or ""
    return "$U(A_k)$" if variant in _OF_ACTIVATIONS else "$M_k$", "$a_k$" if variant in _WEIGHTS else "$S_k$"


def _summed(found: ClassMap) -> str:
    if found.estimated_correlation is None:
        return "over the passed channels"
    return "over all channels" + (", some weights inferred" if found.estimated_correlation < 1 else "")


def _grey(opening: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.repeat(to_uint8(opening)[..., None], 3, axis=2)
