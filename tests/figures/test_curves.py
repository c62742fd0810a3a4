"""The figure of deletion and insertion curves: each method has a line, and nothing depends on the user's style."""

import warnings

import matplotlib
import numpy as np

from scorecam_cli.figures.curves import curves_figure
from tests.figures.sheets import margins_are_white


def curves(count, start=0.9):
    return {f"method-{number}": np.linspace(start, 0.05 * number, 29) for number in range(count)}


def test_the_figure_has_its_width_and_another_curve_changes_it():
    one, two = (curves_figure(curves(count), curves(count, 0.1)) for count in (1, 2))
    assert one.dtype == np.uint8
    assert one.shape == two.shape == (520, 1300, 3)
    assert margins_are_white(one, width=2)
    assert not np.array_equal(one[:, :650], two[:, :650])  # deletion
    assert not np.array_equal(one[:, 650:], two[:, 650:])  # insertion


def test_as_many_methods_as_there_are_keep_the_size_and_no_style_of_the_user_changes_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert curves_figure(curves(16), curves(16, 0.2)).shape == (520, 1300, 3)
    plain = curves_figure(curves(2), curves(2))
    with matplotlib.rc_context({"font.size": 30, "lines.linestyle": "--"}):
        assert np.array_equal(curves_figure(curves(2), curves(2)), plain)
