"""XGrad-CAM: by hand and against plain loops."""

import numpy as np

from tests.saliency import oracle, tiny


def test_map_of_the_model_solved_by_hand():
    # Of class 0: red times its weights is 1 - 2 + 1.5 = 0.5 of 10, green 10 - 5 = 5 of 10. Of class 1: red -1 + 12 = 11
    # of 10, green 5 of 10.
    model, image = tiny.positions()
    first, second = tiny.maps("xgrad-cam", model, image, [0, 1], layer="seen")
    np.testing.assert_allclose(first, 0.05 * tiny.RED + 0.5 * tiny.GREEN, rtol=1e-6)
    np.testing.assert_allclose(second, 1.1 * tiny.RED + 0.5 * tiny.GREEN, rtol=1e-6)


def test_map_equals_plain_loops():
    model, image = tiny.seeing(activation=None), tiny.photo()
    activations, gradient = tiny.derived(model, "last", image, 1)
    expected = np.zeros(activations.shape[:2])
    for k in range(activations.shape[2]):
        total, weight = activations[:, :, k].sum(), 0.0
        for row, column in np.ndindex(expected.shape):
            weight += activations[row, column, k] / total * gradient[row, column, k]
        expected += weight * activations[:, :, k]
    (found,) = tiny.maps("xgrad-cam", model, image, [1])
    expected = oracle.upsample(np.maximum(expected, 0), 16, 16)
    assert tiny.difference(found, expected, "xgrad-cam, plain loops") <= 1e-5


def test_channel_that_sees_nothing_adds_nothing():
    model, image = tiny.positions()
    (alone,) = tiny.maps("xgrad-cam", model, image * np.float32([1, 0, 0]), [1], layer="seen")
    np.testing.assert_allclose(alone, 1.1 * tiny.RED, rtol=1e-6)


def test_behind_a_mean_and_one_dense_layer_three_methods_are_one_map():
    image = tiny.lit()
    grad, hires, xgrad = (
        tiny.maps(name, tiny.lamps(), image, [0, 1], layer="seen") for name in ("grad-cam", "hires-cam", "xgrad-cam")
    )
    np.testing.assert_allclose(hires, grad, rtol=1e-5)
    np.testing.assert_allclose(xgrad, grad, rtol=1e-5)
