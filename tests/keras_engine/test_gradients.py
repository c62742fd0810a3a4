"""Gradients against closed forms, finite differences and a sub-model, on models of every build."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.errors import ClassError, ModelError, NumericsError
from tests.loading import model_zoo
from tests.loading.model_zoo import H, W

MEAN_HEADS = (  # target layer, global average pooling, one dense layer
    model_zoo.functional,
    model_zoo.nested,
    model_zoo.nested_sequential,
    model_zoo.shared_layers,
    model_zoo.subclassed,
    model_zoo.listed_blocks,
    model_zoo.custom_layer,
    model_zoo.residual,
    model_zoo.sigmoid_labels,
    model_zoo.logits,
    model_zoo.non_square,
    model_zoo.one_channel,
)


def ready(build, **options):
    model = build()
    classifier = scorecam_cli.wrap(model, preprocess="none", **options)
    return model, classifier, model_zoo.example_images(model, 3)


@pytest.mark.parametrize("build", MEAN_HEADS, ids=lambda build: build.__name__)
def test_gradient_behind_a_mean_is_the_weight_over_the_positions(build):
    model, classifier, images = ready(build)
    activations, gradient = classifier.gradients.of_target(images[0], 1)
    np.testing.assert_array_equal(activations, classifier.observe(images[0]).activations)
    weights = model.get_layer("head").get_weights()[0][:, 1]  # [K]
    positions = activations.shape[0] * activations.shape[1]
    np.testing.assert_allclose(gradient, np.broadcast_to(weights / positions, gradient.shape), rtol=1e-5, atol=1e-8)


def test_gradient_of_an_inner_layer_equals_that_of_a_sub_model():
    model, classifier, images = ready(model_zoo.functional, layer="conv_1")
    activations, gradient = classifier.gradients.of_target(images[0], 2)
    conv, head = model.get_layer("conv_2"), model.get_layer("head")
    kernel, bias = (tf.constant(each) for each in head.get_weights())
    with tf.GradientTape() as tape:
        given = tf.constant(activations[None])
        tape.watch(given)
        logit = (tf.reduce_mean(conv(given), axis=[1, 2]) @ kernel + bias)[0, 2]
    np.testing.assert_allclose(gradient, tape.gradient(logit, given)[0], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    "build",
    [*MEAN_HEADS, model_zoo.sequential, model_zoo.sigmoid_unit, model_zoo.softmax_head],
    ids=lambda build: build.__name__,
)
def test_gradient_of_photos_equals_finite_differences(build):
    _, classifier, images = ready(build)
    found = classifier.gradients.of_photos(images, 1)
    scale = np.float32(np.abs(images).max())
    for image, gradient in zip(images, found, strict=True):
        step = scale * np.float32(1e-3) * np.sign(gradient)
        ends = np.stack([image + step, image - step])
        logits = classifier.photo_answers(2, lambda first, last, ends=ends: ends[first:last]).logits[:, 1]
        expected = float(np.sum(gradient.astype(np.float64) * 2 * step))
        assert expected > 0
        assert float(logits[0] - logits[1]) == pytest.approx(expected, rel=0.05, abs=0)


def test_batch_size_changes_nothing():
    _, classifier, images = ready(model_zoo.nested)
    passes = []
    one = classifier.gradients.of_photos(images, 0, batch_size=1, on_passes=passes.append)
    all_at_once = classifier.gradients.of_photos(images, 0, batch_size=64)
    assert passes == [1, 1, 1]
    np.testing.assert_allclose(one, all_at_once, rtol=1e-4, atol=1e-7)


def test_one_trace_serves_all_classes_and_batches():
    _, classifier, images = ready(model_zoo.functional)
    for index in range(3):
        classifier.gradients.of_target(images[0], index)
        classifier.gradients.of_photos(images[: index + 1], index)
    assert classifier.gradients is classifier.gradients
    assert classifier.gradients._target_pass.experimental_get_tracing_count() == 1
    assert classifier.gradients._photo_pass.experimental_get_tracing_count() == 1


def test_classes_of_one_unit_have_opposite_gradients():
    _, classifier, images = ready(model_zoo.sigmoid_unit)
    no, yes = (classifier.gradients.of_photos(images[:1], index) for index in (0, 1))
    assert yes.any()
    np.testing.assert_array_equal(no, -yes)


def opaque():
    """A head that shows probabilities only."""

    class Opaque(keras.Layer):
        def call(self, inputs):
            return keras.ops.softmax(inputs)

    image = keras.Input((H, W, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    return keras.Model(image, Opaque()(keras.layers.Dense(3)(x)), name="opaque")


def test_model_without_logits_is_refused_in_a_sentence():
    _, classifier, images = ready(opaque)
    with pytest.raises(ModelError, match="opaque shows probabilities only, and a gradient needs logits; use score-cam"):
        classifier.gradients.of_target(images[0], 0)
    with pytest.raises(ModelError, match="needs logits"):
        classifier.gradients.of_photos(images, 0)


def test_values_that_are_not_finite_fail_the_photo():
    model, classifier, images = ready(model_zoo.functional)
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel * np.nan, bias])
    with pytest.raises(NumericsError, match="not finite"):
        classifier.gradients.of_target(images[0], 0)
    with pytest.raises(NumericsError, match="not finite"):
        classifier.gradients.of_photos(images, 0)


def test_class_that_does_not_exist_is_named():
    _, classifier, images = ready(model_zoo.functional)
    with pytest.raises(ClassError, match="class 3 does not exist; functional has classes 0-2"):
        classifier.gradients.of_target(images[0], 3)
