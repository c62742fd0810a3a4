"""What the model sees of a photo under a mask, and the figure of the masked photos that weigh most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.choices import Fill
from scorecam_cli.figures.canvas import Canvas, Picture
from scorecam_cli.figures.lettering import BODY, DOUBT, QUIET, TITLE, width_of, wrapped
from scorecam_cli.figures.sheet import Sheet, drawing
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import to_uint8
from scorecam_cli.records import EXACT, Steps
from scorecam_cli.saliency.fills import STRONG_BLUR, filled
from scorecam_cli.saliency.upsampling import unit_masks

WIDTH = 1600  # units of this figure and that of all steps, on a screen
MARGIN = 32
TIGHT = 14  # the margin on paper
SHOWN = 12  # masked photos
_ACROSS, _NARROWEST, _GAP = 6, 140, 12  # of them beside each other, at most; units of one, at least, and between them
_LIGHTEST = 0.05  # of the heaviest: what weighs less is not shown
_COMPARED = 14  # masks are compared at this size
_BAR, _LINE = "#3a6ea5", "#a32a12"
_BAR_HEIGHT = 7
_WEIGHED = ("paper", "centred", "fitted")  # the variants whose weights are not the probabilities
_EMPTY = 170  # half the height of the frame that stands for missing masks
_NO_MASK = "every channel of the layer is constant for this photo: there is no mask, and the map is zero"


def masked_figure(subject: Subject) -> Sheet:
    """A dozen of the masked photos that weigh most, chosen to differ, each with its channel and what it leaves.

    Below each a bar, as long as the class is probable then, with a line where it is without a mask; at the end how much
    of the sum they are.

    Raises:
        UsageError: the method has no masked photos to show.
    """
    steps = subject.steps
    plan = _Plan.of(subject)
    with drawing():
        canvas = Canvas(plan.width, subject.paper)
        top: float = heading(canvas, "Masked photos that weigh most", subject, plan.margin)
        if not len(steps.channels):
            empty = draw_no_mask(canvas, (plan.margin, round(top)), plan.width - 2 * plan.margin)
            return canvas.sheet(empty + plan.margin)
        chosen = differing(steps, SHOWN)
        words = wrapped(_explained(subject, len(chosen)), plan.width - 2 * plan.margin, QUIET, most=4)
        top = canvas.text(words, plan.margin, top - 14, QUIET) + 10
        photo = seen(subject.photo.rgb, subject.model.input)
        hidden = hidden_photo(photo, subject)
        for first in range(0, len(chosen), plan.across):
            end = 0.0
            for place, number in enumerate(chosen[first : first + plan.across]):
                opening = unit_masks(steps.grids[number], photo.shape[:2])
                picture = canvas.fit(masked_photo(photo, opening, hidden), plan.cell, plan.cell)
                corner = plan.margin + place * (plan.cell + _GAP), round(top)
                end = max(end, _draw_masked(canvas, picture, subject, number, (*corner, plan.cell)))
            top = end + 14
        return canvas.sheet(_draw_shares(canvas, steps, chosen, (plan.margin, round(top))) + plan.margin * 0.6)


@dataclass(frozen=True)
class _Plan:
    """Units of the sheet's width, its margin and a masked photo's room, and how many stand beside each other."""

    width: int
    margin: int
    cell: int
    across: int

    @classmethod
    def of(cls, subject: Subject) -> _Plan:
        width, margin = subject.paper.room(WIDTH), MARGIN if subject.paper.width is None else TIGHT
        across = max(2, min(_ACROSS, (width - 2 * margin + _GAP) // (_NARROWEST + _GAP)))
        return cls(width, margin, (width - 2 * margin + _GAP) // across - _GAP, across)


def differing(steps: Steps, most: int) -> list[int]:
    """Which of the masks to show: the heaviest, then always the one that is least like any before, in falling order.

    How alike two are is the correlation of their openings. Those of hardly any weight are left out.
    """
    weights = np.abs(steps.weights.astype(np.float64))  # [T], falling
    heavy = max(1, int((weights >= _LIGHTEST * weights[0]).sum()))
    grids = steps.grids[:heavy]
    masks = np.array([unit_masks(grid, (_COMPARED, _COMPARED)).ravel() for grid in grids], np.float64)
    masks -= masks.mean(axis=1, keepdims=True)
    masks /= np.maximum(np.linalg.norm(masks, axis=1, keepdims=True), 1e-12)
    alike = masks @ masks.T  # [T, T]
    chosen, nearest = [0], alike[0].copy()
    while len(chosen) < min(most, len(masks)):
        nearest[chosen] = np.inf
        chosen.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, alike[chosen[-1]])
    return sorted(chosen)


def _explained(subject: Subject, count: int) -> str:
    """Which masks are shown, and how their bars are read."""
    steps, score, passes = subject.steps, subject.found.score, subject.explanation.passes
    exact, among = subject.explanation.selection == EXACT, len(steps.channels)
    of = f"{among} that weigh most" if among < passes else f"{among} masks" + ("" if exact else " that were passed")
    if not exact and among < passes:
        of += f" of the {passes} that were passed"
    words = f"{count} of the {of}" + (", chosen to differ" if among > count else "")
    if score.output is not None:
        return f"{words}. The bar is how far each raises the output, the longest the largest."
    words += (
        f". The bar is the probability that each leaves the class; the line, without a mask: {score.probability:.3g}"
    )
    return f"{words}."


def seen(rgb: NDArray[np.uint8], size: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The photo as the model gets it, before scaling: resized to (H, W, colours), without colour where they are 1.

    Returns:
        uint8 [H, W, 3].
    """
    photo = Image.fromarray(rgb)
    if size[2] == 1:
        photo = photo.convert("L")
    return np.asarray(photo.resize((size[1], size[0]), Image.Resampling.BILINEAR).convert("RGB"))


def hidden_photo(photo: NDArray[np.uint8], subject: Subject) -> NDArray[np.float32]:
    """What shows where a mask is closed, 0-255: the colour of 0 in model units, or what the photo was filled with.

    Args:
        photo: uint8 [H, W, 3], from `seen`.
        subject: how the map was made.

    Returns:
        float32 [3] or [H, W, 3].
    """
    fill = Fill(subject.explanation.fill or Fill.ZERO)
    if fill == Fill.ZERO:
        return np.array(subject.model.closed_rgb, np.float32)
    return filled(photo.astype(np.float32), fill, blur=STRONG_BLUR)


def masked_photo(
    photo: NDArray[np.uint8], opening: NDArray[np.float32], hidden: NDArray[np.float32] | tuple[int, int, int]
) -> NDArray[np.uint8]:
    """`X * M` as a photo: what is hidden shows where the mask is closed.

    Args:
        photo: uint8 [H, W, 3], from `seen`.
        opening: float32 [H, W] in [0, 1], from `unit_masks`.
        hidden: from `hidden_photo`, or one colour, 0-255.

    Returns:
        uint8 [H, W, 3].
    """
    share = opening[..., None]  # [H, W, 1]
    return to_uint8((photo * share + np.asarray(hidden, np.float32) * (1 - share)) / np.float32(255))


def heading(canvas: Canvas, title: str, subject: Subject, margin: int) -> int:
    """A title with the class, below it which photo, what made the map and what is to be doubted; where they end."""
    width = canvas.width - 2 * margin
    name = subject.found.name
    top = canvas.text(wrapped(f"{title}: {name}", width, TITLE), margin, 0.6 * margin, TITLE) + 2
    for line in (subject.what, subject.making):
        top = canvas.text(wrapped(line, width, QUIET, most=5), margin, top, QUIET)
    for doubt in subject.doubts:
        top = canvas.text(wrapped(doubt, width, DOUBT, most=12), margin, top, DOUBT)
    return round(top) + 18


def _draw_masked(canvas: Canvas, picture: Picture, subject: Subject, number: int, place: tuple[int, int, int]) -> float:
    """One masked photo, its bar, and what is said of it; where it ends. place: left, top and width."""
    left, top, width = place
    if picture.width >= _NARROWEST:  # the bar is as wide as it
        left, width = left + (width - picture.width) // 2, picture.width
    canvas.picture(picture, left + (width - picture.width) // 2, top)
    below = draw_weight_bar(canvas, subject, number, (left, top + picture.height + 5, width))
    steps = subject.steps
    caption, called = weight_caption(steps, number, subject.explanation.variant), steps.called(number)
    beside = width_of(called + "  " + caption.replace("$", "").replace("_", ""), BODY) < width
    canvas.text([called], left, below, BODY)
    if beside:
        return canvas.text([caption], left + width, below, BODY, align="right", formula=True)
    return canvas.text([caption], left, below + BODY.line, BODY, formula=True)


def draw_weight_bar(canvas: Canvas, subject: Subject, number: int, place: tuple[int, int, int]) -> float:
    """A bar for what one masked photo leaves, with a line at what the photo has; where it ends.

    place: left, top and the width of what is the largest.
    """
    left, top, width = place
    whole, bare = _longest_bar(subject), subject.found.score.probability
    length = width * max(0.0, float(subject.steps.probabilities[number])) / whole
    canvas.bar(left, top, width, _BAR_HEIGHT, colour="0.93")
    canvas.bar(left, top, length, _BAR_HEIGHT, colour=_BAR)
    if bare is not None:
        canvas.bar(min(left + width * bare / whole, left + width - 1.5), top - 3, 1.5, _BAR_HEIGHT + 6, colour=_LINE)
    return top + _BAR_HEIGHT + 4


def _longest_bar(subject: Subject) -> float:
    """What a bar of the whole width is: the largest probability there is, with a mask or without."""
    bare = subject.found.score.probability
    return max(float(np.abs(subject.steps.probabilities).max()), bare or 0.0) or 1.0


def _draw_shares(canvas: Canvas, steps: Steps, chosen: list[int], corner: tuple[int, int]) -> float:
    """How much of all weight the masks above are, and how much all the others together; where it ends."""
    left, top = corner
    weights = np.abs(steps.weights.astype(np.float64))
    shown, whole = float(weights[chosen].sum()), float(weights.sum()) + steps.their_weight
    others = len(weights) - len(chosen) + steps.others
    if not others or whole <= 0:
        return top
    width = canvas.width - 2 * left
    canvas.bar(left, top, width, _BAR_HEIGHT, colour="0.8")
    canvas.bar(left, top, width * shown / whole, _BAR_HEIGHT, colour=_BAR)
    words = (
        f"These {len(chosen)} are {shown / whole:.0%} of all weight; the other {others} channels of the sum together "
    )
    words += f"{1 - shown / whole:.0%}."
    return canvas.text(wrapped(words, width, BODY), left, top + _BAR_HEIGHT + 4, BODY)


def draw_no_mask(canvas: Canvas, corner: tuple[int, int], width: int) -> int:
    """An empty frame that says why there is no mask; where it ends."""
    canvas.box(*corner, width, 2 * _EMPTY)
    lines = wrapped(_NO_MASK, width - 4 * 14, BODY)
    canvas.text(lines, corner[0] + width / 2, corner[1] + _EMPTY - BODY.line, BODY, align="center")
    return corner[1] + 2 * _EMPTY


def weight_caption(steps: Steps, number: int, variant: str | None) -> str:
    """What a masked photo leaves of the class, and its weight where that is something else; with mathematics."""
    largest, value = float(np.abs(steps.probabilities).max()), steps.probabilities[number]
    said = f"{value:.3f}" if 0.01 <= largest < 1.0005 else f"{value:#.3g}"  # in columns, as far as they tell anything
    probability = f"$S_k$ = {'< 0.001' if said == '0.000' and value > 0 else said}".replace("= <", "<")
    if variant in _WEIGHED:
        probability += f",  $a_k$ = {steps.weights[number]:#.2g}"
    return probability.replace("-", "\N{MINUS SIGN}")
