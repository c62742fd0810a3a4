"""Means over photos."""

import numpy as np
import pytest

from scorecam_cli.faithfulness.summary import curve_errors, mean_curves, mean_of, summarise

ROWS = [
    {"method": "b", "drop": "1", "energy": "", "curve": "1 0.5 0"},
    {"method": "a", "drop": "0.25", "energy": "0.5", "curve": "0 0 0"},
    {"method": "b", "drop": "2", "energy": "0.5", "curve": "0 0.5 1"},
    {"method": "b", "drop": "3", "energy": "", "curve": ""},
]


def test_mean_and_standard_error_are_those_solved_by_hand():
    found = mean_of([1, 2, 3])
    assert found.mean == 2
    assert found.standard_error == pytest.approx(1 / np.sqrt(3))  # s = 1
    assert found.photos == 3
    assert mean_of([4]).standard_error is None


def test_each_method_is_averaged_over_the_rows_that_have_the_number():
    found = summarise(ROWS, ["drop", "energy", "absent"])
    assert list(found) == ["b", "a"]
    assert found["b"]["drop"].mean == 2
    assert found["b"]["energy"].photos == 1
    assert found["a"]["drop"].mean == 0.25
    assert "absent" not in found["a"]


def test_mean_curve_is_the_mean_of_each_step():
    found = mean_curves(ROWS, "curve")
    np.testing.assert_array_equal(found["b"], [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(found["a"], [0, 0, 0])


def test_error_of_a_mean_curve_is_that_of_each_step():
    rows = [{"method": "a", "curve": curve} for curve in ("0 0.2", "1 0.2", "2 0.2")] + [
        {"method": "b", "curve": "1 2"}
    ]
    found = curve_errors(rows, "curve")
    np.testing.assert_allclose(found["a"], [1 / np.sqrt(3), 0], atol=1e-12)  # deviation 1, 3 photos
    assert found["b"] is None
