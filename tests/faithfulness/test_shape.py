"""Complexity and sparseness of maps that can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scorecam_cli.errors import NumericsError
from scorecam_cli.faithfulness.shape import complexity, sparseness

MAPS = arrays(np.float32, (3, 4), elements=st.floats(0, 100, width=32))
BY_HAND = np.array([[0, 1], [0, 3]], np.float32)


def test_by_hand():
    assert complexity(BY_HAND) == pytest.approx((1 / 3 + 1) / 4)  # scaled: 0, 1/3, 0, 1
    assert sparseness(BY_HAND) == pytest.approx((-3 * 0 - 1 * 0 + 1 * 1 + 3 * 3) / (4 * 4))


def test_one_pixel_is_as_sparse_as_can_be_and_an_even_map_not_at_all():
    one = np.zeros((5, 4), np.float32)
    one[2, 3] = 7
    assert sparseness(one) == pytest.approx(19 / 20)
    assert complexity(one) == pytest.approx(1 / 20)
    assert sparseness(np.full((5, 4), 2, np.float32)) == pytest.approx(0)


def test_zeros_have_no_sparseness_and_no_complexity():
    zeros = np.zeros((3, 3), np.float32)
    assert sparseness(zeros) is None
    assert complexity(zeros) == 0


@given(MAPS)
def test_sparseness_is_the_mean_difference_of_two_pixels_over_twice_the_mean(saliency):
    values = saliency.ravel().astype(float)
    if values.sum() > 0:
        apart = np.abs(np.subtract.outer(values, values)).mean()
        assert sparseness(saliency) == pytest.approx(apart / (2 * values.mean()), abs=1e-9)
    else:
        assert sparseness(saliency) is None


@given(MAPS, st.floats(0.125, 8, width=32))
def test_neither_depends_on_the_scale_of_the_map(saliency, factor):
    scaled = saliency * np.float32(factor)
    if np.ptp(saliency) > 1e-3:
        assert sparseness(scaled) == pytest.approx(sparseness(saliency), abs=1e-5)
        assert complexity(scaled) == pytest.approx(complexity(saliency), abs=1e-5)


def test_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError, match="not finite"):
        complexity(np.full((2, 2), np.nan, np.float32))
