"""One class against another: log-odds by hand and by an oracle, and the maps that follow them."""

from dataclasses import replace

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Variant
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.models.answers import Answers
from scorecam_cli.saliency.contrast import less, odds, shares
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import METHODS
from scorecam_cli.saliency.regression import Regression
from tests.saliency.tiny import GREEN, POSITIONS, RED, photo, positions, question

HALVES = np.array([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]], np.float32)


@pytest.fixture(scope="module")
def solved():
    """Classifier and photo of the model whose gradients are its weights."""
    model, image = positions()
    return scorecam_cli.wrap(model, preprocess="none", layer="seen"), image


def against(classifier, image, own=0, other=1):
    return replace(question(classifier, image, (own,)), others=(other,))


def test_log_odds_of_a_softmax_by_hand():
    found = odds(Answers(HALVES, None), (0, 2), (1, 1), exclusive=True)
    np.testing.assert_allclose(found, [[np.log(2), 0], [0, np.log(3)]], atol=1e-7)
    np.testing.assert_allclose(shares(found), [[2 / 3, 1 / 2], [1 / 2, 3 / 4]], atol=1e-7)


def test_log_odds_of_logits_and_of_their_softmax_are_the_same():
    logits = np.random.default_rng(0).normal(0, 3, (9, 5)).astype(np.float32)
    powers = np.exp(logits.astype(np.float64))
    softmax = powers / powers.sum(axis=1, keepdims=True)
    oracle = np.log(softmax[:, 3]) - np.log(softmax[:, 1])
    for answers in (Answers(softmax.astype(np.float32), logits), Answers(softmax.astype(np.float32), None)):
        np.testing.assert_allclose(odds(answers, (3,), (1,), exclusive=True)[:, 0], oracle, atol=1e-5)


def test_log_odds_of_a_single_unit_are_its_logit_once_and_not_twice():
    logit = np.float32([[-3], [0.5], [60]])
    answers = Answers(
        1 / (1 + np.exp(-np.concatenate([-logit, logit], axis=1))), np.concatenate([-logit, logit], axis=1)
    )
    found = odds(answers, (1,), (0,), exclusive=True)[:, 0]
    np.testing.assert_allclose(found[:2], [-3, 0.5], atol=1e-5)
    assert np.isfinite(found).all()


def test_of_two_classes_that_are_both_certain_the_log_odds_still_tell_the_surer_one():
    answers = Answers(np.float32([[1 - 1e-4, 1 - 1e-2], [1, 0]]), None)
    found = odds(answers, (0,), (1,), exclusive=False)[:, 0]
    assert found[0] == pytest.approx(np.log(9999 / 99), rel=1e-3)
    assert np.isfinite(found).all()


def test_the_other_class_the_other_way_round_is_the_negative():
    answers = Answers(HALVES, None)
    there, back = (odds(answers, *pair, exclusive=True) for pair in (((0,), (2,)), ((2,), (0,))))
    np.testing.assert_array_equal(there, -back)
    assert less(np.arange(3.0), (2,), (1,)) == [1]


@pytest.mark.parametrize("method", ["grad-cam", "hires-cam"])
def test_gradients_are_those_of_the_difference_of_the_logits(method, solved):
    (found,) = explain_with(method, against(*solved)).classes
    weights = POSITIONS[0] - POSITIONS[1]  # [K, h, w]
    grid = weights if method == "hires-cam" else weights.mean(axis=(1, 2), keepdims=True)
    expected = np.maximum((grid * np.stack([RED, GREEN])).sum(axis=0), 0)
    np.testing.assert_allclose(found.map, expected, atol=1e-5)
    assert found.name == "class 0, against class 1"


@pytest.mark.parametrize("variant", ["article", "centred", "fitted"])
def test_score_cam_follows_the_log_odds_under_each_mask(variant):
    import tensorflow as tf

    keras = tf.keras
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(48, 3, padding="same", activation="relu", strides=4, name="seen"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4),
        ]
    )
    model.layers[-1].set_weights([9 * each for each in model.layers[-1].get_weights()])
    classifier = scorecam_cli.wrap(model, preprocess="none", layer="seen")
    least, *_, most = (int(each) for each in model(photo()[None]).numpy()[0].argsort())
    asked = against(classifier, photo(), most, least)
    (found,) = explain_with("score-cam", asked, MethodSettings(variant=Variant(variant))).classes

    upsampled = tf.image.resize(asked.observation.activations, (16, 16)).numpy()  # [H, W, K]
    lows, highs = upsampled.min(axis=(0, 1)), upsampled.max(axis=(0, 1))
    live = highs > lows
    masks = ((upsampled - lows) / (highs - lows + 1e-5))[:, :, live]
    logits = model(np.stack([asked.image * masks[:, :, k, None] for k in range(live.sum())])).numpy()
    y = logits[:, most].astype(np.float64) - logits[:, least]
    grids = ((asked.observation.activations - lows) / (highs - lows + 1e-5))[:, :, live]  # [h, w, N]
    if variant == "article":
        weights = np.maximum(y, 0)
    else:
        fit = Regression.on(grids.reshape(-1, len(y)).T.astype(np.float64))
        weights = y - y.mean() if variant == "centred" else fit.weights(y)
    expected = np.maximum(masks @ weights, 0)
    assert live.sum() >= 16  # or fitted falls back to centred
    assert expected.max() > 0
    np.testing.assert_allclose(found.map, expected, atol=2e-3 * expected.max())


def test_every_method_that_knows_classes_shows_another_map_for_another_opponent(solved):
    classifier, image = solved
    for name, method in METHODS.items():
        if name in ("cam", "ablation-cam", "recipro-cam"):  # this head is no pooled one; cells of 2 x 2 alike
            continue
        settings = MethodSettings(passes=8) if name == "rise" else MethodSettings()
        if not method.of_classes:
            with pytest.raises(UsageError, match="knows no class"):
                explain_with(name, against(classifier, image))
            continue
        there = explain_with(name, against(classifier, image), settings).classes[0]
        assert np.isfinite(there.map).all(), name
        assert there.against.label.index == 1


def test_next_is_the_most_probable_other_class(solved):
    asked = question(*solved, (0, 1)).set_against("next")
    assert asked.others == (1, 0)
    assert asked.of_first_class.others == (1,)


def test_a_class_is_not_set_against_itself(solved):
    assert question(*solved, (0, 1)).set_against("1").class_indices == (0,)
    with pytest.raises(PhotoError, match="cannot be set against itself"):
        question(*solved, (1,)).set_against("1")
