"""The figure of all steps by which Score-CAM made a map, for the few channels that weigh most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import COLORMAP
from scorecam_cli.figures.canvas import Canvas, drawing, fit
from scorecam_cli.figures.lettering import BODY, HEADING, QUIET, wrapped
from scorecam_cli.figures.masked import (
    MARGIN,
    WIDTH,
    draw_no_mask,
    heading,
    hidden_photo,
    masked_photo,
    seen,
    weight_caption,
)
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import heatmap, to_uint8
from scorecam_cli.records import ClassMap
from scorecam_cli.saliency.upsampling import unit_masks

MOST_CHANNELS = 5  # in the figure of all steps
_PHOTO = 240  # pixels of the photo's column
_RESULT = 264  # of the column with the sum and the overlay
_ARROW = 62  # between the columns
_CELL = 170  # of the longer side of a channel's pictures
_GAP = 14  # between channels: 2 * 32 + 240 + 264 + 2 * 62 + 5 * 170 + 4 * 14 = 1598
_STEP = 26  # between rows, with its arrow
_WEIGHTS = {  # what is said of a_k, of the variants that have one beside S_k
    "paper": "softmax of the rise of its logit",
    "centred": "how far that is from the mean of all",
    "fitted": "of the regression on the masks",
}
_MASKED = (r"$X \cdot M_k$", r"$F + (X - F) \cdot M_k$")  # behind zeros; behind the fill F
_SUMS = {
    "article": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, M_k\,)$",
    "official": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, U(A_k)\,)$",
    "paper": r"$L = \mathrm{ReLU}\,(\,\sum_k a_k \, U(A_k)\,)$",
    "centred": r"$L = \mathrm{ReLU}\,(\,\sum_k (S_k - \bar{S}) \, M_k\,)$",
    "fitted": r"$L = \mathrm{ReLU}\,(\,\sum_k a_k \, M_k\,)$",
}


def pipeline_figure(subject: Subject) -> NDArray[np.uint8]:
    """Photo, activation maps, masks and masked photos of the channels that weigh most, weighted sum and overlay.

    Returns:
        uint8 [rows, 1600, 3].

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map, or the method has no masked photos to show.
    """
    with drawing():
        canvas = Canvas(WIDTH)
        top = heading(canvas, "Score-CAM, step by step", subject)
        left = MARGIN + _PHOTO + _ARROW
        right = WIDTH - MARGIN - _RESULT
        channels_end = _draw_channels(canvas, subject, (left, top))
        middle, below = _draw_result(canvas, subject, (right, top))
        bottom = max(channels_end, below)
        _draw_photo(canvas, subject, top, bottom)
        bracket = right - _ARROW + 14
        canvas.bracket(bracket, top + HEADING.line, channels_end)
        canvas.arrow((bracket, middle), (right - 10, middle))
        return canvas.pixels(bottom + MARGIN * 0.7)


def _draw_photo(canvas: Canvas, subject: Subject, top: int, bottom: float) -> None:
    """Step 1, in the middle of the height that the others take, with an arrow to them."""
    photo, (h, w), score = subject.photo, subject.found.map.shape, subject.found.score
    words = f"{photo.width} x {photo.height} pixels, resized to {w} x {h} for the model. "
    words += f"Without a mask: {score.said}."
    lines = wrapped(words, _PHOTO, QUIET, most=4)
    used = HEADING.line + 10 + len(lines) * QUIET.line
    shown = fit(photo.rgb, _PHOTO, int(bottom - top - used))
    rows, columns = shown.shape[:2]
    start = round(top + (bottom - top - rows - used) / 2)
    below = round(canvas.text([r"1  Photo  $X$"], MARGIN, start, HEADING, formula=True)) + 4
    canvas.picture(shown, MARGIN + (_PHOTO - columns) // 2, below)
    canvas.text(lines, MARGIN, below + rows + 6, QUIET)
    canvas.arrow((MARGIN + _PHOTO + 10, below + rows / 2), (MARGIN + _PHOTO + _ARROW - 10, below + rows / 2))


def _draw_channels(canvas: Canvas, subject: Subject, corner: tuple[int, int]) -> int:
    """Steps 2 to 4, one column for each channel; where they end, pixels."""
    left, top = corner
    found, steps, variant = subject.found, subject.steps, subject.explanation.variant
    width = MOST_CHANNELS * (_CELL + _GAP) - _GAP
    count = min(MOST_CHANNELS, len(steps.channels))
    if not count:
        return draw_no_mask(canvas, corner, width)
    size = found.map.shape
    photo = seen(subject.photo.rgb, subject.model.input)
    hidden, grids = hidden_photo(photo, subject), steps.grids[:count]
    filled, masks = hidden.ndim > 1, [unit_masks(grid, size) for grid in grids]
    shapes = dict.fromkeys(f"{grid.shape[0]} x {grid.shape[1]}" for grid in grids)
    colormap = COLORMAP if subject.explanation.signed else subject.colormap  # an activation is for or against nothing
    passed = "" if found.estimated_correlation == 1 else "passed "
    largest = f"the {count} {passed}channels of largest weight" if count > 1 else f"the one {passed}channel"
    weight = "$S_k$: the probability that each leaves the class"
    if found.score.output is not None:
        weight = f"$S_k$: how far each raises the output over that of {'$F$' if filled else 'a closed photo'}"
    if variant in _WEIGHTS:
        weight += f"; $a_k$: {_WEIGHTS[variant]}"
    rows: tuple[tuple[str, str, list[NDArray[np.uint8]], list[str]], ...] = (
        (
            r"2  Activation maps  $A_k$",
            f"{' and '.join(shapes)}, {largest}",
            [heatmap(grid, width=grid.shape[1], height=grid.shape[0], colormap=colormap) for grid in grids],
            [steps.called(number) for number in range(count)],
        ),
        (r"3  Masks  $M_k$", "$A_k$ upsampled and scaled to [0, 1]", [_grey(each) for each in masks], []),
        (
            f"4  Masked photos  {_MASKED[filled]}",
            weight,
            [masked_photo(photo, each, hidden) for each in masks],
            [weight_caption(steps, number, variant) for number in range(count)],
        ),
    )
    for number, (title, words, pictures, captions) in enumerate(rows):
        if number:
            for place in range(count):
                x = left + place * (_CELL + _GAP) + _CELL / 2
                canvas.arrow((x, top - _STEP + 5), (x, top - 3))
        top = _draw_row(canvas, (title, words), pictures, captions, (left, top)) + _STEP
    return top - _STEP


def _draw_row(
    canvas: Canvas,
    titles: tuple[str, str],
    pictures: list[NDArray[np.uint8]],
    captions: list[str],
    corner: tuple[int, int],
) -> int:
    """One step for all channels: its title, a picture for each, and what is said below each; where it ends."""
    left, top = corner
    canvas.text([titles[0]], left, top, HEADING, formula=True)
    end = left + MOST_CHANNELS * (_CELL + _GAP) - _GAP
    canvas.text([titles[1]], end, top + HEADING.line - QUIET.line, QUIET, align="right", formula=True)
    top += HEADING.line + 4
    shown = [fit(picture, _CELL, _CELL) for picture in pictures]
    for number, picture in enumerate(shown):
        canvas.picture(picture, left + number * (_CELL + _GAP) + (_CELL - picture.shape[1]) // 2, top)
    below = top + max(picture.shape[0] for picture in shown) + 5
    for number, caption in enumerate(captions[: len(shown)]):
        middle = left + number * (_CELL + _GAP) + _CELL / 2
        canvas.text([caption], middle, below, BODY, align="center", formula=True)
    return int(below + (BODY.line if captions else 0))


def _draw_result(canvas: Canvas, subject: Subject, corner: tuple[int, int]) -> tuple[float, float]:
    """Steps 5 and 6 below each other; the height of the middle of the map, and where they end, pixels."""
    left, top = corner
    found = subject.found
    rows, columns = found.map.shape
    heat = fit(subject.heatmap(columns, rows), _RESULT, _RESULT)
    below = canvas.text(["5  Weighted sum  $L$"], left, top, HEADING, formula=True)
    formula = _SUMS.get(subject.explanation.variant or "", "")
    if subject.explanation.signed:
        formula = formula.replace(r"\mathrm{ReLU}\,(\,", "").replace(r"\,)$", "$")
    below = round(canvas.text([formula], left, below + 2, BODY, formula=True)) + 12
    canvas.picture(heat, left + (_RESULT - heat.shape[1]) // 2, below)
    middle = below + heat.shape[0] / 2
    words = f"{_summed(found)}; from {found.map.min():.3g} to {found.map.max():.3g}"
    below = canvas.text(wrapped(words, _RESULT, QUIET), left, below + heat.shape[0] + 5, QUIET)
    canvas.arrow((left + _RESULT / 2, below + 3), (left + _RESULT / 2, below + _STEP - 4))
    photo = fit(subject.photo.rgb, _RESULT, _RESULT)
    below = round(canvas.text(["6  Overlay"], left, below + _STEP, HEADING)) + 4
    canvas.picture(subject.overlay(photo), left + (_RESULT - photo.shape[1]) // 2, below)
    return middle, below + photo.shape[0]


def _summed(found: ClassMap) -> str:
    if found.estimated_correlation is None:
        return "over the passed channels"
    return "over all channels" + (", some weights inferred" if found.estimated_correlation < 1 else "")


def _grey(opening: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.repeat(to_uint8(opening)[..., None], 3, axis=2)
