"""What --save of `compare` and `evaluate` can name, and the forms that a figure's file can have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from scorecam_cli.errors import UsageError
from scorecam_cli.figures.paper import DRAWN
from scorecam_cli.words import nearest_or

COMPARED = ("compare", "stability")
EVALUATED = ("evaluation",)
_PIXELS = "png"


class Form(NamedTuple):
    """A figure and the ending of its file: `png`, `pdf` or `svg`."""

    figure: str
    ending: str


def names_of(figures: Sequence[str]) -> list[str]:
    """All that can be named: `compare`, `compare.pdf`, `compare.svg`."""
    return [each for figure in figures for each in (figure, *(f"{figure}.{form}" for form in DRAWN))]


def forms(save: Collection[str], figures: Sequence[str]) -> list[Form]:
    """The files of these names, in the order of the figures.

    Raises:
        UsageError: one is none of them, or there is none.
    """
    known = names_of(figures)
    for name in save:
        if name not in known:
            advice = nearest_or(f"choose from {', '.join(known)}", name, known)
            raise UsageError(f"--save {','.join(save)}: {name!r} is none of {', '.join(known)}; {advice}")
    if not save:
        raise UsageError(f"--save names nothing; give a comma list of {', '.join(known)}")
    parts = (name.partition(".") for name in known if name in save)
    return [Form(figure, ending or _PIXELS) for figure, _, ending in parts]
