"""Photos that are scaled otherwise than in training, told by what the first batch normalisation remembers."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.keras_engine.first_statistics import photo_like, strange_variance
from scorecam_cli.keras_engine.model_doubts import model_doubts


class Counting(keras.layers.Layer):
    """A layer that counts how often it runs on numbers."""

    runs = 0

    def call(self, inputs):
        if not hasattr(inputs, "op"):
            Counting.runs += 1
        return inputs


def network(variance):
    """A network that sees the mean of the colours, whose normalisation remembers a variance of it."""
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(2, 1, use_bias=False, name="seen")(image)
    x = Counting()(keras.layers.BatchNormalization(name="normal")(x))
    model = keras.Model(image, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x)))
    model.get_layer("seen").set_weights([np.full((1, 1, 3, 2), 1 / 3)])
    gamma, beta, mean, _ = model.get_layer("normal").get_weights()
    model.get_layer("normal").set_weights([gamma, beta, mean, np.array(variance)])
    return model


def classifier(variance, preprocess):
    return scorecam_cli.wrap(network(variance), preprocess=preprocess)


VARIANCE = float((photo_like((32, 32)) / 255).mean(axis=2).var())  # of the mean colour, scaled to [0, 1]


def test_noise_has_the_mean_and_the_deviation_of_photos_and_is_coarse():
    rgb = photo_like((64, 48)).astype(float)
    assert rgb.shape == (64, 48, 3)
    np.testing.assert_allclose(rgb.mean(axis=(0, 1)), 118, atol=6)
    np.testing.assert_allclose(rgb.std(axis=(0, 1)), 60, atol=6)
    assert np.abs(np.diff(rgb, axis=0)).mean() < 0.7 * np.abs(rgb[1:] - rgb[::-1][1:]).mean()


def test_factor_by_hand():
    assert strange_variance(classifier([VARIANCE] * 2, "unit")) is None
    path, factor = strange_variance(classifier([VARIANCE] * 2, "none"))
    assert path == "normal"
    assert factor == pytest.approx(255**2, rel=1e-3)
    assert strange_variance(classifier([255**2 * VARIANCE] * 2, "none")) is None


def test_channels_that_never_answered_tell_nothing():
    _, factor = strange_variance(classifier([VARIANCE, 0.0], "none"))
    assert factor == pytest.approx(255**2, rel=1e-3)
    assert strange_variance(classifier([0.0, 0.0], "none")) is None


def test_network_runs_no_further_than_needed():
    asked = classifier([VARIANCE] * 2, "none")
    before = Counting.runs
    assert strange_variance(asked) is not None
    assert Counting.runs == before
    assert asked.observe(asked.prepare(photo_like((32, 32)))).answers.probabilities.shape == (3,)


def test_doubt_says_which_layer_and_how_much_and_not_of_random_weights():
    asked = classifier([VARIANCE] * 2, "none")
    (doubt,) = model_doubts(asked)
    assert "with --preprocess none the first batch normalisation" in doubt
    assert "(layer normal) is given 65,02" in doubt
    asked.weights = "random (seed 0)"
    assert not any("batch normalisation" in each for each in model_doubts(asked))


@pytest.fixture(scope="module")
def lite():
    return scorecam_cli.wrap("EfficientNetLite0").model


@pytest.mark.parametrize(("preprocess", "strange"), [("tf", False), ("none", True), ("caffe", True)])
def test_real_network_knows_photos_of_0_to_255_from_those_it_was_trained_on(lite, preprocess, strange):
    found = strange_variance(scorecam_cli.wrap(lite, preprocess=preprocess))
    assert (found is not None) is strange
