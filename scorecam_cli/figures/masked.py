"""What the model sees of a photo under a mask, and the figure of the masked photos that weigh most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.choices import Fill
from scorecam_cli.figures.canvas import Canvas, drawing, fit
from scorecam_cli.figures.lettering import BODY, DOUBT, QUIET, TITLE, wrapped
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import to_uint8
from scorecam_cli.records import Steps
from scorecam_cli.saliency.fills import STRONG_BLUR, filled
from scorecam_cli.saliency.upsampling import unit_masks

WIDTH = 1600  # pixels of this figure and that of all steps
MARGIN = 32
_ACROSS = 5  # masked photos beside each other
_MASKED = (WIDTH - 2 * MARGIN - (_ACROSS - 1) * 20) // _ACROSS  # 291 pixels
_BAR = "#3a6ea5"
_WEIGHED = ("paper", "centred", "fitted")  # the variants whose weights are not the probabilities
_EMPTY = 170  # half the height of the frame that stands for missing masks
_NO_MASK = "every channel of the layer is constant for this photo: there is no mask, and the map is zero"


def masked_figure(subject: Subject) -> NDArray[np.uint8]:
    """The masked photos that weigh most, five beside each other, each with its channel and the class's probability.

    Returns:
        uint8 [rows, 1600, 3].

    Raises:
        UsageError: the method has no masked photos to show.
    """
    steps, variant = subject.steps, subject.explanation.variant
    with drawing():
        canvas = Canvas(WIDTH)
        top = heading(canvas, "Masked photos that weigh most", subject)
        if not len(steps.channels):
            return canvas.pixels(draw_no_mask(canvas, (MARGIN, top), WIDTH - 2 * MARGIN) + MARGIN)
        photo = seen(subject.photo.rgb, subject.model.input)
        hidden = hidden_photo(photo, subject)
        for first in range(0, len(steps.channels), _ACROSS):
            end = 0.0
            for place, number in enumerate(range(first, min(first + _ACROSS, len(steps.channels)))):
                opening = unit_masks(steps.grids[number], photo.shape[:2])
                pixels = fit(masked_photo(photo, opening, hidden), _MASKED, _MASKED)
                corner = MARGIN + place * (_MASKED + 20), top
                end = _draw_masked(canvas, pixels, steps, number, corner, variant=variant)
            top = round(end) + 18
        return canvas.pixels(top + MARGIN * 0.3)


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


def heading(canvas: Canvas, title: str, subject: Subject) -> int:
    """A title with the class, below it which photo, what made the map and what is to be doubted; where they end."""
    width = canvas.width - 2 * MARGIN
    name = subject.found.name
    top = canvas.text(wrapped(f"{title}: {name}", width, TITLE, most=2), MARGIN, 20, TITLE) + 2
    for line in (subject.what, subject.making):
        top = canvas.text(wrapped(line, width, QUIET, most=2), MARGIN, top, QUIET)
    for doubt in subject.doubts:
        top = canvas.text(wrapped(doubt, width, DOUBT), MARGIN, top, DOUBT)
    return round(top) + 18


def _draw_masked(
    canvas: Canvas,
    pixels: NDArray[np.uint8],
    steps: Steps,
    number: int,
    corner: tuple[int, int],
    *,
    variant: str | None,
) -> float:
    """One masked photo, a bar as long as its probability, and what is said of it; where it ends, pixels."""
    left, top = corner
    rows, columns = pixels.shape[:2]
    inset = (_MASKED - columns) // 2
    canvas.picture(pixels, left + inset, top)
    below = top + rows + 4
    canvas.bar(left + inset, below, columns, 7, colour="0.93")
    whole = max(1.0, float(np.abs(steps.probabilities).max()))  # more than 1 only where they are no probabilities
    length = columns * max(0.0, float(steps.probabilities[number])) / whole
    canvas.bar(left + inset, below, length, 7, colour=_BAR)
    canvas.text([steps.called(number)], left + inset, below + 9, BODY)
    caption = weight_caption(steps, number, variant)
    return canvas.text([caption], left + inset + columns, below + 9, BODY, align="right", formula=True)


def draw_no_mask(canvas: Canvas, corner: tuple[int, int], width: int) -> int:
    """An empty frame that says why there is no mask; where it ends, pixels."""
    canvas.box(*corner, width, 2 * _EMPTY)
    lines = wrapped(_NO_MASK, width - 4 * 14, BODY)
    canvas.text(lines, corner[0] + width / 2, corner[1] + _EMPTY - BODY.line, BODY, align="center")
    return corner[1] + 2 * _EMPTY


def weight_caption(steps: Steps, number: int, variant: str | None) -> str:
    """What a masked photo leaves of the class, and its weight where that is something else; with mathematics."""
    probability = f"$S_k$ = {steps.probabilities[number]:#.3g}"
    if variant not in _WEIGHED:
        return probability
    return f"{probability},  $a_k$ = {steps.weights[number]:#.2g}".replace("-", "\N{MINUS SIGN}")
