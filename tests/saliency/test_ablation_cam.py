"""Ablation-CAM: by hand, against plain loops over the whole network's layers, and which channels need a pass."""

import keras
import numpy as np
import pytest

import scorecam_cli
from tests.saliency import oracle, tiny


def test_map_of_the_model_solved_by_hand():
    # The channels' means are red 1 and green 0.5; logits 3 - 1 = 2 and -1 + 2.5 = 1.5. Without red: -1 and 2.5.
    model, image = tiny.lamps(), tiny.lit()
    first, second = tiny.maps("ablation-cam", model, image, [0, 1], layer="seen")
    red, green = image[:, :, 0], image[:, :, 1]
    np.testing.assert_allclose(first, np.maximum((3 * red - green) / 2, 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second, np.maximum((-red + 2.5 * green) / 1.5, 0), rtol=1e-5, atol=1e-6)


def test_map_equals_plain_loops():
    model, image = tiny.seeing(activation=None), tiny.photo()
    last = model.get_layer("last").output
    grid = np.asarray(keras.Model(model.inputs[0], last)(image[None])[0], np.float64)
    behind = keras.Model(last, model.outputs[0])
    whole = float(behind(grid[None].astype(np.float32))[0, 2])
    expected = np.zeros(grid.shape[:2])
    for channel in range(grid.shape[2]):
        given = grid.copy()
        given[:, :, channel] = 0
        slope = (whole - float(behind(given[None].astype(np.float32))[0, 2])) / abs(whole)
        expected += slope * grid[:, :, channel]
    (found,) = tiny.maps("ablation-cam", model, image, [2])
    expected = oracle.upsample(np.maximum(expected, 0), 16, 16)
    assert tiny.difference(found, expected, "ablation-cam, plain loops") <= 1e-4


def test_behind_a_mean_it_is_grad_cam_but_for_the_scale():
    # There a channel adds its mean times its weight, so what is lost without it is its gradient times its activations.
    model, image = tiny.lamps(), tiny.lit()
    for index in (0, 1):
        (ablated,) = tiny.maps("ablation-cam", model, image, [index], layer="seen")
        classifier = scorecam_cli.wrap(model, preprocess="none", layer="seen")
        activations, gradient = classifier.gradients.of_target(image, index)
        lost = activations.mean(axis=(0, 1)) * gradient.mean(axis=(0, 1)) * tiny.PIXELS
        expected = np.maximum(activations @ lost, 0)
        np.testing.assert_allclose(ablated / ablated.max(), expected / expected.max(), rtol=1e-5, atol=1e-6)


def test_a_negative_logit_keeps_the_signs_of_its_channels():
    model, image = tiny.lamps(activation=None), tiny.lit()
    kernel = model.get_layer("head").get_weights()[0]
    model.get_layer("head").set_weights([np.stack([kernel[:, 0], [-5, 1]], axis=1)])
    (found,) = tiny.maps("ablation-cam", model, image, [1], layer="seen")  # the logit is -5 + 0.5
    np.testing.assert_allclose(found, np.maximum((-5 * image[:, :, 0] + 0.5 * image[:, :, 1]) / 4.5, 0), atol=1e-6)
    assert found.any()


@pytest.mark.parametrize(("constant", "passes"), [(0.0, 2), (2.0, 3)])
def test_only_channels_that_are_zero_everywhere_need_no_pass(constant, passes):
    image = tiny.lit()
    image[:, :, 1] = constant  # green
    found = tiny.explained("ablation-cam", tiny.lamps(), image, [0], layer="seen")
    assert (found.live_channels, found.passes) == (1, passes)
    grid = 3 * image[:, :, 0] - 2 * constant * image[:, :, 1]  # the means are 1 and the constant
    expected = np.maximum(grid / abs(3 - 2 * constant), 0)
    np.testing.assert_allclose(found.classes[0].map, expected, rtol=1e-4, atol=1e-5)
