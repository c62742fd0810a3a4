"""The table that `scorecam evaluate` wrote, as named numbers: of each photo, and their means."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from scorecam_cli.errors import UsageError
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.small_files import EVALUATION, read_small_text

_NAMES = ("photo", "photo_sha256", "method", "class")  # columns that are words, whatever they look like


@dataclass(frozen=True)
class Measured:
    """The numbers of one row; None where the row leaves one out. `count`: rows that a mean is of."""

    method: str
    values: tuple[float | None, ...]
    count: int = 1


@dataclass(frozen=True)
class Evaluation:
    """Rows of one table: the names of their numbers, the rows by photo, and the means by method."""

    columns: tuple[str, ...]
    rows: dict[str, tuple[Measured, ...]]
    means: tuple[Measured, ...]

    def of_photo(self, photo: Path) -> tuple[Measured, ...]:
        """The rows of a photo: by its path, or by its name where only one photo of the table has it."""
        found = self.rows.get(os.path.realpath(photo))
        if found is None:
            same = [rows for path, rows in self.rows.items() if Path(path).name == photo.name]
            found = same[0] if len(same) == 1 else ()
        return found


NO_EVALUATION = Evaluation((), {}, ())


def read_evaluation(path: Path) -> Evaluation:
    """A CSV with a column `photo`, perhaps one `method`, and columns of numbers; other columns are left out.

    Raises:
        UsageError: the file cannot be read, is no such table, or has no column of numbers.
    """
    text = read_small_text(path, EVALUATION, undecodable="surrogateescape")
    heading, *rows_below = [row.cells for row in csv_rows(text, f"--evaluation {path}", skip_spaces=False)] or [[]]
    lines = [dict(zip_longest(heading, cells[: len(heading)], fillvalue="")) for cells in rows_below]
    if not lines or "photo" not in lines[0]:
        raise UsageError(f"--evaluation {path} has no column `photo`: give the table that `scorecam evaluate` writes")
    columns = tuple(name for name in lines[0] if name and name not in _NAMES and _is_numeric(lines, name))
    if not columns:
        raise UsageError(f"--evaluation {path} has no column of numbers beside `photo`")
    rows: dict[str, list[Measured]] = {}
    for line in lines:
        values = tuple(_number(line[name]) for name in columns)
        row = Measured(line.get("method") or "", values)
        rows.setdefault(os.path.realpath(line["photo"]), []).append(row)
    by_photo = {photo: tuple(measured) for photo, measured in rows.items()}
    return Evaluation(columns, by_photo, _means(len(columns), [row for each in rows.values() for row in each]))


def _means(columns: int, rows: Sequence[Measured]) -> tuple[Measured, ...]:
    """One row per method, in the order of their first rows: each number's mean over the rows that have it."""
    by_method: dict[str, list[Measured]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    return tuple(
        Measured(method, tuple(_mean([row.values[column] for row in group]) for column in range(columns)), len(group))
        for method, group in by_method.items()
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _is_numeric(lines: Sequence[dict[str, str]], name: str) -> bool:
    cells = [line[name] for line in lines if line[name]]
    return bool(cells) and all(_number(cell) is not None or cell.lower() == "nan" for cell in cells)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
