"""An evaluation as the page shows it: means, what is best, and curves."""

import numpy as np
import pytest

from scorecam_cli.report.evaluation import Curve, Evaluation, Measured
from scorecam_cli.report.numbers import PLOT, diagrams, measures_table


def evaluation(*rows, columns=("drop", "insertion", "own"), curves=None):
    means = tuple(Measured(name, values, 3, errors=tuple(0.01 for _ in values)) for name, values in rows)
    return Evaluation(columns, {}, means, {} if curves is None else {"deletion_curve": curves})


def test_best_is_low_or_high_as_the_measure_has_it_and_unknown_of_others():
    table = measures_table(evaluation(("a", (0.2, 0.2, 1.0)), ("b", (0.1, 0.4, 2.0)), ("c", (0.30001, None, 3.0))))
    assert [(each.name, each.arrow) for each in table.columns] == [
        ("average drop", "↓"),
        ("insertion", "↑"),
        ("own", ""),
    ]
    assert [[cell.best for cell in cells] for _, _, cells in table.rows] == [
        [False, False, False],
        [True, True, False],
        [False, False, False],
    ]
    assert table.rows[2][2][0].mean == "0.300"
    assert (table.rows[2][2][1].mean, table.rows[0][2][0].error) == ("", "0.010")


def test_means_that_look_the_same_are_both_the_best_and_one_method_alone_is_not():
    same = measures_table(evaluation(("a", (0.1001,)), ("b", (0.1002,)), columns=("drop",)))
    assert [cells[0].best for _, _, cells in same.rows] == [True, True]
    assert not measures_table(evaluation(("a", (0.1,)), columns=("drop",))).rows[0][2][0].best


def line(end, *, error=None):
    return Curve(np.linspace(1, end, 11), error)


def test_equal_curves_are_one_line_and_the_best_area_comes_first():
    found = evaluation(columns=("drop",), curves={"cam": line(0.5), "score-cam": line(0.0), "grad-cam": line(0.5002)})
    (diagram,) = diagrams(found)
    assert [(each.number, each.methods, each.area) for each in diagram.lines] == [
        (1, "score-cam", "0.500"),  # a straight line from 1 to 0
        (2, "cam = grad-cam", "0.750"),
    ]


def test_lines_and_bands_keep_within_the_diagram():
    left, top, right, bottom = PLOT
    (diagram,) = diagrams(evaluation(columns=("drop",), curves={"a": line(0.0, error=np.full(11, 0.2))}))
    (only,) = diagram.lines
    points = [tuple(map(float, each.split(","))) for each in only.points.split(" ")]
    assert (points[0], points[-1]) == ((left, top), (right, bottom))
    band = [tuple(map(float, each.split(","))) for each in only.band.split(" ")]
    assert len(band) == 2 * len(points)
    assert all(left <= across <= right and top <= down <= bottom for across, down in band)
    assert band[5][1] == pytest.approx(points[5][1] - 0.2 * (bottom - top), abs=0.1)


def test_numbers_of_lines_stand_apart():
    curves = {str(number): line(0.3 + number / 100) for number in range(8)}
    (diagram,) = diagrams(evaluation(columns=("drop",), curves=curves))
    places = np.array([each.at for each in diagram.lines])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 99 * np.eye(len(places))
    assert gaps.min() > 14  # of circles of 17
