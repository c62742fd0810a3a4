"""What a notebook or a terminal shows: small pictures, lines and tables, of bounded size, all text escaped."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.api.numbers import share
from scorecam_cli.config import colours
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.paper import DOTS, WIDTHS, Paper
from scorecam_cli.photos import draw
from scorecam_cli.photos.signed import check_diverging
from scorecam_cli.words import one_line

ALPHA = 0.5
FIGURE_SIDE = 960  # pixels of a figure's longer side: a cell's width
SIDE = 320  # pixels of a picture's longer side: three beside each other in a cell
QUALITY = 85  # of the JPEG: 15 to 30 kB a picture


def check_look(colormap: str, alpha: float, *, signed: bool = False) -> None:
    """Raise UsageError unless matplotlib knows the colour map and alpha is an opacity, in [0, 1].

    signed: the colour map needs a middle; where the default was left, another one stands for it.
    """
    if not isinstance(colormap, str):
        raise UsageError(f"colormap {colormap!r} is no name; give one that matplotlib knows")
    (check_diverging if signed else draw.check_colormap)(colours(colormap, signed=signed))
    share(alpha, "alpha")


def checked_paper(width: float | None, dpi: int | None) -> Paper:
    """What figures are drawn for.

    Raises:
        UsageError: one is no number, or out of range.
    """
    for name, value, (least, most) in (("width", width, WIDTHS), ("dpi", dpi, DOTS)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and least <= value <= most):
            raise UsageError(f"{name} {value!r} is not a number from {least:g} to {most:g}")
    return Paper(None if width is None else float(width), None if dpi is None else int(dpi))


def short(text: str, most: int) -> str:
    """Text for one line, of which every letter can be seen, with an ellipsis where it has more letters."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def captioned(rgb: NDArray[np.uint8], caption: str) -> str:
    """A picture, uint8 [rows, columns, 3], above its caption."""
    words = html.escape(caption)
    return (
        f'<figure style="margin:0"><img alt="{words}" src="{_address(rgb)}"><figcaption>{words}</figcaption></figure>'
    )


def sheet(cells: Iterable[str], lines: Iterable[str]) -> str:
    """Cells of HTML beside each other, and below them lines of text."""
    words = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return f'<div><div style="display:flex;flex-wrap:wrap;gap:12px">{"".join(cells)}</div>{words}</div>'


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, the first a header, the first column words and the others numbers."""
    head, *body = ([html.escape(cell) for cell in row] for row in rows)
    lines = [f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body]
    return f"<table>{''.join(lines)}</table>"


def _address(rgb: NDArray[np.uint8]) -> str:
    """The picture itself, as a `data:` address."""
    encoded = io.BytesIO()
    Image.fromarray(rgb).save(encoded, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.getvalue()).decode('ascii')}"
