"""Compactness: the share of the pixels that hold half of a map."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from scorecam_cli.faithfulness.compactness import compactness, half_level

MAPS = npst.arrays(
    np.float32, npst.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 2**100, width=32)
)


def test_by_hand():
    saliency = np.float32([[4, 3, 2], [1, 0, 0]])  # 10 in all: 4 + 3 are half of it, 4 alone is not
    assert compactness(saliency) == 2 / 6
    assert half_level(saliency) == 3


def test_one_spot_an_even_map_and_zeros():
    spot = np.zeros((8, 8), np.float32)
    spot[3, 4] = 7
    assert compactness(spot) == 1 / 64
    assert compactness(np.ones((8, 8), np.float32)) == 0.5
    assert compactness(np.zeros((8, 8), np.float32)) is None
    assert half_level(np.zeros((8, 8), np.float32)) is None


def test_the_unit_of_the_map_does_not_matter():
    saliency = np.random.default_rng(1).random((20, 30)).astype(np.float32)
    assert compactness(saliency * 1024) == compactness(saliency)


@given(MAPS)
def test_so_many_pixels_hold_half_and_one_less_does_not(saliency):
    share = compactness(saliency)
    if share is None:
        assert not saliency.any()
        return
    held = round(share * saliency.size)
    falling = sorted(saliency.ravel().astype(float).tolist(), reverse=True)
    total = sum(falling)
    assert sum(falling[:held]) >= total / 2 * (1 - 1e-12)
    assert sum(falling[: held - 1]) <= total / 2 * (1 + 1e-12)
    assert half_level(saliency) == falling[held - 1]
    assert held <= (saliency.size + 1) // 2 + 1
