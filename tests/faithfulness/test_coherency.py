"""Coherency of maps whose likeness is known, and the means it goes into."""

import numpy as np
import pytest

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.faithfulness.coherency import adcc, arcc, coherency

IMAGE = np.random.default_rng(0).uniform(0, 1, (4, 6, 3)).astype(np.float32)
SALIENCY = np.arange(24, dtype=np.float32).reshape(4, 6)
ACROSS = np.tile(np.array([1, -1, 0, 0, -1, 1], np.float32), (4, 1))  # its products with SALIENCY's rows sum to 0


@pytest.mark.parametrize(
    ("shown", "expected"),
    [(SALIENCY, 1), (3 * SALIENCY + 5, 1), (-SALIENCY, 0), (ACROSS, 0.5), (np.full((4, 6), 2, np.float32), 0)],
)
def test_by_hand(shown, expected):
    assert coherency(lambda _: shown, IMAGE, saliency=SALIENCY) == pytest.approx(expected, abs=1e-6)


def test_flat_map_is_like_none():
    assert coherency(lambda _: SALIENCY, IMAGE, saliency=np.zeros((4, 6), np.float32)) == 0


def test_it_is_the_correlation_of_numpy():
    other = np.random.default_rng(1).uniform(0, 1, (4, 6)).astype(np.float32)
    found = coherency(lambda _: other, IMAGE, saliency=SALIENCY)
    assert found == pytest.approx((1 + np.corrcoef(SALIENCY.ravel(), other.ravel())[0, 1]) / 2, abs=1e-6)


def test_what_is_explained_is_the_photo_times_the_map_scaled_to_one():
    asked = []
    coherency(lambda image: asked.append(image) or SALIENCY, IMAGE, saliency=SALIENCY + 9)
    np.testing.assert_allclose(asked[0], IMAGE * (SALIENCY / 23)[..., None], atol=1e-6)


def test_harmonic_means_by_hand():
    assert adcc(coherent=0.5, complex_=0.5, drop=0) == pytest.approx(3 / (2 + 2 + 1))
    assert arcc(coherent=1, complex_=0, road=0.25) == pytest.approx(3 / (1 + 1 + 4))
    assert adcc(coherent=1, complex_=0, drop=0) == arcc(coherent=1, complex_=0, road=1) == 1


def test_a_part_of_zero_leaves_nothing():
    assert adcc(coherent=0, complex_=0.2, drop=0.1) == 0
    assert adcc(coherent=1, complex_=1, drop=0.1) == 0
    assert arcc(coherent=1, complex_=0.2, road=-0.3) == 0


def test_maps_that_cannot_be_compared_are_refused():
    with pytest.raises(NumericsError, match="not finite"):
        coherency(lambda _: SALIENCY * np.nan, IMAGE, saliency=SALIENCY)
    with pytest.raises(UsageError, match="2 x 2"):
        coherency(lambda _: SALIENCY, IMAGE, saliency=np.ones((2, 2), np.float32))
