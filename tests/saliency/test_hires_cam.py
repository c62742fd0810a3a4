"""HiResCAM: by hand and against plain loops."""

import numpy as np

from tests.saliency import oracle, tiny


def test_map_of_the_model_solved_by_hand():
    # Each position times its own weight: of class 0 red gives 1, -2, 1.5, 0 and green 0, 10, 0, -5.
    model, image = tiny.positions()
    first, second = tiny.maps("hires-cam", model, image, [0, 1], layer="seen")
    np.testing.assert_allclose(first, [[1, 8], [1.5, 0]], rtol=1e-6)
    np.testing.assert_allclose(second, [[0, 0], [0, 17]], rtol=1e-6)


def test_map_equals_plain_loops():
    model, image = tiny.seeing(activation=None), tiny.photo()
    activations, gradient = tiny.derived(model, "last", image, 1)
    expected = np.zeros(activations.shape[:2])
    for row, column, k in np.ndindex(activations.shape):
        expected[row, column] += gradient[row, column, k] * activations[row, column, k]
    (found,) = tiny.maps("hires-cam", model, image, [1])
    expected = oracle.upsample(np.maximum(expected, 0), 16, 16)
    assert tiny.difference(found, expected, "hires-cam, plain loops") <= 1e-5
