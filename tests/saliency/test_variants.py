"""What the variants sum: those that are a regression, on whole small networks of every kind of head."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import OF_DIFFERENCES, Selection, Variant
from scorecam_cli.saliency.question import live_channels
from tests.saliency import oracle, tiny

CHANNELS = 40


def wide(units=3, activation="softmax", size=(16, 16), channels=CHANNELS):
    """40 channels on half the size, and a head of any kind."""
    image = keras.Input((*size, 3))
    x = keras.layers.Conv2D(channels, 3, strides=2, padding="same", activation="relu", name="conv")(image)
    x = keras.layers.Dense(6, activation="tanh")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, keras.layers.Dense(units, activation=activation, name="head")(x))
    rng = np.random.default_rng(8)
    model.set_weights([rng.normal(0, 1, each.shape).astype(np.float32) for each in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(wide(), preprocess="unit")


@pytest.fixture(scope="module")
def image():
    return tiny.photo(9)


@pytest.mark.parametrize("size", [(16, 16), (12, 20)])
def test_maps_equal_least_squares_on_the_masks(size):
    model = wide(size=size)
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    image = tiny.photo(3, (*size, 3))
    target, head = model.get_layer("conv").output, model.get_layer("head")
    grid, before = keras.Model(model.inputs[0], target), keras.Model(model.inputs[0], head.input)
    kernel, bias = (np.asarray(value, np.float64) for value in head.get_weights())
    expected = oracle.score_cam(
        lambda x: np.asarray(grid(x[None])[0]),
        lambda x: np.asarray(before(x[None])[0], np.float64) @ kernel + bias,
        image,
        1,
    )
    for variant in Variant:
        (found,) = tiny.explain_on("score-cam", classifier, image, [1], variant=variant).classes
        assert tiny.difference(found.map, expected[variant], variant) < 1e-4


@pytest.mark.parametrize("variant", OF_DIFFERENCES)
@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (3, "sigmoid"), (3, None), (1, "sigmoid")])
def test_every_head_has_a_map_for_each_class(units, activation, variant, image):
    model = wide(units, activation)
    classes = [0, 1]
    found = tiny.explained("score-cam", model, image, classes, variant=variant)
    assert found.variant == variant
    flat = [not each.map.any() for each in found.classes]  # nothing speaks for it: it is said
    assert not all(flat)
    assert all(np.isfinite(each.map).all() and each.map.min() >= 0 for each in found.classes)
    assert len(found.warnings) == sum(flat)


def test_two_classes_of_one_unit_are_opposites_before_what_is_negative_is_cut(image):
    found = tiny.explained("score-cam", wide(1, "sigmoid"), image, [0, 1], variant=Variant.FITTED)
    against, speaks_for = (each.map > 0 for each in found.classes)
    assert not (against & speaks_for).any()  # what one unit gains the other loses


@pytest.mark.parametrize("variant", OF_DIFFERENCES)
def test_steps_are_the_masks_of_largest_weight_of_either_sign(classifier, image, variant):
    found = tiny.explain_on("score-cam", classifier, image, [0], variant=variant)
    steps = found.classes[0].steps
    assert (np.diff(np.abs(steps.weights)) <= 0).all()
    assert (steps.weights > 0).any()
    assert (steps.weights < 0).any()


@pytest.mark.parametrize("variant", OF_DIFFERENCES)
def test_channels_that_are_left_out_count_for_nothing(classifier, image, variant):
    few = tiny.explain_on("score-cam", classifier, image, [0], variant=variant, passes=20, selection=Selection.FASTER)
    activations = classifier.observe(image).activations
    live = live_channels(activations)
    grids = activations[:, :, live].transpose(2, 0, 1)
    passed = np.argsort(-grids.reshape(len(grids), -1).std(axis=1), kind="stable")[:20]
    answers = classifier.masked_answers(image, np.ascontiguousarray(grids[passed])).answers.probabilities[:, 0]
    seen = np.full(activations.shape[2], np.nan)
    seen[live[passed]] = answers
    alone = activations[:, :, live[passed]]
    ups = [oracle.upsample(alone[:, :, k], 16, 16) for k in range(20)]
    expected = oracle.regressed(alone, ups, seen[live[passed]], 16, 16)[variant]
    assert tiny.difference(few.classes[0].map, expected, variant) < 1e-4


def test_fewer_masks_than_a_fit_needs_are_centred_and_it_is_said(image):
    model = wide(channels=8)
    fitted, centred = (tiny.explained("score-cam", model, image, [0], variant=each) for each in ("fitted", "centred"))
    np.testing.assert_array_equal(fitted.classes[0].map, centred.classes[0].map)
    assert (fitted.variant, len(fitted.warnings), centred.warnings) == ("fitted", 1, ())
    assert fitted.warnings[0].startswith("fitted needs the answers to 16 masks and has ")
    assert fitted.warnings[0].endswith("centred")


@pytest.mark.parametrize("selection", Selection)
@pytest.mark.parametrize("passes", [4, 15, 16])
def test_fewer_passes_than_a_fit_needs_are_centred_and_it_is_said(classifier, image, passes, selection):
    how = {"passes": passes, "selection": selection}
    fitted, centred = (
        tiny.explain_on("score-cam", classifier, image, [0], variant=each, **how) for each in ("fitted", "centred")
    )
    said = f"fitted needs the answers to 16 masks and has {passes}: the map is that of the variant centred; give more"
    falls_back = any(each.startswith(said) for each in fitted.warnings)
    assert falls_back == (passes < 16) == np.array_equal(fitted.classes[0].map, centred.classes[0].map)
    assert fitted.classes[0].estimated_correlation == centred.classes[0].estimated_correlation or passes == 16


def test_a_class_that_answers_the_same_to_every_mask_has_a_map_of_zeros_that_says_why(image):
    model = wide()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel * 0, bias])  # the same whatever is shown
    for variant in OF_DIFFERENCES:
        found = tiny.explained("score-cam", model, image, [0], variant=variant)
        assert not found.classes[0].map.any()
        assert "no position raises" in found.warnings[0]


@pytest.mark.parametrize("variant", OF_DIFFERENCES)
def test_how_sure_a_map_is_is_known_where_every_mask_is_passed(classifier, image, variant):
    found, few, other = (
        tiny.explain_on("score-cam", classifier, image, [0, 1], variant=each, passes=passes)
        for each, passes in ((variant, None), (variant, 20), (Variant.ARTICLE, None))
    )
    for each in found.classes:
        known = each.uncertainty
        assert known.contributions.shape == known.deviations.shape == (8, 8)
        assert (known.deviations > 0).all()
        np.testing.assert_allclose(np.maximum(oracle.upsample(known.contributions, 16, 16), 0), each.map, atol=1e-5)
    assert {each.uncertainty for each in (*few.classes, *other.classes)} == {None}
