"""The bench of fidelity: what a cell says, what is kept, and that working things out once changes nothing."""

import numpy as np
import pytest

from scorecam_cli.saliency.inference import infer_weights, median_of
from scorecam_cli.saliency.representatives import squared_distances
from tests.bench.fidelity import cell, correlation, keep, worked_out_once
from tests.bench.grid_networks import NETWORKS, TARGET


def test_a_cell_by_hand():
    # Four photos: truths 0.9 to 0.99, one estimate above; passes 10, 20, 30, 40.
    rows = np.array([[0.90, 0.85, 10], [0.92, 0.95, 20], [0.96, 0.96, 30], [0.99, 0.98, 40]])
    assert cell(rows) == "25 (40): 0.9425, 0.9030, 0.9000; 25 %"
    rows[:, 2] = 32
    assert cell(rows) == "0.9425, 0.9030, 0.9000; 25 %"
    rows[:, 1] = np.nan
    assert cell(rows) == "0.9425, 0.9030, 0.9000"


def test_a_flat_map_is_like_no_other():
    assert correlation(np.zeros((2, 2)), np.eye(2)) == 0
    assert correlation(np.eye(2), 2 * np.eye(2)) == pytest.approx(1)


def test_what_is_kept_is_there_whole_and_nothing_else(tmp_path):
    keep(tmp_path / "photo.npz", (np.arange(3), np.ones(2)))
    assert [each.name for each in tmp_path.iterdir()] == ["photo.npz"]
    with np.load(tmp_path / "photo.npz") as saved:
        assert [saved[name].tolist() for name in saved.files] == [[0, 1, 2], [1, 1]]


def test_worked_out_once_is_what_it_would_be_each_time():
    generator = np.random.default_rng(0)
    masks = generator.random((90, 6))
    how = {"distances": squared_distances(masks), "parts": masks - masks.mean(axis=0)}
    how["median"] = median_of(how["distances"])
    answers = generator.uniform(0.1, 0.9, (2, 60))
    plain = [infer_weights(each[:count], np.arange(count), **how) for each in answers for count in (30, 60)]
    with worked_out_once():
        for _ in range(2):
            again = [infer_weights(each[:count], np.arange(count), **how) for each in answers for count in (30, 60)]
            for (first, unsure), (second, still) in zip(plain, again, strict=True):
                np.testing.assert_array_equal(first.weights, second.weights)
                np.testing.assert_array_equal(unsure.covariance, still.covariance)
                assert first.estimated_correlation == second.estimated_correlation


@pytest.mark.parametrize(("name", "channels"), [("VGG-like", 512), ("MobileNet-like", 384)])
def test_the_last_grid_is_14_x_14(name, channels):
    build, _ = NETWORKS[name]
    assert build().get_layer(TARGET).output.shape[1:] == (14, 14, channels)
