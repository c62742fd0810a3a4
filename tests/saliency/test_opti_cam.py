"""Opti-CAM: by hand, against TensorFlow's derivatives and optimiser, and what must not change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.saliency.opti_cam import RATE, Adam, WeightedMasks
from tests.loading import model_zoo
from tests.saliency import tiny


def test_first_step_of_the_model_solved_by_hand():
    # With weights a of red and b of green the sum is 8 a at (0, 0), 8 a + 4 b at (1, 1), 4 b at (3, 3). The second is
    # always the largest, and 1 in the mask; more a shows more of the red alone, which class 0 weighs by 3 and class 1
    # by -1. Adam's first step is its rate, whatever the gradient: u is 0.1 and -0.1, or the other way round.
    for index, sign in ((0, 1), (1, -1)):
        a = 1 / (1 + np.exp(-sign * 2 * RATE))
        expected = np.zeros((4, 4))
        expected[0, 0], expected[1, 1], expected[3, 3] = np.array([8 * a, 4 + 4 * a, 4 - 4 * a]) / (4 + 4 * a)
        (found,) = tiny.maps("opti-cam", tiny.lamps(), tiny.lit(), [index], layer="seen", passes=1)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def optimised(model, image, index, steps):
    """The mask and its logit before and after, by a tape over all of it and the Adam of Keras."""
    activations = keras.Model(model.inputs[0], model.get_layer("conv_2").output)(image[None])
    before = keras.Model(model.inputs[0], model.get_layer("head").input)
    kernel, bias = model.get_layer("head").get_weights()
    values = tf.Variable(tf.zeros(activations.shape[3]))
    optimiser = keras.optimizers.Adam(0.1, epsilon=1e-8)

    def shown():
        summed = tf.reduce_sum(tf.nn.relu(activations) * tf.nn.softmax(values), axis=3, keepdims=True)
        large = tf.image.resize(summed, image.shape[:2])
        mask = (large - tf.reduce_min(large)) / (tf.reduce_max(large) - tf.reduce_min(large))
        return mask[0, :, :, 0], (before(image[None] * mask) @ kernel + bias)[0, index]

    logits = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            mask, logit = shown()
            loss = -logit
        logits.append(float(logit))
        optimiser.apply_gradients([(tape.gradient(loss, values), values)])
    mask, logit = shown()
    return mask.numpy(), [*logits, float(logit)]


@pytest.mark.parametrize("index", [0, 2])
def test_search_follows_the_derivatives_of_tensorflow_and_finds_more_of_the_class(index):
    model = model_zoo.functional()
    image = model_zoo.example_images(model)[0]
    expected, logits = optimised(model, image, index, 12)
    found = tiny.explained("opti-cam", model, image, [index], passes=12)
    assert found.passes == 12
    assert tiny.difference(found.classes[0].map, expected, "opti-cam, TensorFlow") <= 1e-3
    assert logits[-1] > logits[0]
    assert (found.classes[0].map.min(), found.classes[0].map.max()) == (0, 1)


def test_derivatives_of_a_mask_are_those_of_small_steps():
    random = np.random.default_rng(1)
    masks, values = WeightedMasks(random.random((3, 4, 5)), (9, 11)), random.normal(size=5)
    towards = random.normal(size=(9, 11))
    small = 1e-6 * np.eye(5)
    stepped = [np.sum(towards * (masks.mask(values + each) - masks.mask(values - each))) / 2e-6 for each in small]
    np.testing.assert_allclose(masks.derived(values, towards), stepped, rtol=1e-5, atol=1e-7)


def test_channel_that_is_constant_changes_neither_mask_nor_search():
    random = np.random.default_rng(2)
    grids, towards = random.random((3, 4, 5)), random.normal(size=(9, 11))
    flat = np.concatenate([grids, np.zeros((3, 4, 1)), np.full((3, 4, 1), 0.7)], axis=2)
    found = []
    for each in (grids, flat):
        masks, search = WeightedMasks(each, (9, 11)), Adam(each.shape[2])
        for _ in range(8):
            search.rise(masks.derived(search.values, towards))
        found.append(masks.mask(search.values))
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_a_sum_that_is_the_same_everywhere_is_a_mask_of_zeros_without_a_direction():
    slope = np.arange(4.0).reshape(2, 2)
    masks = WeightedMasks(np.stack([slope, 3 - slope], axis=2), (2, 2))
    np.testing.assert_array_equal(masks.mask(np.zeros(2)), np.zeros((2, 2)))
    np.testing.assert_array_equal(masks.derived(np.zeros(2), np.ones((2, 2))), np.zeros(2))


def test_classes_are_searched_for_by_themselves():
    classifier = scorecam_cli.wrap(model_zoo.functional(), preprocess="none")
    both = tiny.explain_on("opti-cam", classifier, tiny.photo(), [0, 1], passes=5)
    (alone,) = tiny.explain_on("opti-cam", classifier, tiny.photo(), [1], passes=5).classes
    np.testing.assert_array_equal(both.classes[1].map, alone.map)
    assert np.abs(both.classes[0].map - alone.map).max() > 0.01
