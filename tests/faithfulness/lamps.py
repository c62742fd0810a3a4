"""Classifiers whose probability is known for every photo: sigmoid of a weighted sum of pixels."""

import keras
import numpy as np

import scorecam_cli

LOG3 = float(np.log(3))  # p / (1 - p) triples with each pixel of value 1: 1/2, 3/4, 9/10, 27/28, 81/82


def tripling(k):
    """The probability with a sum of k: 3^k / (1 + 3^k)."""
    return 3.0**k / (1 + 3.0**k)


def lamp_classifier(weights):
    """One grey channel; the probability of class 1 is `tripling(sum(weights * photo))`. weights: [H, W]."""
    height, width = weights.shape
    image = keras.Input((height, width, 1))
    seen = keras.layers.Conv2D(1, 1, use_bias=False, name="seen")(image)
    flat = keras.layers.Flatten()(seen)
    model = keras.Model(image, keras.layers.Dense(1, activation="sigmoid", use_bias=False, name="head")(flat))
    model.get_layer("seen").set_weights([np.ones((1, 1, 1, 1), np.float32)])
    model.get_layer("head").set_weights([(LOG3 * weights).reshape(-1, 1).astype(np.float32)])
    return scorecam_cli.wrap(model, preprocess="none")


def four_pixels():
    """float32 [4, 6], 1 in four pixels of the right half, else 0."""
    region = np.zeros((4, 6), np.float32)
    region[1:3, 4:6] = 1
    return region
