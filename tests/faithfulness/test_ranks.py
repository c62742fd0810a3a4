"""The order of pixels and its correlation, against hand-made ranks and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.faithfulness.ranks import pixel_ranks, rank_correlation


def test_places_by_hand():
    np.testing.assert_array_equal(pixel_ranks(np.array([[0.1, 5], [3, -2]], np.float32)), [[2, 0], [1, 3]])


def test_flat_map_favours_no_corner():
    order = pixel_ranks(np.zeros((100, 100), np.float32))
    thirds = [order[:33], order[-33:], order[:, :33], order[:, -33:]]
    for third in thirds:  # standard error of the mean of 3300 places: 10000 / sqrt(12 * 3300) = 50
        assert abs(third.mean() - 4999.5) < 200


def test_ties_fall_by_the_seed_alone():
    tied = np.array([[1, 0, 1, 0], [0, 1, 0, 1]], np.float32)
    np.testing.assert_array_equal(pixel_ranks(tied, seed=3), pixel_ranks(tied, seed=3))
    assert any((pixel_ranks(tied, seed=seed) != pixel_ranks(tied, seed=3)).any() for seed in range(5))
    assert set(pixel_ranks(tied, seed=3)[tied == 1]) == {0, 1, 2, 3}


@given(arrays(np.float32, (3, 5), elements=st.floats(-4, 4, width=16)), st.integers(0, 9))
def test_places_are_a_permutation_that_never_rises(saliency, seed):
    order = pixel_ranks(saliency, seed=seed).ravel()
    assert sorted(order) == list(range(15))
    assert (np.diff(saliency.ravel()[np.argsort(order)]) <= 0).all()


def test_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError, match="not finite"):
        pixel_ranks(np.array([[1, np.nan]], np.float32))


def test_correlation_of_known_ties():
    # ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, squares 4.5 and 5
    first, second = np.array([[10.0, 20], [20, 70]]), np.array([[0.0, 1], [2, 3]])
    assert rank_correlation(first, second) == pytest.approx(4.5 / np.sqrt(4.5 * 5), abs=1e-12)


def test_equal_maps_correlate_by_1_and_reversed_by_minus_1():
    saliency = np.random.default_rng(0).uniform(0, 1, (7, 9)).astype(np.float32)
    assert rank_correlation(saliency, saliency) == pytest.approx(1, abs=1e-12)
    assert rank_correlation(saliency, -saliency) == pytest.approx(-1, abs=1e-12)


def test_correlation_equals_the_formula_of_differences():
    first, second = (np.random.default_rng(seed).permutation(40).reshape(5, 8) for seed in (1, 2))
    squares = int(((first - second) ** 2).sum())  # of ranks: the values are ranks already
    assert rank_correlation(first * 1.0, second * 1.0) == pytest.approx(1 - 6 * squares / (40 * (40**2 - 1)), abs=1e-12)


def test_correlation_equals_scipy_on_maps_full_of_ties():
    stats = pytest.importorskip("scipy.stats")
    for seed in range(5):
        first, second = np.random.default_rng(seed).integers(0, 6, (2, 12, 9)).astype(np.float32)
        expected = stats.spearmanr(first.ravel(), second.ravel()).statistic
        assert rank_correlation(first, second) == pytest.approx(expected, abs=1e-12)


@given(arrays(np.float64, (2, 4, 4), elements=st.integers(-9, 9)))
def test_correlation_is_symmetric_and_sees_order_alone(maps):
    first, second = maps
    found = rank_correlation(first, second)
    assert -1 <= found <= 1
    assert rank_correlation(second, first) == pytest.approx(found, abs=1e-12)
    assert rank_correlation(np.exp(first / 3), 5 * second - 2) == pytest.approx(found, abs=1e-12)


def test_flat_map_correlates_with_nothing():
    assert rank_correlation(np.zeros((2, 2)), np.arange(4.0).reshape(2, 2)) == 0


def test_maps_of_different_size_are_not_compared():
    with pytest.raises(UsageError, match="2 x 3"):
        rank_correlation(np.zeros((2, 3)), np.zeros((3, 2)))
