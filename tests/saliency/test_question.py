"""What is asked about one photo: the value that every method is given."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ClassError
from scorecam_cli.saliency.question import Question, live_channels
from tests.loading import model_zoo
from tests.saliency import tiny


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(model_zoo.rescaling(), labels=["cat", "dog", "bird"])


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(1).integers(0, 256, (30, 20, 3), dtype=np.uint8)


def test_photo_is_prepared_observed_and_its_classes_chosen(classifier, rgb):
    asked = Question.about(classifier, rgb, asked=["bird", "0"])
    np.testing.assert_array_equal(asked.image, classifier.prepare(rgb))
    np.testing.assert_array_equal(asked.observation.activations, classifier.observe(asked.image).activations)
    assert asked.class_indices == (2, 0)
    assert [score.label.name for score in asked.scores] == ["bird", "cat"]
    probabilities = asked.observation.answers.probabilities
    assert [score.probability for score in asked.scores] == [float(probabilities[2]), float(probabilities[0])]
    with pytest.raises(ClassError, match="class 'fish' is not one of the 3 classes"):
        Question.about(classifier, rgb, asked=["fish"])


def test_without_classes_the_predicted_one_is_asked_about(classifier, rgb):
    asked = Question.about(classifier, rgb)
    assert asked.class_indices == (int(asked.observation.answers.probabilities.argmax()),)
    assert asked.most_probable(5) == asked.most_probable(3)  # of 3 classes
    assert asked.most_probable(1) == asked.scores


def test_the_expected_class_comes_behind_the_predicted_one_where_it_is_another(classifier, rgb):
    asked = Question.about(classifier, rgb)
    (own,) = asked.class_indices
    assert asked.expecting(str(own)).class_indices == (own,)
    assert asked.expecting(classifier.labels[(own + 1) % 3].name).class_indices == (own, (own + 1) % 3)
    with pytest.raises(ClassError, match="class 'fish' is not one of the 3 classes"):
        asked.expecting("fish")


def test_same_question_about_another_image_or_of_another_model_is_observed_anew(classifier, rgb):
    asked = Question.about(classifier, rgb, top=2)
    brighter = np.minimum(asked.image * 1.5, 255).astype(np.float32)
    other = asked.about_image(brighter)
    np.testing.assert_array_equal(other.observation.activations, classifier.observe(brighter).activations)
    assert (other.classifier, other.class_indices) == (classifier, asked.class_indices)
    twin = scorecam_cli.wrap(model_zoo.rescaling())
    again = asked.asked_of(twin)
    np.testing.assert_array_equal(again.observation.activations, twin.observe(asked.image).activations)
    assert again.classifier is twin
    assert asked.of_first_class.class_indices == asked.class_indices[:1]


def test_live_channels_are_those_that_differ_over_the_grid():
    activations = np.zeros((2, 2, 4), np.float32)
    activations[..., 1] = 5
    activations[0, 1, 2] = 1e-3
    activations[..., 3] = [[1, 2], [3, 4]]
    assert live_channels(activations).tolist() == [2, 3]
    assert tiny.question(
        scorecam_cli.wrap(tiny.lamps(), preprocess="none", layer="seen"), tiny.lit()
    ).live.tolist() == [0, 1]
