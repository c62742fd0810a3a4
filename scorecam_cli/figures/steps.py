"""Two figures of how Score-CAM made a map: all its steps for a few channels, and the masked photos that weigh most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.figures.canvas import BODY, HEADING, QUIET, TITLE, Canvas, drawing, fit, wrapped
from scorecam_cli.photos.draw import heatmap, overlay, to_uint8
from scorecam_cli.records import ClassMap, Steps

WIDTH = 1600  # pixels of both figures
MOST_CHANNELS = 5  # in the figure of all steps
MASK_EPSILON = 1e-5  # in M = (U(A) - min) / (max - min + epsilon), as the masked passes have it
_MARGIN = 32
_PHOTO = 240  # pixels of the photo's column
_RESULT = 264  # of the column with the sum and the overlay
_ARROW = 62  # between the columns
_CELL = 170  # of the longer side of a channel's pictures
_GAP = 14  # between channels: 2 * 32 + 240 + 264 + 2 * 62 + 5 * 170 + 4 * 14 = 1598
_STEP = 26  # between rows, with its arrow
_ACROSS = 5  # masked photos beside each other
_MASKED = (WIDTH - 2 * _MARGIN - (_ACROSS - 1) * 20) // _ACROSS  # 291 pixels
_BAR = "#3a6ea5"
_NO_MASK = "every channel of the layer is constant for this photo: there is no mask, and the map is zero"
_SUMS = {
    "article": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, M_k\,)$",
    "official": r"$L = \mathrm{ReLU}\,(\,\sum_k S_k \, U(A_k)\,)$",
    "paper": r"$L = \mathrm{ReLU}\,(\,\sum_k a_k \, U(A_k)\,)$",
}


@dataclass(frozen=True)
class Setting:
    """What the model sees of a photo, and what it is called.

    channels: 3, or 1 for a model of grey photos. closed_rgb: the colour, 0-255, that a closed mask shows the model.
    """

    model: str
    layer: str
    variant: str
    channels: int
    closed_rgb: tuple[int, int, int]


def pipeline_figure(
    rgb: NDArray[np.uint8], found: ClassMap, steps: Steps, *, setting: Setting, colormap: str, alpha: float
) -> NDArray[np.uint8]:
    """Photo, activation maps, masks and masked photos of the channels that weigh most, weighted sum and overlay.

    Args:
        rgb: uint8 [H0, W0, 3].
        found: the map float32 [H, W] and what the model says of its class; any name is fine.
        steps: of this map; the first five are shown.
        colormap: a name that matplotlib knows; of activation maps and map.
        alpha: opacity of the map in the overlay, in [0, 1].

    Returns:
        uint8 [rows, 1600, 3].

    Raises:
        NumericsError: a value of the map is not finite.
        UsageError: no such colour map.
    """
    with drawing():
        canvas = Canvas(WIDTH)
        top = _heading(canvas, "Score-CAM, step by step", found, setting)
        left = _MARGIN + _PHOTO + _ARROW
        right = WIDTH - _MARGIN - _RESULT
        channels_end = _draw_channels(canvas, rgb, found, steps, setting, (left, top), colormap=colormap)
        middle, below = _draw_result(canvas, rgb, found, setting.variant, (right, top), colormap=colormap, alpha=alpha)
        bottom = max(channels_end, below)
        _draw_photo(canvas, rgb, found, top, bottom)
        bracket = right - _ARROW + 14
        canvas.bracket(bracket, top + HEADING.line, channels_end)
        canvas.arrow((bracket, middle), (right - 10, middle))
        return canvas.pixels(bottom + _MARGIN * 0.7)


def masked_figure(rgb: NDArray[np.uint8], found: ClassMap, steps: Steps, *, setting: Setting) -> NDArray[np.uint8]:
    """The masked photos that weigh most, five beside each other, each with its channel and the class's probability.

    Args:
        rgb, found, setting: as in `pipeline_figure`.
        steps: of this map; all are shown.

    Returns:
        uint8 [rows, 1600, 3].
    """
    with drawing():
        canvas = Canvas(WIDTH)
        top = _heading(canvas, "Masked photos that weigh most", found, setting)
        if not len(steps.channels):
            return canvas.pixels(_draw_no_mask(canvas, (_MARGIN, top), WIDTH - 2 * _MARGIN) + _MARGIN)
        photo = seen(rgb, found.map.shape, setting.channels)
        for first in range(0, len(steps.channels), _ACROSS):
            end = 0.0
            for place, number in enumerate(range(first, min(first + _ACROSS, len(steps.channels)))):
                pixels = fit(masked_photo(photo, mask(steps.grids[number], photo.shape[:2]), setting), _MASKED, _MASKED)
                corner = _MARGIN + place * (_MASKED + 20), top
                end = _draw_masked(canvas, pixels, steps, number, corner, variant=setting.variant)
            top = round(end) + 18
        return canvas.pixels(top + _MARGIN * 0.3)


def seen(rgb: NDArray[np.uint8], size: tuple[int, ...], channels: int) -> NDArray[np.uint8]:
    """The photo as the model gets it, before scaling: squeezed to size (H, W), without colour for one channel.

    Returns:
        uint8 [H, W, 3].
    """
    photo = Image.fromarray(rgb)
    if channels == 1:
        photo = photo.convert("L")
    return np.asarray(photo.resize((size[1], size[0]), Image.Resampling.BILINEAR).convert("RGB"))


def mask(grid: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """`M = (U(A) - min) / (max - min + 1e-5)` with U bilinear: float32 [h, w] -> float32 [H, W] in [0, 1]."""
    image = Image.fromarray(np.ascontiguousarray(grid, np.float32))
    upsampled = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR), np.float64)  # [H, W]
    low, high = upsampled.min(), upsampled.max()
    return np.asarray((upsampled - low) / (high - low + MASK_EPSILON), np.float32)


def masked_photo(photo: NDArray[np.uint8], opening: NDArray[np.float32], setting: Setting) -> NDArray[np.uint8]:
    """`X * M` as a photo: the colour of 0 in model units shows where the mask is closed.

    Args:
        photo: uint8 [H, W, 3], from `seen`.
        opening: float32 [H, W] in [0, 1], from `mask`.

    Returns:
        uint8 [H, W, 3].
    """
    share = opening[..., None]  # [H, W, 1]
    closed = np.array(setting.closed_rgb, np.float32)
    return to_uint8((photo * share + closed * (1 - share)) / np.float32(255))


def _heading(canvas: Canvas, what: str, found: ClassMap, setting: Setting) -> int:
    """The class in bold, model and layer below it; where the figure's body begins, pixels."""
    width = WIDTH - 2 * _MARGIN
    top = canvas.text(wrapped(f"{what}: {found.score.label.name}", width, TITLE, most=2), _MARGIN, 20, TITLE)
    words = f"class {found.score.label.index} · {setting.model} · layer {setting.layer} · variant {setting.variant}"
    return round(canvas.text(wrapped(words, width, QUIET, most=2), _MARGIN, top + 2, QUIET)) + 18


def _draw_photo(canvas: Canvas, rgb: NDArray[np.uint8], found: ClassMap, top: int, bottom: float) -> None:
    """Step 1, in the middle of the height that the others take, with an arrow to them."""
    words = f"{rgb.shape[1]} x {rgb.shape[0]} pixels, for the model squeezed to {found.map.shape[1]} x "
    words += f"{found.map.shape[0]}. Without a mask the class has probability {found.score.probability:.3g}."
    lines = wrapped(words, _PHOTO, QUIET, most=4)
    used = HEADING.line + 10 + len(lines) * QUIET.line
    photo = fit(rgb, _PHOTO, int(bottom - top - used))
    rows, columns = photo.shape[:2]
    start = round(top + (bottom - top - rows - used) / 2)
    below = round(canvas.text([r"1  Photo  $X$"], _MARGIN, start, HEADING, formula=True)) + 4
    canvas.picture(photo, _MARGIN + (_PHOTO - columns) // 2, below)
    canvas.text(lines, _MARGIN, below + rows + 6, QUIET)
    canvas.arrow((_MARGIN + _PHOTO + 10, below + rows / 2), (_MARGIN + _PHOTO + _ARROW - 10, below + rows / 2))


def _draw_channels(
    canvas: Canvas,
    rgb: NDArray[np.uint8],
    found: ClassMap,
    steps: Steps,
    setting: Setting,
    corner: tuple[int, int],
    *,
    colormap: str,
) -> int:
    """Steps 2 to 4, one column for each channel; where they end, pixels."""
    left, top = corner
    width = MOST_CHANNELS * (_CELL + _GAP) - _GAP
    count = min(MOST_CHANNELS, len(steps.channels))
    if not count:
        return _draw_no_mask(canvas, corner, width)
    size = found.map.shape
    photo = seen(rgb, size, setting.channels)
    masks = [mask(grid, size) for grid in steps.grids[:count]]
    h, w = steps.grids.shape[1:]
    passed = "" if found.estimated_correlation == 1 else "passed "
    largest = f"the {count} {passed}channels of largest weight" if count > 1 else f"the one {passed}channel"
    weight = "$S_k$: the probability that each leaves the class"
    if setting.variant == "paper":
        weight += "; $a_k$: softmax of the rise of its logit"
    rows: tuple[tuple[str, str, list[NDArray[np.uint8]], list[str]], ...] = (
        (
            r"2  Activation maps  $A_k$",
            f"{h} x {w}, {largest}",
            [heatmap(grid, width=w, height=h, colormap=colormap) for grid in steps.grids[:count]],
            [f"channel {channel}" for channel in steps.channels],
        ),
        (r"3  Masks  $M_k$", "$A_k$ upsampled and scaled to [0, 1]", [_grey(each) for each in masks], []),
        (
            r"4  Masked photos  $X \cdot M_k$",
            weight,
            [masked_photo(photo, each, setting) for each in masks],
            [_weights(steps, number, setting.variant) for number in range(count)],
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


def _draw_result(
    canvas: Canvas,
    rgb: NDArray[np.uint8],
    found: ClassMap,
    variant: str,
    corner: tuple[int, int],
    *,
    colormap: str,
    alpha: float,
) -> tuple[float, float]:
    """Steps 5 and 6 below each other; the height of the middle of the map, and where they end, pixels."""
    left, top = corner
    rows, columns = found.map.shape
    heat = fit(heatmap(found.map, width=columns, height=rows, colormap=colormap), _RESULT, _RESULT)
    below = canvas.text(["5  Weighted sum  $L$"], left, top, HEADING, formula=True)
    below = round(canvas.text([_SUMS[variant]], left, below + 2, BODY, formula=True)) + 12
    canvas.picture(heat, left + (_RESULT - heat.shape[1]) // 2, below)
    middle = below + heat.shape[0] / 2
    words = f"{_summed(found)}; from {found.map.min():.3g} to {found.map.max():.3g}"
    below = canvas.text(wrapped(words, _RESULT, QUIET), left, below + heat.shape[0] + 5, QUIET)
    canvas.arrow((left + _RESULT / 2, below + 3), (left + _RESULT / 2, below + _STEP - 4))
    photo = fit(rgb, _RESULT, _RESULT)
    warm = heatmap(found.map, width=photo.shape[1], height=photo.shape[0], colormap=colormap)
    below = round(canvas.text(["6  Overlay"], left, below + _STEP, HEADING)) + 4
    canvas.picture(overlay(photo, warm, alpha=alpha), left + (_RESULT - photo.shape[1]) // 2, below)
    return middle, below + photo.shape[0]


def _summed(found: ClassMap) -> str:
    if found.estimated_correlation is None:
        return "over the passed channels"
    return "over all channels" + (", some weights inferred" if found.estimated_correlation < 1 else "")


def _draw_masked(
    canvas: Canvas, pixels: NDArray[np.uint8], steps: Steps, number: int, corner: tuple[int, int], *, variant: str
) -> float:
    """One masked photo, a bar as long as its probability, and what is said of it; where it ends, pixels."""
    left, top = corner
    rows, columns = pixels.shape[:2]
    inset = (_MASKED - columns) // 2
    canvas.picture(pixels, left + inset, top)
    below = top + rows + 4
    canvas.bar(left + inset, below, columns, 7, colour="0.93")
    canvas.bar(left + inset, below, columns * float(steps.probabilities[number]), 7, colour=_BAR)
    canvas.text([f"channel {steps.channels[number]}"], left + inset, below + 9, BODY)
    caption = _weights(steps, number, variant)
    return canvas.text([caption], left + inset + columns, below + 9, BODY, align="right", formula=True)


def _draw_no_mask(canvas: Canvas, corner: tuple[int, int], width: int) -> int:
    """An empty frame that says why there is no mask; where it ends, pixels."""
    canvas.box(*corner, width, 2 * _CELL)
    lines = wrapped(_NO_MASK, width - 4 * _GAP, BODY)
    canvas.text(lines, corner[0] + width / 2, corner[1] + _CELL - BODY.line, BODY, align="center")
    return corner[1] + 2 * _CELL


def _weights(steps: Steps, number: int, variant: str) -> str:
    probability = f"$S_k$ = {steps.probabilities[number]:#.3g}"
    return f"{probability},  $a_k$ = {steps.weights[number]:#.2g}" if variant == "paper" else probability


def _grey(opening: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.repeat(to_uint8(opening)[..., None], 3, axis=2)
