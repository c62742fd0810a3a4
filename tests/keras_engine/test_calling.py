"""A model of several inputs and outputs is explained as the model of one that it is, its other inputs held constant."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import scorecam_cli
from scorecam_cli.errors import ModelError, UsageError
from tests.loading import model_zoo

ANSWER = np.array([0.5, -1, 2, 0.25], np.float32)


@pytest.fixture(scope="module")
def photo():
    rgb = np.random.default_rng(0).integers(0, 60, (16, 16, 3), dtype=np.uint8)
    rgb[:6, :6] = (250, 200, 40)
    return rgb


@pytest.fixture(scope="module")
def parts():
    """A photo, a question of four numbers, and the classes that both give."""
    keras.utils.set_random_seed(3)
    image, question = keras.Input((16, 16, 3), name="image"), keras.Input((4,), name="question")
    grid = layers.Conv2D(6, 3, activation="relu", name="conv")(image)
    seen = layers.GlobalAveragePooling2D(name="gap")(grid)
    asked = layers.Dense(6, activation="sigmoid", name="asked")(question)
    both = layers.Multiply(name="both")([seen, asked])
    return image, question, grid, layers.Dense(3, activation="softmax", name="classes")(both)


def with_outputs(kind):
    """Two heads: three classes, and four numbers about the photo that are none."""
    whole = model_zoo.functional()
    features = whole.layers[-2].output
    box = layers.Dense(4, name="box")(features)
    return keras.Model(whole.inputs, kind(whole.outputs[0], box)), whole


OUTPUTS = {
    "list": (lambda classes, box: [box, classes], "head"),
    "number": (lambda classes, box: [box, classes], "1"),
    "dictionary": (lambda classes, box: {"where": box, "what": classes}, "what"),
    "nested": (lambda classes, box: {"of": {"box": box, "class": classes}}, "of/class"),
}


@pytest.mark.parametrize("method", ["score-cam", "grad-cam", "cam"])
@pytest.mark.parametrize(("kind", "name"), OUTPUTS.values(), ids=OUTPUTS)
def test_model_of_several_outputs_gives_the_map_of_the_one_that_is_named(kind, name, method, photo):
    several, whole = with_outputs(kind)
    found = scorecam_cli.explain(photo, several, method=method, preprocess="unit", output=name, top=3)
    alone = scorecam_cli.explain(photo, whole, method=method, preprocess="unit", top=3)
    assert found.layer == alone.layer
    assert any(each.map.any() for each in found.classes)
    for one, other in zip(found.classes, alone.classes, strict=True):
        np.testing.assert_allclose(one.map, other.map, rtol=1e-5)


def test_outputs_are_listed_where_none_or_an_unknown_one_is_named():
    several, _ = with_outputs(OUTPUTS["list"][0])
    with pytest.raises(ModelError, match=r"2 outputs, box \[batch, 4\], head \[batch, 3\]; name the one .* output"):
        scorecam_cli.wrap(several, preprocess="unit")
    with pytest.raises(UsageError, match=r"output 'heads' does not exist; the model has box .*, head "):
        scorecam_cli.wrap(several, preprocess="unit", output="heads")
    twice = keras.Model(several.inputs, [several.outputs[1], several.outputs[1]])
    with pytest.raises(UsageError, match="output 'head' exists 2 times; give its number, from 0"):
        scorecam_cli.wrap(twice, preprocess="unit", output="head")


def test_a_model_of_several_outputs_still_says_that_it_prepares_the_photo_itself():
    image = keras.Input((16, 16, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3)(layers.Rescaling(1 / 255)(image)))
    model = keras.Model(image, [pooled, layers.Dense(2, name="head")(pooled)])
    assert scorecam_cli.wrap(model, output="head").preparation.name == "none"


def test_an_input_that_is_scaled_beside_the_photo_says_nothing_of_the_photo(parts):
    image, question, grid, _ = parts
    scaled = layers.Rescaling(2.0)(question)
    pooled = layers.GlobalAveragePooling2D()(grid)
    model = keras.Model([question, image], layers.Dense(2)(layers.Concatenate()([pooled, scaled])))
    with pytest.raises(UsageError, match="say how its training code prepared the photos"):
        scorecam_cli.wrap(model, constant_inputs={"question": 1})


@pytest.mark.parametrize("method", ["score-cam", "grad-cam", "occlusion", "integrated-gradients"])
@pytest.mark.parametrize("order", ["photo first", "photo last", "dictionary"])
def test_input_beside_the_photo_is_the_same_for_every_mask(parts, order, method, photo):
    image, question, grid, classes = parts
    inputs = {"photo first": [image, question], "photo last": [question, image]}
    model = keras.Model(inputs.get(order, {"question": question, "image": image}), classes)
    asked = keras.ops.sigmoid(ANSWER @ model.get_layer("asked").weights[0] + model.get_layer("asked").weights[1])
    scaled = layers.GlobalAveragePooling2D()(grid) * np.asarray(asked)[None]
    by_hand = keras.Model(image, model.get_layer("classes")(scaled))
    found = scorecam_cli.explain(
        photo, model, method=method, preprocess="unit", constant_inputs={"question": ANSWER}, layer="conv", top=3
    )
    alone = scorecam_cli.explain(photo, by_hand, method=method, preprocess="unit", layer="conv", top=3)
    assert any(each.map.any() for each in found.classes)
    for one, other in zip(found.classes, alone.classes, strict=True):
        assert one.score.probability == pytest.approx(other.score.probability, rel=1e-5)
        np.testing.assert_allclose(one.map, other.map, rtol=1e-3, atol=1e-6)


def test_target_layer_sees_the_photo_and_not_a_constant_picture():
    image, reference = keras.Input((16, 16, 3), name="image"), keras.Input((16, 16, 3), name="reference")
    seen = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="of_photo")(image))
    known = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="of_reference")(reference))
    model = keras.Model([image, reference], layers.Dense(2)(layers.Subtract()([seen, known])))
    classifier = scorecam_cli.wrap(model, preprocess="unit", constant_inputs={"reference": np.zeros((16, 16, 3))})
    assert classifier.layer == "of_photo"
    assert [call.path for call in classifier.network.targets] == ["of_photo"]


@pytest.mark.parametrize(
    ("constants", "sentence"),
    [
        ({"answer": 1}, r"has no input 'answer'; it takes image \[batch, 16, 16, 3\], question \[batch, 4\]"),
        ({"question": [1, 2, 3]}, r"has the shape \[3\] and the input takes \[4\] for each photo"),
        ({"question": [1, 2, 3, float("nan")]}, "holds a value that is not finite"),
        ({"question": "abcd"}, "holds str.*, not numbers"),
        ({"question": 1, "image": 2}, "has no input left for the photo"),
    ],
)
def test_constant_that_does_not_fit_is_told_with_what_was_wanted(parts, constants, sentence):
    image, question, _, classes = parts
    with pytest.raises(UsageError, match=sentence):
        scorecam_cli.wrap(keras.Model([image, question], classes), preprocess="unit", constant_inputs=constants)


def test_inputs_are_listed_where_none_is_held_constant(parts):
    image, question, _, classes = parts
    with pytest.raises(
        ModelError, match=r"takes 2 inputs, image .*, question .*; give all but the photo with constant_inputs"
    ):
        scorecam_cli.wrap(keras.Model([image, question], classes), preprocess="unit")
