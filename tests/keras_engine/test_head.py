"""What the user says of a head: read as said where the model leaves it open, refused where it does not."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import UsageError
from scorecam_cli.keras_engine.model_doubts import model_doubts
from scorecam_cli.keras_engine.start import tf

IMAGE = np.linspace(0, 1, 8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3)


class Own(keras.layers.Layer):
    """A layer that nothing is known of."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def model(units=3, activation=None, own=None):
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(image))
    x = keras.layers.Dense(units, activation=activation)(x)
    return keras.Model(image, x if own is None else Own(own)(x))


def answered(network, head):
    """What the classifier answers, and what the model returns, float64 [C] both."""
    answers = scorecam_cli.wrap(network, preprocess="none", head=head).observe(IMAGE).answers
    return answers, np.asarray(network(IMAGE[None]), np.float64)[0]


def softmax(numbers):
    return np.exp(numbers) / np.exp(numbers).sum()


def sigmoid(numbers):
    return 1 / (1 + np.exp(-numbers))


@pytest.mark.parametrize(("head", "expected"), [("auto", softmax), ("softmax", softmax), ("sigmoid", sigmoid)])
def test_outputs_without_an_activation_are_logits_of_what_is_said(head, expected):
    answers, returned = answered(model(), head)
    np.testing.assert_allclose(answers.logits, returned, atol=1e-6)
    np.testing.assert_allclose(answers.probabilities, expected(returned), atol=1e-6)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_saying_what_the_last_layer_says_changes_nothing(activation):
    answers, returned = answered(model(activation=activation), activation)
    np.testing.assert_allclose(answers.probabilities, returned, atol=1e-6)
    assert answers.logits is not None


@pytest.mark.parametrize(("units", "activation"), [(1, None), (3, None), (2, "relu"), (1, "sigmoid")])
def test_outputs_of_a_regression_are_what_the_model_returns(units, activation):
    network = model(units, activation)
    classifier = scorecam_cli.wrap(network, preprocess="none", head="linear")
    seen = classifier.observe(IMAGE)
    np.testing.assert_allclose(seen.answers.probabilities, np.asarray(network(IMAGE[None]))[0], atol=1e-6)
    assert seen.answers.logits is None
    assert [label.name for label in classifier.labels.classes] == (
        ["output"] if units == 1 else [f"output {index}" for index in range(units)]
    )
    assert classifier.choose_classes(seen, asked=(), top=0) == [0]
    assert classifier.choose_classes(seen, asked=(), top=units) == list(range(units))


@pytest.mark.parametrize(("units", "activation", "head", "doubted"), [
    (1, None, "auto", True), (1, None, "sigmoid", False), (1, None, "linear", False), (1, "sigmoid", "auto", False),
    (3, None, "auto", False),
])  # fmt: skip
def test_one_output_without_an_activation_is_taken_for_a_logit_and_that_is_said(units, activation, head, doubted):
    classifier = scorecam_cli.wrap(model(units, activation), preprocess="none", head=head)
    said = ["which is taken for the logit of class 1: --head sigmoid says" in each for each in model_doubts(classifier)]
    assert said == [True] * doubted


@pytest.mark.parametrize(("own", "head", "expected"), [
    (tf.sigmoid, "sigmoid", None),  # probabilities already
    (tf.sigmoid, "softmax", softmax),  # they do not sum to 1
    (tf.nn.softmax, "softmax", None),
    (tf.nn.softmax, "sigmoid", None),
    (lambda x: 30 * x, "sigmoid", sigmoid),
])  # fmt: skip
def test_where_no_layer_tells_the_numbers_tell_probabilities_from_logits(own, head, expected):
    answers, returned = answered(model(own=own), head)
    np.testing.assert_allclose(answers.probabilities, expected(returned) if expected else returned, atol=1e-6)
    assert (answers.logits is None) is (expected is None)


@pytest.mark.parametrize(("network", "head", "words"), [
    ({"activation": "softmax"}, "sigmoid", "head sigmoid contradicts .*, whose last layer is a softmax"),
    ({"activation": "sigmoid"}, "softmax", "head softmax contradicts .*, whose last layer is a sigmoid"),
    ({"units": 1}, "softmax", "needs an output for each class, and .* has one"),
    ({"activation": "softmax"}, "linear", "head linear contradicts .*, whose last layer is a softmax"),
    ({}, "hinge", "head 'hinge' is none of auto, softmax, sigmoid, linear"),
])  # fmt: skip
def test_head_that_the_model_does_not_have_is_refused_in_a_sentence(network, head, words):
    with pytest.raises(UsageError, match=words):
        scorecam_cli.wrap(model(**network), preprocess="none", head=head)
