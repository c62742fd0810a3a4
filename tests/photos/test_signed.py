"""Signed maps become colours: zero in the middle, and over the photo nothing at all."""

import matplotlib
import numpy as np
import pytest

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.photos.draw import image_of
from scorecam_cli.photos.signed import (
    DIVERGING,
    NEUTRAL,
    check_diverging,
    signed_heatmap,
    signed_levels,
    signed_overlay_tiles,
)

MAP = np.float32([[-2, 0], [1, 4]])


def test_levels_by_hand():
    # The largest absolute value is 4: -2 is half way to it, 1 a quarter; 127 levels on either side of 127.
    assert signed_levels(MAP, width=2, height=2).tolist() == [[64, 127], [159, 254]]
    assert signed_levels(-MAP, width=2, height=2).tolist() == [[190, 127], [95, 0]]


def test_a_map_of_zeros_is_in_the_middle_and_one_that_is_not_finite_is_refused():
    assert (signed_levels(np.zeros((3, 3), np.float32), width=5, height=4) == NEUTRAL).all()
    with pytest.raises(NumericsError, match="not finite"):
        signed_levels(np.float32([[0, np.nan]]), width=2, height=1)


def test_opposite_values_have_the_colours_at_the_two_ends():
    table = matplotlib.colormaps["RdBu_r"]
    drawn = signed_heatmap(np.float32([[-3, 0, 3]]), width=3, height=1, colormap="RdBu_r")[0]
    expected = [np.rint(np.array(table(place)[:3]) * 255) for place in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(drawn, expected, atol=1)
    blue, middle, red = drawn.astype(int)
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert middle.min() > 240


@pytest.mark.parametrize("alpha", [0.5, 1])
def test_over_the_photo_zero_is_the_photo_and_the_largest_value_has_the_whole_opacity(alpha):
    rgb = np.random.default_rng(0).integers(0, 256, (1, 3, 3), dtype=np.uint8)
    levels = np.array([[0, NEUTRAL, 254]], np.uint8)
    tiles = signed_overlay_tiles(rgb, levels, colormap="bwr", alpha=alpha)
    drawn = np.asarray(image_of(tiles, width=3, height=1))[0]
    np.testing.assert_array_equal(drawn[1], rgb[0, 1])
    for place, colour in ((0, [0, 0, 255]), (2, [255, 0, 0])):
        np.testing.assert_allclose(drawn[place], (1 - alpha) * rgb[0, place] + alpha * np.array(colour), atol=1)


def test_only_colour_maps_with_a_middle_are_taken():
    for name in DIVERGING:
        check_diverging(name)
    with pytest.raises(UsageError, match="no middle for zero"):
        check_diverging("viridis")
    with pytest.raises(UsageError, match=r"no colour map 'RdBuu'.*RdBu"):
        check_diverging("RdBuu")
