"""Small classifiers for the methods: one solved by hand, one for oracles; and how to ask them."""

import keras
import numpy as np
import tensorflow as tf

import scorecam_cli
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question

# The model solved by hand, on 4 x 4 pixels: channel 0 sees red, channel 1 green, both after ReLU; logits are the
# channels' means times V. No upsampling: the grid is the photo.
V = np.array([[3.0, -1.0], [-2.0, 5.0]])  # [K, C]
PIXELS = 16


def lamps(activation="softmax"):
    image = keras.Input((4, 4, 3))
    seen = keras.layers.Conv2D(2, 1, use_bias=False, activation="relu", name="seen")(image)
    mean = keras.layers.GlobalAveragePooling2D(name="gap")(seen)
    model = keras.Model(image, keras.layers.Dense(2, use_bias=False, activation=activation, name="head")(mean))
    model.get_layer("seen").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)])
    model.get_layer("head").set_weights([V.astype(np.float32)])
    return model


def two_lamps(size=4):
    """Channel 0 sees red, channel 1 sees green, on a grid of half the size; logits are their means."""
    image = keras.Input((size, size, 3))
    seen = keras.layers.Conv2D(2, 1, use_bias=False, name="seen")(keras.layers.AveragePooling2D(2)(image))
    mean = keras.layers.GlobalAveragePooling2D()(seen)
    model = keras.Model(image, keras.layers.Dense(2, use_bias=False, name="head")(mean))
    model.get_layer("seen").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)])
    model.get_layer("head").set_weights([np.eye(2, dtype=np.float32)])
    return model


def lit():
    """The photo of the lamps: 8 of red top left, 8 of red and 4 of green beside it, 4 of green bottom right."""
    image = np.zeros((4, 4, 3), np.float32)
    image[0, 0, 0] = image[1, 1, 0] = 8
    image[1, 1, 1] = image[3, 3, 1] = 4
    return image


def seeing(activation="softmax"):
    """Two convolutions of seeded weights whose grid is as large as the photo, [B, 16, 16, 3], three classes."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(image)
    x = keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="last")(x)
    x = keras.layers.Dense(6, activation="tanh", name="between")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, keras.layers.Dense(3, activation=activation, name="head")(x))
    rng = np.random.default_rng(4)
    for weight in model.weights:
        spread = 2 / np.prod(weight.shape[:-1]) ** 0.5 if len(weight.shape) > 1 else 0.1
        weight.assign(rng.normal(0, spread, weight.shape))
    return model


# The model solved by hand whose classes look at positions: 2 x 2 pixels, channel 0 sees red, channel 1 sees green; each
# logit is the sum of both, each position times a weight of its own. So the gradient is that weight.
POSITIONS = np.array(
    [
        [[[1, -1], [0.5, 0]], [[0, 2], [0, -1]]],  # of class 0: red, green
        [[[-1, 0], [0, 3]], [[1, 0], [0, 1]]],  # of class 1
    ]
)  # [C, K, h, w]
RED, GREEN = np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 5], [0, 5]])


def positions():
    image = keras.Input((2, 2, 3))
    seen = keras.layers.Conv2D(2, 1, use_bias=False, activation="relu", name="seen")(image)
    model = keras.Model(image, keras.layers.Dense(2, use_bias=False, name="head")(keras.layers.Flatten()(seen)))
    model.get_layer("seen").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)])
    model.get_layer("head").set_weights([POSITIONS.transpose(2, 3, 1, 0).reshape(8, 2).astype(np.float32)])
    return model, np.stack([RED, GREEN, np.zeros((2, 2))], axis=-1).astype(np.float32)


def derived(model, layer, image, index):
    """Activations and gradient of a logit, float64 [h, w, K] both, by a tape over the whole model: for oracles."""
    grid, logits = model.get_layer(layer).output, model.outputs[0]
    both = keras.Model(model.inputs[0], [grid, logits])
    after = keras.Model(grid, logits)
    activations = tf.convert_to_tensor(both(image[None])[0])
    with tf.GradientTape() as tape:
        tape.watch(activations)
        logit = after(activations)[0, index]
    return (np.asarray(each[0], np.float64) for each in (activations, tape.gradient(logit, activations)))


def photo(seed=0, shape=(16, 16, 3)):
    return np.random.default_rng(seed).uniform(0, 1, shape).astype(np.float32)


def explained(name, model, image, indices, *, layer=None, **options):
    classifier = scorecam_cli.wrap(model, preprocess="none", layer=layer)
    return explain_on(name, classifier, image, indices, **options)


def explain_on(name, classifier, image, indices, **options):
    on_passes = options.pop("on_passes", None)
    return explain_with(name, question(classifier, image, indices), MethodSettings(**options), on_passes=on_passes)


def question(classifier, image, indices=(0,)):
    return Question(classifier, image, classifier.observe(image), tuple(indices))


def maps(name, model, image, indices, **options):
    return [each.map for each in explained(name, model, image, indices, **options).classes]


def difference(found, expected, what):
    """Largest difference as a share of the largest expected value; printed for the record."""
    share = float(np.abs(found - expected).max() / np.abs(expected).max())
    print(f"{what}: largest difference {share:.1e} of the maximum")
    return share
