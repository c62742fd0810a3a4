"""Where the parts of the figure of all steps go, for a screen and for paper of any width."""

from __future__ import annotations

from dataclasses import dataclass

from scorecam_cli.figures.masked import MARGIN, TIGHT, WIDTH
from scorecam_cli.figures.paper import Paper

_WIDE = 900  # units, from which on the result has room beside the channels
_FIVE = 620  # from which on there is room for five channels, else three


@dataclass(frozen=True)
class StepsPlan:
    """Units of the parts.

    width: of the sheet, and margin: around it. photo: width of the photo's column. arrow: of the room of an arrow
    between columns. cell: of the longer side of a channel's pictures. gap: between channels. channels: how many.
    result: of the map and of the overlay. beside: these stand beside the channels, else below.
    """

    width: int
    margin: int
    photo: int
    arrow: int
    cell: int
    gap: int
    channels: int
    result: int
    beside: bool

    @classmethod
    def of(cls, paper: Paper) -> StepsPlan:
        """For this paper."""
        width, tight = paper.room(WIDTH), paper.width is not None
        if not tight:  # 2 * 32 + 240 + 264 + 2 * 62 + 5 * 170 + 4 * 14 = 1598
            return cls(width, MARGIN, 240, 62, 170, 14, 5, 264, True)
        margin, gap = TIGHT, 8
        if width >= _WIDE:
            photo, arrow, result, channels = width // 7, 44, width // 6, 5
            room = width - 2 * margin - photo - 2 * arrow - result
        else:
            photo, arrow, channels = width // 5, 30, 5 if width >= _FIVE else 3
            room, result = width - 2 * margin - photo - 2 * arrow, (width - 2 * margin - arrow) // 2
        cell = (room + gap) // channels - gap
        return cls(width, margin, photo, arrow, cell, gap, channels, result, width >= _WIDE)

    @property
    def left(self) -> int:
        """Where the channels begin."""
        return self.margin + self.photo + self.arrow

    @property
    def right(self) -> int:
        """Where the channels end."""
        return self.left + self.channels * (self.cell + self.gap) - self.gap

    def channel(self, place: int) -> int:
        """Where the channel of this place begins."""
        return self.left + place * (self.cell + self.gap)
