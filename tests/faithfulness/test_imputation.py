"""Missing pixels filled in: solved by hand, and against a dense system of equations."""

import numpy as np
import pytest

from scorecam_cli.faithfulness import imputation
from scorecam_cli.faithfulness.imputation import imputed

WEIGHTS = {(row, column): 1 / 6 if 0 in (row, column) else 1 / 12 for row in (-1, 0, 1) for column in (-1, 0, 1)}
del WEIGHTS[0, 0]


def only(shape, *places):
    missing = np.zeros(shape, bool)
    for place in places:
        missing[place] = True
    return missing


def photo(height, width, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (height, width, 3)).astype(np.float32)


def solved(image, missing):
    """The same equations, one after the other in a dense matrix."""
    places = list(zip(*np.nonzero(missing), strict=True))
    matrix, right = np.zeros((len(places), len(places))), np.zeros((len(places), 3))
    for number, (row, column) in enumerate(places):
        for (down, across), weight in WEIGHTS.items():
            other = (row + down, column + across)
            if 0 <= other[0] < image.shape[0] and 0 <= other[1] < image.shape[1]:
                matrix[number, number] += weight
                if missing[other]:
                    matrix[number, places.index(other)] -= weight
                else:
                    right[number] += weight * image[other]
    whole = image.astype(np.float64)
    whole[missing] = np.linalg.solve(matrix, right)
    return whole


def test_one_pixel_is_the_weighted_mean_of_its_neighbours_by_hand():
    image = np.zeros((3, 3, 1), np.float32)
    image[..., 0] = [[1, 2, 3], [4, 100, 5], [6, 7, 8]]
    middle = imputed(image, only((3, 3), (1, 1)), noise=0)[1, 1, 0]
    assert middle == pytest.approx((2 + 4 + 5 + 7) / 6 + (1 + 3 + 6 + 8) / 12, abs=1e-4)
    corner = imputed(image, only((3, 3), (0, 0)), noise=0)[0, 0, 0]
    assert corner == pytest.approx((2 / 6 + 4 / 6 + 100 / 12) / (5 / 12), abs=1e-3)  # of three neighbours


@pytest.mark.parametrize(("height", "width", "share"), [(9, 9, 0.5), (16, 17, 0.8), (19, 33, 0.4)])
def test_it_equals_a_dense_system(height, width, share, monkeypatch):
    monkeypatch.setattr(imputation, "TOLERANCE", 1e-6)
    image, random = photo(height, width), np.random.default_rng(1)
    missing = random.random((height, width)) < share
    missing[2 : height - 2, 3 : width // 2] = True
    np.testing.assert_allclose(imputed(image, missing, noise=0), solved(image, missing), atol=2e-4)


def test_its_usual_tolerance_leaves_less_than_the_noise():
    image, missing = photo(32, 32).cumsum(axis=0) / 16, np.zeros((32, 32), bool)
    missing[4:30, 6:31] = True
    away = imputed(image, missing, noise=0) - solved(image, missing)
    assert np.sqrt((away[missing] ** 2).mean()) < imputation.NOISE * image.std()


def test_a_photo_of_one_colour_stays_as_it_is():
    image = np.full((12, 10, 3), 0.7, np.float32)
    found = imputed(image, np.random.default_rng(2).random((12, 10)) < 0.7)
    np.testing.assert_allclose(found, image, atol=1e-6)


def test_what_is_filled_in_is_between_the_values_around_it():
    image = photo(20, 20, seed=3)
    missing = np.random.default_rng(4).random((20, 20)) < 0.6
    found, known = imputed(image, missing, noise=0)[missing], image[~missing]
    assert (found >= known.min(axis=0) - 1e-3).all()
    assert (found <= known.max(axis=0) + 1e-3).all()


def test_missing_pixels_are_not_read_and_others_are_not_touched():
    image, missing = photo(16, 16, seed=5), np.zeros((16, 16), bool)
    missing[3:9, 4:12] = True
    other = image.copy()
    other[missing] = 1e6
    np.testing.assert_array_equal(imputed(image, missing), imputed(other, missing))
    np.testing.assert_array_equal(imputed(image, missing)[~missing], image[~missing])


def test_noise_is_a_share_of_the_spread_and_follows_the_seed():
    image, missing = photo(64, 64, seed=6), np.zeros((64, 64), bool)
    missing[8:56, 8:56] = True
    one, other = (imputed(image, missing, random=np.random.default_rng(seed)) for seed in (1, 2))
    spread = (one - imputed(image, missing, noise=0))[missing].std()
    assert spread == pytest.approx(imputation.NOISE * image[~missing].std(), rel=0.05)
    assert (one != other)[missing].all()


def test_a_photo_that_is_gone_is_zero():
    assert not imputed(photo(8, 8), np.ones((8, 8), bool)).any()


@pytest.mark.parametrize("shape", [(8, 6, 3), (7, 9, 3), (2, 3, 1)])
def test_sums_of_four_pixels_equal_a_plain_loop_and_leave_odd_ends_out(shape):
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = imputation._in_fours(values)
    assert found.shape == (shape[0] // 2, shape[1] // 2, shape[2])
    for row, column in np.ndindex(found.shape[:2]):
        four = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].astype(np.float64)
        np.testing.assert_allclose(found[row, column], four.sum(axis=(0, 1)), atol=1e-6)
