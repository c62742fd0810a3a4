"""What is to be doubted of every map of a model, and what is not."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.keras_engine.model_doubts import model_doubts


def normalization(low, high):
    layer = keras.layers.Normalization()
    layer.adapt(np.random.default_rng(0).uniform(low, high, (4, 8, 8, 3)))
    return layer


def classifier(*first, preprocess):
    image = keras.Input((8, 8, 3))
    x = image
    for layer in first:
        x = layer(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(x))
    return scorecam_cli.wrap(keras.Model(image, keras.layers.Dense(3)(x)), preprocess=preprocess)


@pytest.mark.parametrize(("first", "preprocess", "doubted"), [
    (lambda: keras.layers.Rescaling(1 / 255), "tf", True),
    (lambda: keras.layers.Rescaling(1 / 127.5, -1), "caffe", True),
    (lambda: normalization(0, 255), "unit", True),
    (lambda: lambda image: image / 255.0, "torch", True),
    (lambda: keras.layers.Rescaling(1 / 255), "none", False),
    (lambda: keras.layers.Rescaling(1 / 255), "auto", False),
    (lambda: keras.layers.Rescaling(2.0, -1), "unit", False),  # made for photos in [0, 1]
    (lambda: normalization(0, 1), "unit", False),
    (lambda: keras.layers.ZeroPadding2D(), "tf", False),
])  # fmt: skip
def test_photos_that_are_scaled_twice_are_doubted(first, preprocess, doubted):
    found = model_doubts(classifier(first(), preprocess=preprocess))
    assert [f"--preprocess {preprocess} has scaled them before" in each for each in found] == [True] * doubted


def test_random_weights_are_doubted():
    named = classifier(preprocess="unit")
    assert model_doubts(named) == ()
    named.weights = "random (seed 3)"
    assert "random: maps are for timing and checks" in model_doubts(named)[0]
