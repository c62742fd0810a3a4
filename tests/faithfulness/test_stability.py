"""Max-sensitivity of explainers whose change is known."""

import numpy as np
import pytest

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.faithfulness.stability import max_sensitivity, with_unseen_noise

IMAGE = np.random.default_rng(0).uniform(-3, 5, (6, 8, 3)).astype(np.float32)
RANGE = float(IMAGE.max() - IMAGE.min())


def test_constant_explainer_is_perfectly_stable():
    assert max_sensitivity(lambda image: np.ones((6, 8), np.float32), IMAGE) == 0


def test_relative_change_by_hand():
    def explain(image):
        changed = (image != IMAGE).any()
        return np.array([[3, 4 + 2.5 * changed]], np.float32)  # norm 5, moved by 2.5

    assert max_sensitivity(explain, IMAGE) == pytest.approx(0.5, abs=1e-7)


def test_largest_change_equals_a_plain_loop_over_what_was_asked():
    seen = []

    def explain(image):
        seen.append(image.copy())
        return image[..., 0] ** 2

    found = max_sensitivity(explain, IMAGE, samples=7, reach=0.05)
    original, *changed = (image[..., 0].astype(np.float64) ** 2 for image in seen)
    plain = [np.sqrt(((each - original) ** 2).sum() / (original**2).sum()) for each in changed]
    assert len(plain) == 7
    assert len(set(plain)) == 7
    assert found == pytest.approx(max(plain), rel=1e-6)


def test_photo_is_changed_everywhere_both_ways_and_by_no_more_than_the_reach():
    seen = []

    def explain(image):
        seen.append(image)
        return np.ones((6, 8), np.float32)

    max_sensitivity(explain, IMAGE, reach=0.1)
    changes = (np.stack(seen[1:]) - IMAGE) / (0.1 * RANGE)  # 10 x 144 uniform in [-1, 1]
    assert 0.98 < changes.max() <= 1 + 1e-5
    assert -0.98 > changes.min() >= -1 - 1e-5
    assert changes.std() == pytest.approx(1 / np.sqrt(3), abs=0.05)


def test_scale_of_the_map_does_not_matter_and_the_seed_decides():
    found = [max_sensitivity(lambda image, scale=scale: scale * image[..., 0], IMAGE) for scale in (1, 1000)]
    assert found[0] == pytest.approx(found[1], rel=1e-5)
    other = max_sensitivity(lambda image: image[..., 0], IMAGE, seed=1)
    assert other not in found
    assert max_sensitivity(lambda image: image[..., 0], IMAGE, seed=1) == other


def test_zero_map_has_no_relative_change():
    assert max_sensitivity(lambda image: np.zeros((6, 8), np.float32), IMAGE) is None


def test_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError, match="not finite"):
        max_sensitivity(lambda image: np.full((6, 8), np.nan, np.float32), IMAGE)


@pytest.mark.parametrize("options", [{"reach": 0.0}, {"reach": float("nan")}, {"samples": 0}])
def test_values_out_of_range_are_refused(options):
    with pytest.raises(UsageError, match="give a reach above 0 and at least 1 sample"):
        max_sensitivity(lambda image: image[..., 0], IMAGE, **options)


def test_noise_that_nobody_sees_is_at_most_two_levels_of_every_number_and_of_the_seed():
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    noisy = with_unseen_noise(rgb, seed=3)
    change = noisy.astype(int) - rgb
    assert set(np.unique(change)) == {-2, -1, 0, 1, 2}
    assert abs(change.mean()) < 0.05
    np.testing.assert_array_equal(noisy, with_unseen_noise(rgb, seed=3))
    assert (noisy != with_unseen_noise(rgb, seed=4)).any()
    black = with_unseen_noise(np.zeros((9, 9, 3), np.uint8))
    assert black.max() <= 2  # and never 254
