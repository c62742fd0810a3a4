"""The network behind the target layer: against the whole network, against its own layers, and what it leaves out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.errors import ModelError, NumericsError
from tests.keras_engine.test_gradients import opaque, ready
from tests.loading import model_zoo, transformers
from tests.loading.model_zoo import H, W

LEFT_OUT = (model_zoo.open_size, model_zoo.mobilenet_inside, model_zoo.mixed_bfloat16)  # large; has a test of its own
ZOO = [build for build in (*dict.fromkeys(model_zoo.MODELS), opaque) if build not in LEFT_OUT]


def of_several(classifier, image, activations, **options):
    return classifier.tail.answers(image, len(activations), lambda first, last: activations[first:last], **options)


def close(found, expected):
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=1e-4, atol=1e-6)
    assert (found.logits is None) == (expected.logits is None)
    if expected.logits is not None:
        np.testing.assert_allclose(found.logits, expected.logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("build", ZOO, ids=lambda build: build.__name__)
def test_activations_of_photos_give_what_the_whole_network_says_of_them(build):
    _, classifier, images = ready(build)
    seen = [classifier.observe(image) for image in images]
    found = of_several(classifier, np.zeros_like(images[0]), np.stack([each.activations for each in seen]))
    for at, each in enumerate(seen):
        np.testing.assert_allclose(found.probabilities[at], each.answers.probabilities, rtol=1e-4, atol=1e-6)
        if each.answers.logits is not None:
            np.testing.assert_allclose(found.logits[at], each.answers.logits, rtol=1e-4, atol=1e-5)


def test_made_up_activations_give_what_the_head_makes_of_them():
    model, classifier, images = ready(model_zoo.nested)
    activations = np.random.default_rng(2).normal(0, 1, (5, *classifier.target.shape)).astype(np.float32)
    kernel, bias = model.get_layer("head").get_weights()
    logits = activations.mean(axis=(1, 2), dtype=np.float64) @ kernel + bias
    found = of_several(classifier, images[0], activations)
    np.testing.assert_allclose(found.logits, logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-5)


def test_mixed_precision_takes_activations_in_its_own_format():
    _, classifier, images = ready(model_zoo.mixed_bfloat16)
    seen = classifier.observe(images[0])
    found = of_several(classifier, images[0], seen.activations[None])
    np.testing.assert_allclose(found.probabilities[0], seen.answers.probabilities, atol=0.02)


def test_batch_size_changes_nothing_and_every_pass_is_told():
    _, classifier, images = ready(model_zoo.functional)
    activations = np.random.default_rng(2).normal(0, 1, (7, *classifier.target.shape)).astype(np.float32)
    told = []
    close(
        of_several(classifier, images[0], activations, batch_size=2, on_passes=told.append),
        of_several(classifier, images[0], activations),
    )
    assert told == [2, 2, 2, 1]


def test_one_trace_serves_all_photos_and_batches():
    _, classifier, images = ready(model_zoo.functional)
    assert classifier.tail is classifier.tail
    traced = classifier.tail._traced
    for image, count in zip(images, (1, 3, 2), strict=True):
        of_several(classifier, image, np.zeros((count, *classifier.target.shape), np.float32))
    assert classifier.tail._traced is traced


@pytest.mark.parametrize(("around", "seen"), [(False, []), (True, [1])])
def test_the_network_before_the_target_layer_runs_once_at_most(around, seen):
    # A layer before the target notes how many photos it sees: none, or one where it is needed around the target.
    noted = []

    class Noting(keras.Layer):
        def call(self, inputs):
            return tf.ensure_shape(tf.numpy_function(self.note, [inputs], tf.float32, stateful=False), inputs.shape)

        def note(self, images):
            noted.append(len(images))
            return images

    image = keras.Input((H, W, 3))
    x = before = Noting()(image)
    x = keras.layers.Conv2D(3, 3, padding="same", name="grid")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([before, x]) if around else x)
    classifier = scorecam_cli.wrap(keras.Model(image, keras.layers.Dense(3)(x)), preprocess="none", layer="grid")
    of_several(classifier, np.zeros((H, W, 3), np.float32), np.ones((4, *classifier.target.shape), np.float32))
    assert noted == seen


def test_batches_are_bounded_by_all_windows_of_a_photo_and_by_what_an_attention_makes_inside():
    windows = scorecam_cli.wrap(transformers.swin(), preprocess="none")
    inside = {call.path: call for call in windows.network.calls}["block0_attention"]
    assert (inside.shape, inside.copies, inside.numbers) == ((16, 32), 4, 4 * 16 * 32)
    tokens = scorecam_cli.wrap(transformers.vit(), preprocess="none")
    assert tokens.batches._bytes_each == 4 * 4 * 2 * 65 * 65  # of two heads; the widest layer makes 65 x 64


def test_batches_are_bounded_by_what_the_tail_makes():
    _, classifier, _ = ready(model_zoo.functional)
    numbers = int(np.prod(classifier.target.shape))  # the largest array of the tail; the network makes 16 x 16 x 4
    assert classifier.tail.batches._bytes_each == 4 * 4 * numbers
    assert classifier.batches._bytes_each == 4 * 4 * H * W * 4
    assert classifier.tail.batch_for(3) == 3


def test_what_goes_around_the_target_layer_is_the_photos():
    model, classifier, images = ready(model_zoo.residual, layer="conv")
    given = np.random.default_rng(2).normal(0, 1, (2, *classifier.target.shape)).astype(np.float32)
    around = keras.Model(model.inputs[0], model.get_layer("stem").output)(images[:1])
    kernel, bias = model.get_layer("head").get_weights()
    expected = np.maximum(np.asarray(around) + given, 0).mean(axis=(1, 2)) @ kernel + bias
    np.testing.assert_allclose(of_several(classifier, images[0], given).logits, expected, rtol=1e-4, atol=1e-5)


TOKENS = [
    {"prefix": 1},
    pytest.param({"prefix": 2, "head": "two"}, marks=pytest.mark.slow),
    pytest.param({"prefix": 5}, marks=pytest.mark.slow),
    pytest.param({"prefix": 0, "head": "mean"}, marks=pytest.mark.slow),
    {"prefix": 0, "head": "pool"},
    {"prefix": 1, "size": (24, 40)},
]


@pytest.mark.parametrize("how", TOKENS, ids=str)
def test_tokens_of_a_photo_give_what_the_whole_network_says_of_it(how):
    keras.utils.set_random_seed(3)
    classifier = scorecam_cli.wrap(transformers.vit(**how), preprocess="none")
    image = np.random.default_rng(1).uniform(0, 1, (*classifier.size, 3)).astype(np.float32)
    seen = classifier.observe(image)
    assert classifier.target.folding is not None
    assert classifier.target.folding.prefix == how["prefix"]
    found = of_several(classifier, image, np.stack([seen.activations, 0 * seen.activations]))
    np.testing.assert_allclose(found.logits[0], seen.answers.logits, rtol=1e-4, atol=1e-5)
    assert np.abs(found.logits[1] - seen.answers.logits).max() > 1e-3


def test_prefix_tokens_stay_the_photos_and_others_are_those_handed_in():
    keras.utils.set_random_seed(3)
    model = transformers.vit(prefix=2, head="two")
    classifier = scorecam_cli.wrap(model, preprocess="none")
    image = np.random.default_rng(1).uniform(0, 1, (32, 32, 3)).astype(np.float32)
    layer = {each.name: each for each in model.layers}
    made, around = (layer[name].output for name in (classifier.layer, "block0_add2"))
    tokens, around = (np.asarray(each).copy() for each in keras.Model(model.inputs[0], [made, around])(image[None]))
    given = np.random.default_rng(2).normal(0, 1, (8, 8, 32)).astype(np.float32)
    tokens[0, 2:] = given.reshape(64, 32)
    x = around + layer["block1_attention"](tokens, tokens)  # the target is a norm, which an addition passes by
    x = x + layer["block1_mlp2"](layer["block1_mlp1"](layer["block1_norm2"](x)))
    expected = layer["head"](keras.ops.mean(layer["norm"](x)[:, :2], axis=1))
    np.testing.assert_allclose(of_several(classifier, image, given[None]).logits, expected, rtol=1e-4, atol=1e-5)


class Doubling(keras.Layer):
    """Uses its input twice, once by plain TensorFlow."""

    def call(self, inputs):
        return inputs * 2


class Plain(keras.Model):
    """Its grid is made by plain TensorFlow between two layers; `twice`: and used by it too."""

    def __init__(self, twice):
        super().__init__(name="plain")
        self.conv, self.double = keras.layers.Conv2D(4, 3, name="conv"), Doubling(name="double")
        self.pool, self.head = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, name="head")
        self.twice = twice

    def call(self, inputs):
        grid = tf.nn.relu(self.conv(inputs)) + 1
        first, second = self.double(grid), self.double(grid)
        return self.head(self.pool(first + second + (grid if self.twice else 0)))


def plain(twice):
    model = Plain(twice)
    model(np.zeros((1, H, W, 3), np.float32))
    return scorecam_cli.wrap(model, preprocess="none", layer="double:input")


def test_a_grid_that_no_layer_made_is_replaced_wherever_layers_take_it():
    classifier = plain(twice=False)
    given = np.random.default_rng(2).normal(0, 1, (2, *classifier.target.shape)).astype(np.float32)
    kernel, bias = classifier.model.head.get_weights()
    found = of_several(classifier, np.zeros((H, W, 3), np.float32), given)
    np.testing.assert_allclose(found.logits, 4 * given.mean(axis=(1, 2)) @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_a_grid_that_is_used_outside_layers_is_refused_in_a_sentence():
    classifier = plain(twice=True)
    with pytest.raises(ModelError, match=r"plain uses what layer double:input makes outside Keras layers, so .*use"):
        of_several(classifier, np.zeros((H, W, 3), np.float32), np.zeros((1, *classifier.target.shape), np.float32))


def test_values_that_are_not_finite_fail_the_photo():
    _, classifier, images = ready(model_zoo.functional)
    with pytest.raises(NumericsError, match="functional returns probabilities that are not finite"):
        of_several(classifier, images[0], np.full((1, *classifier.target.shape), np.nan, np.float32))
