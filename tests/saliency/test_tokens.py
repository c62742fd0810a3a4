"""Every method of the CAM kind on tokens: their prefix is left out, of activations and of gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.errors import ModelError
from tests.loading import transformers

RGB = np.random.default_rng(0).integers(0, 256, (40, 44, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def vit():
    keras.utils.set_random_seed(4)
    model = transformers.vit(size=(16, 24), dim=8, prefix=2, head="two", classes=3)
    return model, scorecam_cli.wrap(model, preprocess="unit")


def test_gradient_of_tokens_is_that_of_the_patches(vit):
    model, classifier = vit
    image = classifier.prepare(RGB)
    inner = keras.Model(model.inputs[0], [model.get_layer("block1_norm1").output, model.outputs[0]])
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(image[None]))
        tokens, logits = inner(given)
        logit = logits[0, 1]
    expected = tape.gradient(logit, tokens).numpy()[0, 2:].reshape(4, 6, 8)
    activations, gradient = classifier.gradients.of_target(image, 1)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradient, expected, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(activations, tokens.numpy()[0, 2:].reshape(4, 6, 8), atol=1e-5)


@pytest.mark.parametrize("method", ["score-cam", "grad-cam", "grad-cam++", "layer-cam", "hires-cam", "xgrad-cam"])
def test_method_gives_a_map_of_the_photo(vit, method):
    found = scorecam_cli.explain(RGB, vit[1], method=method, classes=[0, 1, 2]).classes
    assert all(each.map.shape == (16, 24) and np.isfinite(each.map).all() for each in found)
    assert any(each.map.any() for each in found)


def test_cam_is_refused_where_no_mean_follows(vit):
    with pytest.raises(ModelError, match="cam needs a global average pooling"):
        scorecam_cli.explain(RGB, vit[1], method="cam")
