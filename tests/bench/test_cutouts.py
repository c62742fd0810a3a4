"""The photos of which it is known where the object is."""

import numpy as np
import pytest

pytest.importorskip("skimage")

from tests.bench.cutouts import CLASSES, LARGEST, SIDE, SMALLEST, cutouts


def test_photos_are_the_same_for_the_same_seed_and_no_others():
    first, again, other = cutouts(8, seed=1), cutouts(8, seed=1), cutouts(8, seed=2)
    np.testing.assert_array_equal(first.rgb, again.rgb)
    np.testing.assert_array_equal(first.objects, again.objects)
    assert (first.rgb != other.rgb).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(first.classes, np.arange(8) % len(CLASSES))


def test_object_is_one_disc_inside_the_photo():
    for inside in cutouts(12, seed=3).objects:
        rows, columns = np.nonzero(inside)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert SMALLEST - 1 <= min(height, width) <= max(height, width) <= LARGEST
        assert inside.sum() == pytest.approx(np.pi * height * width / 4, rel=0.06)
        assert inside.shape == (SIDE, SIDE)
