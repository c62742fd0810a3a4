"""Words for people: text of which every letter can be seen, in columns too, and the names nearest to an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

LONGEST_LINE = 2000  # letters that are drawn or said of a text; a name may be a whole file read by mistake
LONGEST_NAME = 100  # letters; no name of a model, layer, method, class or colour map that is asked for has more


def printable(text: str) -> str:
    """Text in which every character can be seen.

    Control characters, marks that turn the line around, bytes in no encoding and lone surrogates become escapes, so
    that text cannot move a cursor, change colours or read differently from what it is.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def one_line(text: str) -> str:
    """Text for one line of a figure: printable, with single spaces where it has any, and of bounded length."""
    return printable(" ".join(text[:LONGEST_LINE].split()))


def quoted(text: str) -> str:
    """Text in quotes, as a message repeats it; of a long one the beginning."""
    return repr(text) if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]!r}..."


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text as lines with aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
    return lines


def nearest(wanted: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.5) -> list[str]:
    """The known names most like one that does not exist, best first; case, dashes and spaces do not count.

    Args:
        wanted: any text; one longer than a name can be is like nothing.
        known: the names that exist; longer ones are left out.
        most: at most so many.
        cutoff: the least likeness, in [0, 1].
    """
    if len(wanted) > LONGEST_NAME:
        return []
    spelt: dict[str, list[str]] = {}
    for name in known:
        if len(name) <= LONGEST_NAME:
            spelt.setdefault(_plain(name), []).append(name)
    near = difflib.get_close_matches(_plain(wanted), spelt, n=most, cutoff=cutoff)
    return [name for plain in near for name in spelt[plain]][:most]


def nearest_or(otherwise: str, wanted: str, known: Iterable[str]) -> str:
    """`nearest: viridis, inferno`, or other advice where no known name is like it."""
    near = nearest(wanted, known)
    return f"nearest: {', '.join(near)}" if near else otherwise


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")
