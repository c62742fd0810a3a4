"""The table that `scorecam evaluate` wrote, as named numbers: of each photo, and their means."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness.numbers import NUMBERS, Number
from scorecam_cli.faithfulness.summary import mean_of
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.small_files import EVALUATION, read_small_text

_NO_MEASURES = ("photo", "photo_sha256", "method", "class", "probability", "passes")  # columns, whatever they hold
_CURVES = ("deletion_curve", "insertion_curve")
_MOST_POINTS = 10_001  # of a curve, as `evaluate --steps` has them


@dataclass(frozen=True)
class Curve:
    """The mean of curves, float64 [steps + 1], and its standard error, likewise; None where it is of one curve."""

    mean: NDArray[np.float64]
    error: NDArray[np.float64] | None

    @classmethod
    def of(cls, curves: NDArray[np.float64]) -> Curve:
        """curves: float64 [photos, steps + 1]."""
        count = len(curves)
        with np.errstate(all="ignore"):
            error = curves.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else None
            return cls(curves.mean(axis=0), error)


@dataclass(frozen=True)
class Measured:
    """The numbers of one row, about the class of this index; None where the row leaves one out, or the table the class.

    count: rows that a mean is of. errors: the standard error of each mean, None where it is of a single row.
    """

    method: str
    values: tuple[float | None, ...]
    count: int = 1
    index: int | None = None
    errors: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """Rows of one table: the names of their numbers, the rows by photo, and the means by method.

    rows: by the path of the photo; places: these paths, by the digest of the photo's bytes.
    curves: the mean ones of deletion and insertion, by the names of their columns, then by method.
    """

    columns: tuple[str, ...]
    rows: dict[str, tuple[Measured, ...]]
    means: tuple[Measured, ...]
    curves: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def number_names(self) -> tuple[Number, ...]:
        """Of each column, what people call it, and which way is better: 0 where nobody knows."""
        return tuple(NUMBERS.get(name) or Number(name, 0) for name in self.columns)

    def of_photo(self, photo: Path, sha256: str = "") -> tuple[Measured, ...]:
        """The rows of a photo: by its bytes, by its path, or by its name where only one photo of the table has it."""
        found = self.rows.get(self.places.get(sha256, "")) or self.rows.get(os.path.realpath(photo))
        if found is None:
            same = self._by_name.get(photo.name, ())
            found = self.rows[same[0]] if len(same) == 1 else ()
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.rows:
            found.setdefault(Path(path).name, []).append(path)
        return found


NO_EVALUATION = Evaluation((), {}, ())


def read_evaluation(path: Path) -> Evaluation:
    """A CSV with a column `photo`, perhaps one `method`, and columns of numbers; other columns are left out.

    Raises:
        UsageError: the file cannot be read, is no such table, or has no column of numbers.
    """
    lines = _lines_of(path)
    columns = tuple(name for name in lines[0] if name and name not in _NO_MEASURES and _is_numeric(lines, name))
    if not columns:
        raise UsageError(f"--evaluation {path} has no column of numbers beside `photo`")
    rows: dict[str, list[Measured]] = {}
    places: dict[str, str] = {}
    for line in lines:
        values = tuple(_number(line[name]) for name in columns)
        row = Measured(line.get("method") or "", values, index=_index(line.get("class", "")))
        place = os.path.realpath(line["photo"])
        rows.setdefault(place, []).append(row)
        if line.get("photo_sha256"):
            places[line["photo_sha256"]] = place
    by_photo = {photo: tuple(measured) for photo, measured in rows.items()}
    means = _means(len(columns), [row for each in rows.values() for row in each])
    return Evaluation(columns, by_photo, means, {column: _curves(lines, column) for column in _CURVES}, places)


def _lines_of(path: Path) -> list[dict[str, str]]:
    text = read_small_text(path, EVALUATION, undecodable="surrogateescape")
    heading, *rows_below = [row.cells for row in csv_rows(text, f"--evaluation {path}", skip_spaces=False)] or [[]]
    lines = [dict(zip_longest(heading, cells[: len(heading)], fillvalue="")) for cells in rows_below]
    if not lines or "photo" not in lines[0]:
        raise UsageError(f"--evaluation {path} has no column `photo`: give the table that `scorecam evaluate` writes")
    return lines


def _means(columns: int, rows: Sequence[Measured]) -> tuple[Measured, ...]:
    """One row per method, in the order of their first rows: each number's mean over the rows that have it."""
    by_method: dict[str, list[Measured]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    return tuple(_mean(method, [row.values for row in group], columns) for method, group in by_method.items())


def _mean(method: str, rows: Sequence[Sequence[float | None]], columns: int) -> Measured:
    known = [[value for row in rows if (value := row[column]) is not None] for column in range(columns)]
    with np.errstate(all="ignore"):  # numbers of a stranger may be as large as numbers get
        means = [mean_of(values) if values else None for values in known]
    values = tuple(None if each is None else _finite(each.mean) for each in means)
    errors = tuple(None if each is None else _finite(each.standard_error) for each in means)
    return Measured(method, values, len(rows), errors=errors)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _curves(lines: Sequence[dict[str, str]], column: str) -> dict[str, Curve]:
    """The mean curve of each method; a row of another length than the method's first, or no numbers, is left out."""
    curves: dict[str, list[list[float]]] = {}
    for line in lines:
        points = [_number(cell) for cell in line.get(column, "").split()]
        values = [each for each in points if each is not None]
        if 1 < len(values) == len(points) <= _MOST_POINTS:
            of_method = curves.setdefault(line.get("method") or "", [])
            if not of_method or len(of_method[0]) == len(values):
                of_method.append(values)
    return {method: Curve.of(np.array(each)) for method, each in curves.items()}


def _index(cell: str) -> int | None:
    return int(cell) if re.fullmatch(r"\d{1,9}", cell) else None


def _is_numeric(lines: Sequence[dict[str, str]], name: str) -> bool:
    cells = [line[name] for line in lines if line[name]]
    return bool(cells) and all(_number(cell) is not None or cell.lower() == "nan" for cell in cells)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
