"""The masks that weigh most in a map: which they are, in which order, and with which numbers."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Selection, Variant
from scorecam_cli.saliency.question import live_channels
from scorecam_cli.saliency.score_cam import MOST_STEPS
from tests.saliency import tiny

CHANNELS = 40


def wide():
    """[16, 16, 3] -> 40 channels on 8 x 8 -> 3 classes."""
    image = keras.Input((16, 16, 3), name="image")
    x = keras.layers.Conv2D(CHANNELS, 3, strides=2, padding="same", activation="relu", name="conv")(image)
    x = keras.layers.GlobalAveragePooling2D(name="gap")(x)
    model = keras.Model(image, keras.layers.Dense(3, name="head")(x))
    rng = np.random.default_rng(8)
    model.set_weights([rng.normal(0, 1, each.shape).astype(np.float32) for each in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(wide(), preprocess="unit")


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(9).random((16, 16, 3)).astype(np.float32)


def explained(classifier, image, indices=(0,), **options):
    return classifier.observe(image), tiny.explain_on("score-cam", classifier, image, indices, **options)


def masked_logits(classifier, image, channels, activations):
    """float64 [n, C]: one masked photo after the other, masks by the plain formula."""
    size = classifier.size
    rows, columns = ((np.arange(each) + 0.5) / 2 - 0.5 for each in size)
    logits = []
    for channel in channels:
        grid = activations[:, :, channel].astype(np.float64)
        h, w = grid.shape
        along = np.array([np.interp(columns, np.arange(w), row) for row in grid])  # [h, W]
        upsampled = np.array([np.interp(rows, np.arange(h), column) for column in along.T]).T  # [H, W]
        opening = (upsampled - upsampled.min()) / (upsampled.max() - upsampled.min() + 1e-5)
        logits.append(np.asarray(classifier.model((image * opening[..., None].astype(np.float32))[None])[0]))
    return np.array(logits, np.float64)


def softmax(logits, axis=-1):
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("index", [0, 2])
def test_steps_equal_the_largest_of_all_passes_one_by_one(classifier, image, index):
    observation, found = explained(classifier, image, [index])
    live = live_channels(observation.activations)
    probabilities = softmax(masked_logits(classifier, image, live, observation.activations))[:, index]
    order = np.argsort(-probabilities)[:MOST_STEPS]
    steps = found.classes[0].steps
    assert len(live) > MOST_STEPS == len(steps.channels)
    assert steps.channels.tolist() == live[order].tolist()
    print(f"largest difference {np.abs(steps.probabilities - probabilities[order]).max():.1e}")
    np.testing.assert_allclose(steps.probabilities, probabilities[order], atol=1e-5)
    np.testing.assert_array_equal(steps.weights, steps.probabilities)
    assert steps.others == len(live) - MOST_STEPS
    assert steps.their_weight == pytest.approx(np.sort(probabilities)[:-MOST_STEPS].sum(), abs=1e-5)
    np.testing.assert_array_equal(steps.grids, observation.activations[:, :, live[order]].transpose(2, 0, 1))


def test_weights_of_the_paper_are_shares_of_all_channels(classifier, image):
    observation, found = explained(classifier, image, [1], variant=Variant.PAPER)
    steps = found.classes[0].steps
    logits = masked_logits(classifier, image, range(CHANNELS), observation.activations)
    shares = softmax(logits[:, 1], axis=0)  # the logit of the closed photo is in all of them; constant channels too
    live = live_channels(observation.activations)
    assert len(live) < CHANNELS
    order = live[np.argsort(-shares[live])][:MOST_STEPS]
    assert steps.channels.tolist() == order.tolist()
    np.testing.assert_allclose(steps.weights, shares[order], rtol=1e-4)
    np.testing.assert_allclose(steps.probabilities, softmax(logits)[order, 1], atol=1e-5)


def test_steps_of_a_model_solved_by_hand():
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:2, :2, 0] = 8  # red top left
    rgb[2:, 2:, 1] = 8  # green bottom right
    found = scorecam_cli.explain(rgb, tiny.two_lamps(), preprocess="none", layer="seen", classes=[1])
    # The mask of the red lamp is 1, 3/4, 1/4, 0 along each side. Of red it keeps the mean over the corner of
    # (1 + 3/4)^2 / 4 = 49/64, of green (1/4)^2 / 4 = 1/64; the logits are a quarter of 8 times that.
    rise = 2 * (49 - 1) / 64
    own = 1 / (1 + np.exp(-rise))
    steps = found.classes[0].steps
    assert steps.channels.tolist() == [1, 0]
    np.testing.assert_allclose(steps.probabilities, [own, 1 - own], atol=1e-5)
    np.testing.assert_allclose(steps.weights, [own, 1 - own], atol=1e-5)
    np.testing.assert_array_equal(steps.grids, [[[0, 0], [0, 8]], [[8, 0], [0, 0]]])


@pytest.mark.parametrize("selection", list(Selection))
def test_only_masks_that_were_passed_are_steps(classifier, image, selection):
    asked = []
    masked_answers = classifier.masked_answers

    def noting(image, grids, **options):
        asked.extend(grid.tobytes() for grid in grids)
        return masked_answers(image, grids, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "masked_answers", noting)
        observation, found = explained(classifier, image, [0, 2], passes=20, selection=selection)
    live = live_channels(observation.activations)
    scores = softmax(masked_logits(classifier, image, live, observation.activations))
    assert len(asked) == 20
    for place, index in enumerate((0, 2)):
        steps = found.classes[place].steps
        assert {grid.tobytes() for grid in steps.grids} == set(asked)
        assert (np.diff(steps.weights) <= 0).all()
        numbers = [live.tolist().index(channel) for channel in steps.channels]
        np.testing.assert_allclose(steps.probabilities, scores[numbers, index], atol=1e-5)


def test_equal_channels_are_both_steps(image):
    model = wide()
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., 1:], bias[1:] = kernel[..., :1], bias[0]
    model.get_layer("conv").set_weights([kernel, bias + 5])
    _, found = explained(scorecam_cli.wrap(model, preprocess="unit"), image)
    assert len(np.unique(found.classes[0].steps.channels)) == MOST_STEPS


def test_a_dead_layer_has_no_steps():
    found = scorecam_cli.explain(
        np.full((16, 16, 3), 90, np.uint8), tiny.two_lamps(16), preprocess="unit", layer="seen"
    )
    steps = found.classes[0].steps
    assert steps.channels.shape == steps.weights.shape == steps.probabilities.shape == (0,)
    assert steps.grids.shape == (0, 8, 8)
