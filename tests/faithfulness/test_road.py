"""ROAD on lamps that are known, where every probability is known too."""

import numpy as np
import pytest

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.faithfulness.imputation import imputed
from scorecam_cli.faithfulness.road import road
from tests.faithfulness.lamps import four_pixels, lamp_classifier, tripling

LIT = four_pixels()[..., None]  # [4, 6, 1]: the four pixels that count are lit, the others are dark
WEIGHTS = np.random.default_rng(0).uniform(-1, 1, (4, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def lamp():
    return lamp_classifier(four_pixels())


def test_by_hand(lamp):
    found = road(lamp, LIT, saliency=four_pixels(), class_index=1, shares=(4 / 24, 0.5))
    # without the four best only darkness is left to fill them from; the four and the twelve least change no lamp
    np.testing.assert_allclose(found.morf, [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.lerf, [tripling(4)] * 2, atol=1e-6)
    assert found.difference == pytest.approx(tripling(4) - 0.5, abs=1e-6)


def test_the_perfect_map_is_ahead_of_its_inverse_and_of_chance(lamp):
    def of(saliency):
        return road(lamp, LIT, saliency=saliency, class_index=1).difference

    best, worst = of(four_pixels()), of(1 - four_pixels())
    assert best > 0.4
    assert worst < -0.4
    for seed in range(4):
        assert worst < of(np.random.default_rng(seed).random((4, 6), np.float32)) < best


def test_it_equals_a_plain_loop():
    classifier, seed = lamp_classifier(WEIGHTS), 3
    image = np.random.default_rng(1).uniform(0, 1, (4, 6, 1)).astype(np.float32)
    saliency = np.random.default_rng(2).permutation(24).reshape(4, 6).astype(np.float32)
    found = road(classifier, image, saliency=saliency, class_index=1, shares=(0.25, 0.5), seed=seed)
    gone = [saliency >= 18, saliency >= 12, saliency < 6, saliency < 12]
    by_hand = []
    for number, missing in enumerate(gone):
        filled = imputed(image, missing, random=np.random.default_rng((seed, number)))
        by_hand.append(tripling((WEIGHTS * filled[..., 0]).sum()))
    np.testing.assert_allclose([*found.morf, *found.lerf], by_hand, atol=1e-5)


def test_batch_size_changes_nothing_and_passes_are_counted(lamp):
    passes = []
    image = np.random.default_rng(5).uniform(0, 1, (4, 6, 1)).astype(np.float32)
    small, large = (
        road(lamp, image, saliency=WEIGHTS, class_index=1, batch_size=size, on_passes=passes.append) for size in (3, 8)
    )
    np.testing.assert_allclose(small.morf, large.morf, atol=1e-6)
    assert passes == [3, 3, 2, 8]


def test_maps_that_do_not_fit_are_refused(lamp):
    with pytest.raises(UsageError, match="6 x 4 and the prepared photo 4 x 6"):
        road(lamp, LIT, saliency=four_pixels().T, class_index=1)
    with pytest.raises(NumericsError, match="not finite"):
        road(lamp, LIT, saliency=four_pixels() * np.nan, class_index=1)
