"""An evaluation as the page shows it: a table of means with the best in bold, and the mean curves as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.faithfulness.numbers import ARROWS
from scorecam_cli.report.evaluation import Curve, Evaluation

EQUAL = 1e-3  # curves that differ less are one line
BETTER = {1: "higher is better", -1: "lower is better", 0: ""}
PLOT = (46, 12, 420, 250)  # left, top, right, bottom of a diagram, of 440 x 290
MOST_STEPS = 120  # of a line: what lies between is not seen
MOST_METHODS, MOST_MEASURES = 16, 40  # that photos can be sorted by
_NEAR = 0.06  # of the height: numbers of lines nearer than that would touch


@dataclass(frozen=True)
class Column:
    """One measure. better: in words; empty where nobody knows."""

    name: str
    arrow: str
    better: str


@dataclass(frozen=True)
class Cell:
    """A mean with its standard error, as text; empty where there is none. best: no other is better."""

    mean: str = ""
    error: str = ""
    best: bool = False


@dataclass(frozen=True)
class Table:
    """Means: a column for each measure; a row for each method: its name, how many photos, a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, int, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Line:
    """One line of a diagram: the number beside it, its methods, the area below it, and its points in the units of PLOT.

    band: the outline of the mean ± its standard error; empty for a single photo. at: where its number stands.
    """

    number: int
    methods: str
    area: str
    points: str
    band: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Diagram:
    """Mean curves: the best area first."""

    title: str
    below: str
    lines: tuple[Line, ...]


def measures_table(evaluation: Evaluation) -> Table:
    """The means of an evaluation; methods whose shown means are the same are both the best."""
    numbers = evaluation.number_names
    columns = tuple(Column(each.name, ARROWS[each.better], BETTER[each.better]) for each in numbers)
    texts = [[_decimals(value) for value in row.values] for row in evaluation.means]
    best = [_best([row.values[place] for row in evaluation.means], each.better) for place, each in enumerate(numbers)]
    rows = []
    for row, text in zip(evaluation.means, texts, strict=True):
        errors = row.errors or (None,) * len(row.values)
        cells = tuple(
            Cell(
                shown,
                "" if error is None else f"{error:.3f}" if error < 1000 else f"{error:.3g}",
                best=bool(shown) and len(evaluation.means) > 1 and shown == best[place],
            )
            for place, (shown, error) in enumerate(zip(text, errors, strict=True))
        )
        rows.append((row.method or "all", row.count, cells))
    return Table(columns, tuple(rows))


def _best(values: Sequence[float | None], better: int) -> str | None:
    known = [value for value in values if value is not None]
    return _decimals(max(known, key=lambda value: better * value)) if known and better else None


def _decimals(value: float | None) -> str:
    """Three decimals, so that a column can be read down; large and tiny numbers as they are."""
    if value is None:
        return ""
    return f"{value:.3f}" if 0.0005 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"


def sorting(evaluation: Evaluation) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each method what photos can be sorted by, the worst first: values for the page's script, and words.

    A measure of which nobody knows which way is better is sorted from high to low.
    """
    words = {1: "lowest first", -1: "highest first", 0: "highest first"}
    found = []
    for row, measured in enumerate(evaluation.means[:MOST_METHODS]):
        options = [
            (f"measure-{row}-{place}-{'up' if each.better > 0 else 'down'}", f"{each.name}, {words[each.better]}")
            for place, each in enumerate(evaluation.number_names[:MOST_MEASURES])
            if measured.values[place] is not None
        ]
        found.append((measured.method, options))
    return found


def diagrams(evaluation: Evaluation) -> list[Diagram]:
    """Those of deletion and insertion, as far as the table has their curves."""
    kinds = (
        ("deletion_curve", "Deletion ↓ lower is better", "share of the pixels taken away, the map's best first", -1),
        ("insertion_curve", "Insertion ↑ higher is better", "share of the pixels given, the map's best first", 1),
    )
    found = []
    for column, title, below, better in kinds:
        if curves := evaluation.curves.get(column):
            found.append(Diagram(title, below, _lines(curves, better)))
    return found


def _lines(curves: Mapping[str, Curve], better: int) -> tuple[Line, ...]:
    groups: list[tuple[list[str], Curve]] = []
    for method, curve in curves.items():
        same = next((names for names, other in groups if _equal(other, curve)), None)
        if same is None:
            groups.append(([method or "all"], curve))
        else:
            same.append(method)
    groups.sort(key=lambda group: -better * _area(group[1]))
    places = _places([curve for _, curve in groups])
    return tuple(
        Line(
            number=number + 1,
            methods=" = ".join(names),
            area=f"{_area(curve):.3f}",
            points=_points(curve.mean),
            band="" if curve.error is None else _outline(curve.mean, curve.error),
            at=places[number],
        )
        for number, (names, curve) in enumerate(groups)
    )


def _equal(first: Curve, second: Curve) -> bool:
    return first.mean.shape == second.mean.shape and bool(np.abs(first.mean - second.mean).max() < EQUAL)


def _area(curve: Curve) -> float:
    return float(((curve.mean[1:] + curve.mean[:-1]) / 2).mean())


def _places(curves: Sequence[Curve]) -> list[tuple[float, float]]:
    """Where on each line its number stands: as far as can be from the other lines and the numbers before it."""
    shares = np.linspace(0.04, 0.96, 47)
    heights = [np.interp(shares, np.linspace(0, 1, len(curve.mean)), curve.mean) for curve in curves]
    taken: list[tuple[int, float]] = []
    for own, height in enumerate(heights):
        room = np.full(len(shares), 2.0)
        for other, level in enumerate(heights):
            if other != own:
                room = np.minimum(room, np.abs(height - level))
        for step, there in taken:
            near = np.abs(np.arange(len(shares)) - step) < 4
            room = np.where(near, np.minimum(room, np.abs(height - there) - _NEAR), room)
        step = int(np.argmax(room))
        taken.append((step, float(height[step])))
    return [_place(float(shares[step]), level) for step, level in taken]


def _points(heights: NDArray[np.float64]) -> str:
    shares = np.linspace(0, 1, len(heights))
    few = np.linspace(0, 1, min(len(heights), MOST_STEPS + 1))
    at = (
        _place(float(share), float(height)) for share, height in zip(few, np.interp(few, shares, heights), strict=True)
    )
    return " ".join(f"{across:.1f},{down:.1f}" for across, down in at)


def _outline(mean: NDArray[np.float64], error: NDArray[np.float64]) -> str:
    above, below = _points(mean + error), _points(mean - error)
    return " ".join([above, *reversed(below.split(" "))])


def _place(share: float, height: float) -> tuple[float, float]:
    left, top, right, bottom = PLOT
    return left + share * (right - left), bottom - min(max(height, 0.0), 1.0) * (bottom - top)
