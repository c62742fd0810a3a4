"""From rows, one for each photo and method, to one line for each method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Mean:
    """Of one number over photos: mean, its standard error (None with fewer than 2 photos) and the photos counted."""

    mean: float
    standard_error: float | None
    photos: int


def summarise(
    rows: Iterable[Mapping[str, str]], measures: Sequence[str], *, by: str = "method"
) -> dict[str, dict[str, Mean]]:
    """Mean of each measure for each method, over the rows that have it.

    Args:
        rows: text, as a CSV holds it; an empty cell is a photo that the measure does not apply to.
        measures: columns to average. by: the column of the methods.

    Returns:
        By method, in the order of their first rows, then by measure; measures without a number are left out.
    """
    values: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        of_method = values.setdefault(row[by], {})
        for measure in measures:
            if row.get(measure):
                of_method.setdefault(measure, []).append(float(row[measure]))
    return {
        method: {measure: mean_of(numbers) for measure, numbers in of_method.items()}
        for method, of_method in values.items()
    }


def mean_of(numbers: Sequence[float]) -> Mean:
    """Mean and standard error `s / sqrt(n)`, with s of n - 1 degrees of freedom."""
    count = len(numbers)
    spread = float(np.std(numbers, ddof=1)) / math.sqrt(count) if count > 1 else None
    return Mean(float(np.mean(numbers)), spread, count)


def mean_curves(
    rows: Iterable[Mapping[str, str]], column: str, *, by: str = "method"
) -> dict[str, NDArray[np.float64]]:
    """Mean of a column of curves, numbers separated by spaces, for each method: float64 [steps + 1]."""
    return {method: found.mean(axis=0) for method, found in _curves(rows, column, by).items()}


def curve_errors(
    rows: Iterable[Mapping[str, str]], column: str, *, by: str = "method"
) -> dict[str, NDArray[np.float64] | None]:
    """Standard error of each mean of `mean_curves`, `s / sqrt(n)` as of `mean_of`; None of a single photo."""
    return {
        method: found.std(axis=0, ddof=1) / math.sqrt(len(found)) if len(found) > 1 else None
        for method, found in _curves(rows, column, by).items()
    }


def _curves(rows: Iterable[Mapping[str, str]], column: str, by: str) -> dict[str, NDArray[np.float64]]:
    """All curves of each method: float64 [photos, steps + 1]."""
    curves: dict[str, list[list[float]]] = {}
    for row in rows:
        if row.get(column):
            curves.setdefault(row[by], []).append([float(number) for number in row[column].split()])
    return {method: np.array(of_method) for method, of_method in curves.items()}
