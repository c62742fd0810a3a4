"""Drop, increase and gain on lamps whose probabilities are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scorecam_cli
from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness.drops import Change, changes
from tests.faithfulness.lamps import four_pixels, lamp_classifier, tripling
from tests.loading import model_zoo

WHITE = np.ones((4, 6, 1), np.float32)


@pytest.fixture(scope="module")
def lamp():
    return lamp_classifier(four_pixels())


def test_perfect_map_drops_nothing_and_the_inverted_one_all_evidence(lamp):
    best = changes(lamp, WHITE, saliency=7 * four_pixels(), class_index=1)
    worst = changes(lamp, WHITE, saliency=1 - four_pixels(), class_index=1)
    p = tripling(4)
    assert best.whole.p == pytest.approx(p, abs=1e-6)
    assert best.whole.drop == pytest.approx(0, abs=1e-6)
    assert best.top.drop == pytest.approx(0, abs=1e-6)
    assert worst.whole.q == pytest.approx(0.5, abs=1e-6)
    assert worst.whole.drop == pytest.approx((p - 0.5) / p, abs=1e-6)
    assert not worst.whole.increase
    assert worst.whole.gain == 0


def test_increase_and_gain_by_hand():
    weights = four_pixels()
    weights[0, 0] = -1  # speaks against the class: 3 of the 4 are left of the whole photo
    found = changes(lamp_classifier(weights), WHITE, saliency=four_pixels(), class_index=1)
    assert found.whole.increase
    assert found.whole.drop == 0
    assert found.whole.gain == pytest.approx((81 / 82 - 27 / 28) / (1 / 28), abs=1e-4)


def test_top_half_keeps_the_higher_half_of_the_pixels_only(lamp):
    saliency = np.full((4, 6), 0.5, np.float32)
    saliency[:2] = 1  # twelve of 24 pixels, two of the lamps among them
    saliency[0, 0], saliency[3, 0] = 2, 0  # maximum and minimum: the lamps are shown at 1/2 and 1/4
    found = changes(lamp, WHITE, saliency=saliency, class_index=1)
    assert found.whole.q == pytest.approx(tripling(2 * 0.5 + 2 * 0.25), abs=1e-6)
    assert found.top.q == pytest.approx(tripling(2 * 0.5), abs=1e-6)


def test_map_is_scaled_by_its_minimum_too(lamp):
    saliency = 5 + four_pixels()
    saliency[0, 0] = 9
    found = changes(lamp, WHITE, saliency=saliency, class_index=1)
    assert found.whole.q == pytest.approx(tripling(4 * 0.25), abs=1e-6)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_probabilities_equal_a_plain_computation(share):
    model = model_zoo.functional()
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    random = np.random.default_rng(4)
    image = random.uniform(0, 1, (16, 16, 3)).astype(np.float32)
    saliency = random.permutation(256).reshape(16, 16).astype(np.float32)
    found = changes(classifier, image, saliency=saliency, class_index=0, top_share=share)
    mask = saliency / 255
    kept = np.where(saliency >= 256 * (1 - share), mask, 0)
    photos = np.stack([image, image * mask[..., None], image * kept[..., None]])
    expected = np.asarray(model(photos))[:, 0]
    np.testing.assert_allclose([found.whole.p, found.whole.q, found.top.q], expected, atol=1e-6)
    assert found.top.p == found.whole.p


def test_flat_map_shows_nothing(lamp):
    found = changes(lamp, WHITE, saliency=np.full((4, 6), 3, np.float32), class_index=1)
    assert found.whole.q == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("p", "q", "drop", "increase", "gain"),
    [
        (0.8, 0.6, 0.25, False, 0.0),
        (0.6, 0.8, 0.0, True, 0.5),
        (0.0, 0.5, 0.0, True, 0.5),
        (1.0, 0.25, 0.75, False, 0.0),
        (0.5, 0.5, 0.0, False, 0.0),
    ],
)
def test_change_by_hand(p, q, drop, increase, gain):
    change = Change(p, q)
    assert (change.drop, change.gain) == pytest.approx((drop, gain), abs=1e-12)
    assert change.increase is increase


@given(st.floats(0, 1), st.floats(0, 1))
def test_drop_and_gain_are_shares_and_never_both(p, q):
    change = Change(p, q)
    assert 0 <= change.drop <= 1
    assert 0 <= change.gain <= 1
    assert change.drop == 0 or change.gain == 0
    assert change.increase or change.gain == 0


@pytest.mark.parametrize("share", [0.0, 1.5, float("nan")])
def test_share_out_of_range_is_refused(lamp, share):
    with pytest.raises(UsageError, match=f"top share of {share}"):
        changes(lamp, WHITE, saliency=four_pixels(), class_index=1, top_share=share)
