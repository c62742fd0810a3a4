"""The overlay, hatched where its sign is not certain."""

import numpy as np
import pytest

from scorecam_cli.figures.uncertainty import uncertainty_tiles
from scorecam_cli.photos.draw import image_of
from scorecam_cli.records import Uncertainty
from tests.figures.sheets import SHAPES, class_map, photo, subject


def drawn(rgb, known, **changes):
    shown = subject(rgb, class_map(known=known), **changes)
    height, width = rgb.shape[:2]
    overlaid, hatched = (
        np.asarray(image_of(tiles, width=width, height=height))
        for tiles in (shown.overlay_tiles(), uncertainty_tiles(shown))
    )
    return overlaid, hatched


def test_certain_of_either_sign_stays_as_it_is_and_the_rest_is_hatched():
    contributions = np.float32([[3, 3, -3, -3, 0.5, 0.5]]).repeat(4, 0)
    overlaid, hatched = drawn(photo(240, 360), Uncertainty(contributions, np.ones((4, 6), np.float32)))
    changed = (overlaid != hatched).any(axis=2)
    # Two columns of the grid are 120 pixels; the sign changes at 120, where it is uncertain, and again at 240.
    assert not changed[:, :90].any()
    assert not changed[:, 150:210].any()
    assert 0.2 < changed[:, 270:].mean() < 0.45  # 2 of 6.25 pixels along each row
    assert changed[:, 118:122].any()


def test_what_is_nearer_to_zero_than_its_deviation_says_is_not_certain():
    contributions = np.float32([[1.9, 2.0], [-1.9, -2.0]])
    known = Uncertainty(contributions, np.ones((2, 2), np.float32))
    assert known.certain == 0.5
    assert Uncertainty(contributions, np.zeros((2, 2), np.float32)).certain == 1
    assert Uncertainty(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)).certain == 0


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_photos_of_any_shape_are_hatched(height, width):
    known = Uncertainty(np.zeros((7, 7), np.float32), np.ones((7, 7), np.float32))
    overlaid, hatched = drawn(photo(height, width), known, signed=True, colormap="RdBu_r")
    assert hatched.shape == overlaid.shape == (height, width, 3)
    assert (overlaid != hatched).any()
