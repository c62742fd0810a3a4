"""The figure of deletion and insertion curves: lines told apart without colours, and nothing of the user's style."""

import warnings

import matplotlib
import numpy as np
import pytest

from scorecam_cli.figures import curves as module
from scorecam_cli.figures.curves import Curve, curves_figure, merged, numbered_at
from scorecam_cli.figures.paper import Paper
from tests.figures.sheets import margins_are_white, words_drawn


def curves(count, start=0.9):
    return {f"method-{number}": Curve(np.linspace(start, 0.05 * number, 29)) for number in range(count)}


def numbered(found):
    return {method: number for number, method in enumerate(found)}


def test_the_figure_has_its_width_and_another_curve_changes_it():
    one, two = (curves_figure(curves(count), curves(count, 0.1)).pixels() for count in (1, 2))
    assert one.dtype == np.uint8
    assert one.shape[1] == two.shape[1] == 1300
    assert margins_are_white(one, width=2)
    assert not np.array_equal(one[:, :650], two[: len(one), :650])  # deletion
    assert not np.array_equal(one[:, 650:], two[: len(one), 650:])  # insertion


def test_as_many_methods_as_there_are_are_drawn_and_no_style_of_the_user_changes_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = curves_figure(curves(21), curves(21, 0.2), paper=Paper(84)).pixels()
    assert margins_are_white(sheet)
    plain = curves_figure(curves(2), curves(2)).pixels()
    with matplotlib.rc_context({"font.size": 30, "lines.linestyle": "--"}):
        assert np.array_equal(curves_figure(curves(2), curves(2)).pixels(), plain)


def test_equal_curves_are_one_line_and_the_best_area_comes_first():
    found = {**curves(2), "twin": Curve(np.linspace(0.9, 0.05, 29) + 1e-4)}
    assert [line.methods for line in merged(found, numbered(found), 1)] == [("method-1", "twin"), ("method-0",)]
    assert [line.methods for line in merged(found, numbered(found), -1)] == [("method-0",), ("method-1", "twin")]
    with words_drawn() as words:
        curves_figure(found, found, lines=("EfficientNetLite0", "mean over 8 photos"))
    assert words.count("1 · method-1 = twin · 0.475") == words.count("2 · method-1 = twin · 0.475") == 1
    assert {"EfficientNetLite0", "mean over 8 photos"} <= set(words)


def test_the_methods_of_a_default_run_have_dashes_of_their_own():
    looks = [module._Line((), Curve(np.zeros(2)), style).look["linestyle"] for style in range(8)]
    assert len({str(look) for look in looks}) == 8


def test_a_number_stands_where_its_line_is_far_from_the_others_and_no_two_touch():
    shares = np.linspace(0, 1, 29)
    bump = np.exp(-(((shares - 0.7) / 0.1) ** 2)) * 0.3
    found = {"flat": Curve(shares * 0 + 0.5), "bump": Curve(0.5 + bump), "low": Curve(0.5 - bump)}
    lines = merged(found, numbered(found), 1)
    places = numbered_at(lines)
    assert 17 <= places[0] <= 22  # the bump, at 0.7 of 28 steps
    heights = [float(line.curve.mean[step]) for line, step in zip(lines, places, strict=True)]
    apart = [np.hypot((places[a] - places[b]) / 28, heights[a] - heights[b]) for a, b in ((0, 1), (1, 2), (0, 2))]
    assert min(apart) > 0.04


@pytest.mark.parametrize("count", [1, 2])
def test_bands_are_one_standard_error_wide(count, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "matplotlib.axes.Axes.fill_between", lambda axes, x, low, high, **look: drawn.append((low, high))
    )
    error = np.full(29, 0.1) if count > 1 else None
    curves_figure({"a": Curve(np.full(29, 0.5), error)}, {}).pixels()
    assert len(drawn) == count - 1
    for low, high in drawn:
        np.testing.assert_allclose((low, high), (np.full(29, 0.4), np.full(29, 0.6)))
