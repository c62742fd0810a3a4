"""The table "does it run?" as Markdown: a row for each kind of model, a column for each program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.matrix.kinds import KINDS

BEGIN, END = "<!-- matrix -->\n", "<!-- end of matrix -->"
UNKNOWN = "not run"


@dataclass
class Column:
    """One program. made_by: its version and those it ran with. default: of a kind without a cell of its own."""

    name: str
    made_by: str
    cells: dict[str, str]
    default: str = UNKNOWN


def written(page: str, columns: Mapping[str, Column]) -> str:
    """The page with the table in its place.

    Raises:
        ValueError: the page has no such place.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs {BEGIN.strip()} and {END}")
    return f"{before}{BEGIN}\n{table(columns)}\n{END}{after}"


def table(columns: Mapping[str, Column]) -> str:
    """The rows in the order of the kinds, the columns in theirs."""
    heads = [f"{each.name} {each.made_by}".strip() for each in columns.values()]
    lines = [["kind of model", *heads], ["---"] * (len(heads) + 1)]
    for kind in KINDS:
        lines.append([kind.name, *(each.cells.get(kind.name, each.default) for each in columns.values())])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def read_table(page: str) -> dict[str, Column]:
    """The columns that a page has, so that one of them can be made anew."""
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split(" | ")]
        for line in page.partition(BEGIN)[2].partition(END)[0].splitlines()
        if line.startswith("|") and not re.match(r"\| *---", line)
    ]
    columns: dict[str, Column] = {}
    for place, head in enumerate(rows[0][1:] if rows else [], 1):
        name, _, made_by = head.partition(" ")
        columns[name] = Column(name, made_by, {row[0]: row[place] for row in rows[1:]})
    return columns
