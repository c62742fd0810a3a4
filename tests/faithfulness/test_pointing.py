"""Energy and maximum inside a region, with photos that are not square."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scorecam_cli.errors import NumericsError
from scorecam_cli.faithfulness.pointing import at_photo_size, density_share, energy_inside, points_inside
from tests.saliency import oracle


def region(shape, rows, columns):
    inside = np.zeros(shape, bool)
    inside[rows, columns] = True
    return inside


def test_energy_by_hand():
    # 2 -> 4 by half-pixel bilinear: profile 1, 3/4, 1/4, 0, which sums to 2, the first two to 7/4
    corner = np.array([[1, 0], [0, 0]], np.float32)
    assert energy_inside(corner, region((4, 4), slice(2), slice(2))) == pytest.approx((7 / 8) ** 2, abs=1e-6)
    assert energy_inside(corner, region((4, 4), slice(2), slice(None))) == pytest.approx(7 / 8, abs=1e-6)


def test_energy_of_an_even_map_is_the_share_of_the_area():
    even = np.full((7, 7), 0.3, np.float32)
    assert energy_inside(even, region((40, 100), slice(10), slice(25))) == pytest.approx(10 * 25 / 4000, abs=1e-6)


def test_x_and_y_are_the_right_way_round():
    saliency = np.zeros((10, 10), np.float32)
    saliency[1, 8] = 1  # top right
    right, below = region((30, 90), slice(10), slice(60, 90)), region((30, 90), slice(20, 30), slice(30))
    assert energy_inside(saliency, right) == pytest.approx(1, abs=1e-6)
    assert energy_inside(saliency, below) == 0
    assert points_inside(saliency, right, tolerance=0)
    assert not points_inside(saliency, below, tolerance=0)


@pytest.mark.parametrize("shape", [(30, 47), (60, 20), (9, 12)])
def test_enlarged_map_equals_the_plain_oracle(shape):
    saliency = np.random.default_rng(2).uniform(0, 50, (9, 12)).astype(np.float32)
    inside = np.random.default_rng(3).uniform(size=shape) < 0.4
    expected = oracle.upsample(saliency, *shape)
    difference = np.abs(at_photo_size(saliency, shape) - expected).max() / 50
    print(f"{shape}: largest difference {difference:.1e} of the range")
    assert difference < 1e-6
    assert energy_inside(saliency, inside) == pytest.approx(expected[inside].sum() / expected.sum(), abs=1e-6)


@given(arrays(np.float32, (4, 5), elements=st.floats(0, 8, width=16)), arrays(bool, (9, 13)))
def test_energy_inside_and_outside_make_up_the_whole(saliency, inside):
    parts = [energy_inside(saliency, inside), energy_inside(saliency, ~inside)]
    assert all(0 <= part <= 1 + 1e-9 for part in parts)
    assert sum(parts) == pytest.approx(1 if saliency.any() else 0, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "column", "hit"),
    [(20, 30, True), (20, 45, True), (20, 46, False), (35, 30, True), (4, 30, False), (30, 41, True), (31, 41, False)],
)
def test_tolerance_is_a_circle_of_15_pixels(row, column, hit):
    saliency = np.zeros((40, 60), np.float32)
    saliency[20, 30] = 1
    assert points_inside(saliency, region((40, 60), row, column)) is hit


def test_maximum_in_a_corner_is_tolerated_too():
    saliency = np.zeros((40, 60), np.float32)
    saliency[0, 0] = 1
    assert points_inside(saliency, region((40, 60), 0, 15))
    assert not points_inside(saliency, region((40, 60), 39, 59))


def test_zero_map_has_no_energy_and_points_nowhere():
    whole = np.ones((8, 9), bool)
    assert energy_inside(np.zeros((3, 3), np.float32), whole) == 0
    assert not points_inside(np.zeros((3, 3), np.float32), whole)


def test_equal_maxima_are_chosen_by_the_seed():
    saliency = np.zeros((40, 60), np.float32)
    saliency[5, 5] = saliency[35, 55] = 1
    near = region((40, 60), 5, 5)
    assert {points_inside(saliency, near, seed=seed) for seed in range(12)} == {True, False}


def test_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError, match="not finite"):
        energy_inside(np.full((2, 2), np.inf, np.float32), np.ones((4, 4), bool))


def test_density_on_the_named_one_of_two_by_hand():
    saliency = np.zeros((4, 8), np.float32)
    saliency[:, :2], saliency[:, 4:] = 3, 1  # means 3 and 1, though the second sums to more
    left, right = region((4, 8), slice(4), slice(2)), region((4, 8), slice(4), slice(4, 8))
    assert density_share(saliency, left, right) == pytest.approx(0.75)
    assert density_share(saliency, right, left) == pytest.approx(0.25)
    both = region((4, 8), slice(4), slice(1, 8))  # what both have counts in neither: 0 0 1 1 1 1 are left of it
    assert density_share(saliency, left, both) == pytest.approx(3 / (3 + 4 / 6))


def test_density_of_nothing_is_none():
    left, right = region((4, 8), slice(4), slice(2)), region((4, 8), slice(4), slice(4, 8))
    assert density_share(np.zeros((4, 8), np.float32), left, right) is None
    assert density_share(np.ones((4, 8), np.float32), left, left) is None
