"""Groups of like masks: by hand, against merging by plain loops, and distances against upsampled masks."""

import numpy as np
import pytest

from scorecam_cli.saliency.clusters import complete_linkage, cosine_distances
from tests.saliency import oracle


def merged_by_loops(distances, threshold):
    """The two groups whose farthest members are nearest, merged while these are nearer than the threshold."""
    groups = [[number] for number in range(len(distances))]
    while len(groups) > 1:
        pairs = [
            (max(distances[a, b] for a in first for b in second), groups.index(first), groups.index(second))
            for first in groups
            for second in groups
            if groups.index(first) < groups.index(second)
        ]
        apart, at, other = min(pairs)
        if apart >= threshold:
            break
        groups[at] = groups[at] + groups.pop(other)
    return {tuple(sorted(group)) for group in groups}


def as_groups(labels):
    return {tuple(np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)}


def between(points):
    return np.abs(np.subtract.outer(points, points))


def test_groups_are_as_wide_as_the_threshold_allows():
    points = np.array([0.0, 5.0, 1.0, 5.5, 2.2])  # 0 and 1 are merged first; 2.2 is too far from 0 then
    np.testing.assert_array_equal(complete_linkage(between(points), 2.2), [0, 1, 0, 1, 2])
    np.testing.assert_array_equal(complete_linkage(between(points), 2.3), [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(complete_linkage(between(points), 0.4), [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(complete_linkage(between(points), 9.0), [0, 0, 0, 0, 0])


@pytest.mark.parametrize("seed", range(12))
def test_groups_are_those_of_merging_by_plain_loops(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 1, (23, 3))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    threshold = rng.uniform(0.3, 3)
    assert as_groups(complete_linkage(distances, threshold)) == merged_by_loops(distances, threshold)


def test_one_mask_and_equal_masks_are_one_group():
    np.testing.assert_array_equal(complete_linkage(np.zeros((1, 1)), 0.1), [0])
    np.testing.assert_array_equal(complete_linkage(np.zeros((6, 6)), 0.1), np.zeros(6))


def test_distances_are_those_of_the_upsampled_masks():
    masks = np.random.default_rng(1).uniform(0, 1, (5, 3, 4)).astype(np.float32)
    masks[3] = 0
    found = cosine_distances(masks, (20, 31))
    large = [oracle.upsample(mask, 20, 31).ravel() for mask in masks]
    for first, second in np.ndindex(5, 5):
        lengths = np.linalg.norm(large[first]) * np.linalg.norm(large[second])
        expected = 1 - large[first] @ large[second] / lengths if lengths else 1
        assert found[first, second] == pytest.approx(expected, abs=1e-12)
