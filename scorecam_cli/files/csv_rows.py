"""The rows of a CSV that a user gives, the same way wherever one is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from scorecam_cli.errors import UsageError


class CsvRow(NamedTuple):
    """One row: the number of its last line in the file, from 1, and its cells as they stand there."""

    line: int
    cells: list[str]


def csv_rows(text: str, source: str, *, delimiter: str = ",", skip_spaces: bool = True) -> Iterator[CsvRow]:
    """The rows that hold anything, blank ones left out; a heading is a row like any other.

    Args:
        text: of the whole file.
        source: what a message calls it.
        delimiter: between cells.
        skip_spaces: whether blanks after a delimiter are none of the cell, as people type them.

    Raises:
        UsageError: a row is no CSV, or a cell of it longer than 131,072 characters.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=skip_spaces)
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield CsvRow(rows.line_num, cells)
    except csv.Error as error:
        raise UsageError(f"line {rows.line_num} of {source} is no CSV: {error}; correct it or leave it out") from error
