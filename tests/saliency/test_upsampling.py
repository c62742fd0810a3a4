"""Bilinear upsampling: by hand, against plain loops and against TensorFlow's, which the masked passes use."""

import numpy as np
import pytest
import tensorflow as tf

from scorecam_cli.saliency.upsampling import interpolation, ranges, unit_masks, upsample
from tests.saliency import oracle, tiny

SHAPES = [((7, 7), (224, 224)), ((14, 14), (224, 224)), ((3, 5), (20, 28)), ((10, 10), (299, 331)), ((4, 6), (4, 6))]


def grids_of(shape, count=3):
    return np.random.default_rng(0).uniform(-3, 40, (count, *shape)).astype(np.float32)


def test_profile_of_a_lamp_by_hand():
    # 2 -> 4: the centres of the large pixels lie at -0.25, 0.25, 0.75, 1.25 of the small axis, held at its ends.
    np.testing.assert_allclose(interpolation(2, 4), [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    profile = np.array([1, 0.75, 0.25, 0])
    np.testing.assert_allclose(upsample(np.array([[8.0, 0], [0, 0]]), (4, 4)), 8 * np.outer(profile, profile))


@pytest.mark.parametrize(("shape", "size"), SHAPES, ids=str)
def test_maps_are_those_of_plain_loops_and_of_tensorflow(shape, size):
    grids = grids_of(shape)
    found = upsample(grids, size)
    assert (found.dtype, found.shape) == (np.float32, (3, *size))
    for each, grid in zip(found, grids, strict=True):
        assert tiny.difference(each, oracle.upsample(grid, *size), "plain loops") <= 1e-6
    theirs = np.asarray(tf.image.resize(grids[..., None], size))[..., 0]
    assert tiny.difference(found, theirs, "TensorFlow") <= 1e-6


def test_each_grid_is_upsampled_by_itself():
    grids = grids_of((7, 7), count=65)
    together = upsample(grids, (224, 224))
    for at in (0, 64):
        np.testing.assert_array_equal(together[at], upsample(grids[at], (224, 224)))


def test_ranges_and_masks_follow_from_the_upsampled_channels():
    grids = grids_of((7, 9), count=70)  # more than a chunk
    upsampled = upsample(grids, (40, 50))
    lows, highs = ranges(grids, (40, 50))
    np.testing.assert_array_equal(lows, upsampled.min(axis=(1, 2)))
    np.testing.assert_array_equal(highs, upsampled.max(axis=(1, 2)))
    masks = unit_masks(grids, (40, 50))
    low, high = lows[:, None, None], highs[:, None, None]
    np.testing.assert_allclose(masks, (upsampled - low) / (high - low + oracle.EPSILON), rtol=1e-6, atol=1e-7)
    assert masks.min() == 0
    assert 0.999 < masks.max() < 1


def test_mask_does_not_depend_on_unit_and_origin_of_the_activation():
    grid = np.random.default_rng(4).random((7, 7)).astype(np.float32)
    np.testing.assert_allclose(unit_masks(grid * 1000 - 300, (28, 28)), unit_masks(grid, (28, 28)), atol=2e-5)


def test_matrices_cannot_be_changed_by_whoever_asks_for_one():
    with pytest.raises(ValueError, match="read-only"):
        interpolation(2, 4)[0, 0] = 3
