"""What a figure is drawn for: a screen, or paper of a certain width and so many dots in an inch."""

from __future__ import annotations

from dataclasses import dataclass, replace

DRAWN = ("pdf", "svg")  # files of lines and letters
ON_SCREEN = 100  # units of a layout in an inch: one is a pixel there
ON_PAPER = 146  # the smallest letters are 9.5 points of 1/72 inch on a screen, and 9.5 * 100 / 146 = 6.5 on paper
MILLIMETRES = 25.4  # in an inch
WIDTHS, DOTS = (80.0, 400.0), (50, 600)  # what is laid out well, and at most 9600 pixels wide
_SCREEN_DOTS, _DRAWN_DOTS, _PAPER_DOTS = 100, 200, 300  # in an inch, of pixels; the second in a file of lines


@dataclass(frozen=True)
class Paper:
    """Where a figure is shown. A layout counts in units, from which it has its real size here.

    width: of the figure, millimetres; None: as wide as it comes, for a screen.
    dpi: dots in an inch; None: 100 on a screen, 300 on paper.
    """

    width: float | None = None
    dpi: int | None = None

    @property
    def dots(self) -> int:
        """Dots in an inch."""
        return self.dpi or (_SCREEN_DOTS if self.width is None else _PAPER_DOTS)

    @property
    def units(self) -> int:
        """Units of a layout in an inch: the more, the smaller its letters are."""
        return ON_SCREEN if self.width is None else ON_PAPER

    @property
    def detail(self) -> float:
        """Pixels for a unit."""
        return self.dots / self.units

    @property
    def drawn(self) -> Paper:
        """The same for a file of lines and letters, which is enlarged more often: its photos have more pixels."""
        return self if self.dpi else replace(self, dpi=max(self.dots, _DRAWN_DOTS))

    def room(self, usual: int) -> int:
        """How many units a layout may be wide that is so wide on a screen."""
        return usual if self.width is None else round(self.width / MILLIMETRES * ON_PAPER)


SCREEN = Paper()
