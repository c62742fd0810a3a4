"""The photo with the half of its map outlined: colours stay as they are inside, and it can be printed in grey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scorecam_cli.faithfulness.compactness import half_level
from scorecam_cli.figures.subject import Subject
from scorecam_cli.photos.draw import Tile, heat_levels, tiles, to_uint8

_DIMMED = 0.6  # what the rest of the photo keeps of its brightness
_SHEET = 3200  # pixels of the longer side of what lines are drawn on: 10 MB; then it is made as large as the photo
_LINE = 14  # pixels of that: the white line; 3.5 in a photo of 800, never below 2
_RIM = 32  # the black one that it lies in; 8 in a photo of 800, never below 5


def contour_tiles(subject: Subject) -> Iterator[Tile]:
    """The photo part by part, with a line around the pixels that hold half of the map, and the rest darker.

    The line is white in a black rim, so that it stands out on any photo. What is inside is what `compactness` counts:
    the largest values of the map, as many as hold half of its sum. A map of zeros has no outline. In a signed map that
    half is of what speaks for the class; the half of what speaks against it has a black line in a white rim.

    Yields:
        Tiles of uint8 [rows, columns, 3].
    """
    rgb = subject.photo.rgb
    height, width = rgb.shape[:2]
    outlined = [_Outlined.of(subject, 1)]
    if subject.explanation.signed:
        outlined.append(_Outlined.of(subject, -1))
    sides = [side for side in outlined if side is not None]
    for place in tiles(height, width):
        if not sides:
            yield Tile(*place, rgb[place])
            continue
        inside = np.any([side.levels[place] >= side.level for side in sides], axis=0)
        shown = rgb[place] / np.float32(255) * np.where(inside, np.float32(1), np.float32(_DIMMED))[..., None]
        for side in sides:
            for sheet, ink in ((side.rim, 1 - side.ink), (side.line, side.ink)):
                part = _part(sheet, place, (width, height))
                shown = shown * (1 - part) + part * np.float32(ink)
        yield Tile(*place, to_uint8(shown))


@dataclass(frozen=True)
class _Outlined:
    """The half of what speaks for the class (sign 1), or against it (-1), and its line.

    levels: uint8 [H0, W0], of what speaks so alone; level: from which on it is inside. line, rim: where they are drawn,
    mode L.
    """

    sign: int
    levels: NDArray[np.uint8]
    level: int
    line: Image.Image
    rim: Image.Image

    @classmethod
    def of(cls, subject: Subject, sign: int) -> _Outlined | None:
        """None where nothing speaks so."""
        saliency = sign * subject.found.map
        speaking = np.maximum(saliency, 0)
        value = half_level(speaking)
        if value is None:
            return None
        height, width = subject.photo.rgb.shape[:2]
        low, high = float(speaking.min()), float(speaking.max())
        level = round(255 * (value - low) / (high - low)) if high > low else 0
        signed = subject.explanation.signed
        levels = heat_levels(speaking, width=width, height=height) if signed else subject.levels
        scale = _SHEET / max(height, width)
        sheet = max(1, round(width * scale)), max(1, round(height * scale))
        lines = outlines(saliency, value, width=sheet[0], height=sheet[1])
        rim, line = (_drawn(lines, sheet, max(usual, round(least * scale))) for usual, least in ((_RIM, 5), (_LINE, 2)))
        return cls(sign, levels, level, line, rim)

    @property
    def ink(self) -> float:
        """The line is white, or, against the class, black; its rim the other."""
        return 1.0 if self.sign > 0 else 0.0


def outlines(saliency: NDArray[np.float32], level: float, *, width: int, height: int) -> list[NDArray[np.float64]]:
    """The lines along which a map has this value, in pixels of the photo, x before y, from its top left corner.

    Args:
        saliency: float32 [H, W].
        level: the value.
        width: W0 of the photo.
        height: H0 of the photo.

    Returns:
        float64 [points, 2] for each line; one that leaves the photo goes on half a map's pixel beyond its edge.
    """
    from contourpy import LineType, contour_generator

    rows, columns = saliency.shape
    beyond = np.pad(saliency.astype(np.float64), 1, mode="edge")  # [H + 2, W + 2]
    generator = contour_generator(z=beyond, line_type=LineType.Separate)
    middles = np.array([0.5, 0.5])  # of the first pixel, which is the second here
    return [(np.asarray(line) - 1 + middles) * (width / columns, height / rows) for line in generator.lines(level)]


def _drawn(lines: list[NDArray[np.float64]], size: tuple[int, int], thickness: int) -> Image.Image:
    """White lines of this thickness on black, mode L."""
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for line in lines:
        steps = np.hypot(*np.diff(line, axis=0).T).cumsum() // (thickness / 3)  # shorter ones would leave notches
        turns = np.concatenate([[True], np.diff(steps, prepend=0) > 0])
        turns[-1] = True
        pen.line([(x, y) for x, y in line[turns].tolist()], fill=255, width=thickness, joint="curve")
    return sheet


def _part(sheet: Image.Image, place: tuple[slice, slice], size: tuple[int, int]) -> NDArray[np.float32]:
    """A tile of the sheet at the size of the photo, (W0, H0): float32 [rows, columns, 1] in [0, 1]."""
    rows, columns = place
    across, down = sheet.width / size[0], sheet.height / size[1]
    box = (columns.start * across, rows.start * down, columns.stop * across, rows.stop * down)
    part = sheet.resize((columns.stop - columns.start, rows.stop - rows.start), Image.Resampling.BILINEAR, box=box)
    return np.asarray(part, np.float32)[..., None] / np.float32(255)
