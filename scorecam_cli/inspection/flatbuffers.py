"""Tables of a FlatBuffers file, each step checked against the size of the file: nothing it says is believed.

Source: the FlatBuffers binary format, https://flatbuffers.dev/internals: a table begins with the distance back to its
vtable, which lists where each field lies; vectors and strings begin with their length.
"""

from __future__ import annotations

from dataclasses import dataclass

from scorecam_cli.inspection.places import OutsideError, Places


@dataclass(frozen=True)
class Table:
    """One table of the file. at: where it begins."""

    places: Places
    at: int

    def number(self, field: int, form: str, default: int = 0) -> int:
        """A whole number; the default where the table leaves it out."""
        place = self._place(field)
        return default if place is None else self.places.number(form, place)

    def table(self, field: int) -> Table | None:
        """A table inside; None where it is left out."""
        place = self._place(field)
        return None if place is None else Table(self.places, place + self.places.number("I", place))

    def text(self, field: int, most: int) -> str:
        """A text, its first `most` bytes."""
        at, length = self.vector(field, 1)
        return self.places.read(at, min(length, most)).decode("utf-8", "replace")

    def vector(self, field: int, item_bytes: int) -> tuple[int, int]:
        """Where a vector begins and how many items it has; all of them lie in the file."""
        place = self._place(field)
        if place is None:
            return 0, 0
        at = place + self.places.number("I", place)
        length = self.places.number("I", at)
        if at + 4 + length * item_bytes > self.places.size:
            raise OutsideError
        return at + 4, length

    def numbers(self, field: int, most: int) -> list[int]:
        """A vector of int32, no more than `most`."""
        at, length = self.vector(field, 4)
        if length > most:
            raise OutsideError
        return [self.places.number("i", at + 4 * place) for place in range(length)]

    def tables(self, field: int, most: int) -> list[Table]:
        """A vector of tables, no more than `most`."""
        at, length = self.vector(field, 4)
        if length > most:
            raise OutsideError
        starts = (at + 4 * place for place in range(length))
        return [Table(self.places, start + self.places.number("I", start)) for start in starts]

    def _place(self, field: int) -> int | None:
        vtable = self.at - self.places.number("i", self.at)
        size = self.places.number("H", vtable)
        entry = 4 + 2 * field
        if entry + 2 > size:
            return None
        offset = self.places.number("H", vtable + entry)
        return self.at + offset if offset else None


def root(places: Places) -> Table:
    """The outermost table of a file."""
    return Table(places, places.number("I", 0))
