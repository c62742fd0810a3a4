"""The registry of methods, and what all of them have in common."""

import dataclasses

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli import config
from scorecam_cli.config import Selection, Variant
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import METHODS, explain_with, method_named, planned_passes
from scorecam_cli.saliency.score_cam import score_cam
from tests.keras_engine.test_gradients import opaque
from tests.loading import model_zoo
from tests.saliency import tiny

FEW = {name: 3 for name, method in METHODS.items() if method.takes_passes}


def classifier_of(build=model_zoo.functional, **options):
    return scorecam_cli.wrap(build(), preprocess="none", **options)


def test_names_are_those_that_options_offer():
    assert tuple(METHODS) == config.METHODS
    assert [method.name for method in METHODS.values()] == list(METHODS)


def test_summaries_are_short_and_all_different():
    summaries = {method.summary for method in METHODS.values()}
    assert len(summaries) == len(METHODS)
    assert all(0 < len(summary) <= 60 for summary in summaries)


def test_name_is_found_in_any_case_and_a_misspelt_one_names_the_nearest():
    assert method_named("Grad-CAM++").name == "grad-cam++"
    with pytest.raises(UsageError, match="method 'gradcam' does not exist; nearest: grad-cam"):
        method_named("gradcam")
    with pytest.raises(UsageError, match=r"method 'xyz' does not exist; choose one of score-cam, .*random"):
        method_named("xyz")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_finite_maps_and_runs_the_planned_passes(name):
    classifier = classifier_of(model_zoo.shared_layers)
    image = model_zoo.example_images(classifier.model)[0]
    observation = classifier.observe(image)
    passes = []
    found = explain_with(
        name,
        classifier,
        image,
        observation=observation,
        class_indices=[1, 0],
        passes=FEW.get(name),
        on_passes=passes.append,
    )
    planned = planned_passes(name, observation, FEW.get(name), classes=2, size=classifier.size)
    assert sum(passes) == found.passes == planned
    assert (found.method, found.layer, found.channels) == (name, "after", 6)
    assert found.live_channels == int((observation.activations.std(axis=(0, 1)) > 0).sum())
    assert [each.score.label.index for each in found.classes] == [1, 0]
    if name != "score-cam":
        assert (found.variant, found.selection) == (None, "all")
    for each in found.classes:
        assert each.map.shape == (16, 16)
        assert each.map.dtype == np.float32
        assert np.isfinite(each.map).all()
        assert each.map.min() >= 0
    assert any(each.map.any() for each in found.classes)


def test_defaults_are_planned_as_they_are_run():
    observation = classifier_of().observe(tiny.photo())
    live = int((observation.activations.std(axis=(0, 1)) > 0).sum())
    planned = {name: planned_passes(name, observation, classes=2) for name in METHODS}
    assert planned == {
        "score-cam": live,
        "faster-score-cam": live,
        "ss-cam": 10 * live,
        "is-cam": 10 * live,
        "cam": 0,
        "grad-cam": 2,
        "grad-cam++": 2,
        "layer-cam": 2,
        "gradient": 2,
        "smoothgrad": 100,
        "integrated-gradients": 100,
        "occlusion": 0,
        "rise": 4000,
        "random": 0,
    }
    assert planned_passes("occlusion", observation, size=(224, 224)) == 15 * 15 + 1


def test_score_cam_keeps_all_its_settings():
    classifier = classifier_of(tiny.seeing)
    image = tiny.photo()
    asked = {"observation": classifier.observe(image), "class_indices": [1], "passes": 3}
    found = explain_with("score-cam", classifier, image, variant="official", selection="faster", batch_size=2, **asked)
    expected = score_cam(classifier, image, variant=Variant.OFFICIAL, selection=Selection.FASTER, batch_size=2, **asked)
    np.testing.assert_array_equal(found.classes[0].map, expected.classes[0].map)
    assert (found.variant, found.selection, found.passes, found.batch_size) == ("official", "faster", 3, 2)
    maps = method_named("score-cam").run(
        classifier, image, observation=asked["observation"], class_indices=[1], settings=MethodSettings()
    )
    plain = score_cam(classifier, image, observation=asked["observation"], class_indices=[1])
    np.testing.assert_array_equal(maps.maps[0], plain.classes[0].map)


def test_passes_that_cannot_be_run_are_refused():
    with pytest.raises(UsageError, match="method grad-cam has no number of passes to choose; leave out --passes 9"):
        tiny.explained("grad-cam", tiny.seeing(), tiny.photo(), [0], passes=9)
    with pytest.raises(UsageError, match="--passes 0 must be at least 1"):
        tiny.explained("rise", tiny.seeing(), tiny.photo(), [0], passes=0)


@pytest.mark.parametrize("option", [{"variant": "papers"}, {"selection": "few"}])
def test_settings_that_do_not_exist_are_refused_by_score_cam(option):
    with pytest.raises(UsageError, match="is none of"):
        tiny.explained("score-cam", tiny.seeing(), tiny.photo(), [0], **option)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.needs_logits])
def test_methods_that_need_logits_refuse_a_model_without(name):
    with pytest.raises(ModelError, match=r"opaque shows probabilities only, .* needs logits; use score-cam"):
        tiny.explained(name, opaque(), tiny.photo(), [0])


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if not method.needs_logits and name != "cam"]
)
def test_methods_that_need_no_logits_explain_a_model_without(name):
    found = tiny.explained(name, opaque(), tiny.photo(), [0], passes=FEW.get(name))
    assert np.isfinite(found.classes[0].map).all()


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ("cam", "random", "rise")])
def test_flat_maps_are_zero_and_a_warning_says_so(name):
    model = model_zoo.functional()
    for layer in ("conv_1", "conv_2"):
        kernel, bias = model.get_layer(layer).get_weights()
        model.get_layer(layer).set_weights([kernel * 0, bias * 0])  # nothing is seen of any photo
    found = tiny.explained(name, model, tiny.photo(), [1], passes=FEW.get(name))
    np.testing.assert_array_equal(found.classes[0].map, np.zeros((16, 16), np.float32))
    assert "the map of class 1 is zero" in found.warnings[0]


def test_smaller_batches_of_the_way_back_are_recorded(monkeypatch):
    classifier = classifier_of()
    monkeypatch.setattr(
        "scorecam_cli.keras_engine.gradients.free_memory", lambda: 4 * 3 * classifier.gradients._bytes_each
    )
    found = tiny.explain_on("smoothgrad", classifier, tiny.photo(), [0], passes=7, batch_size=5)
    assert (found.batch_size, found.passes, found.precision) == (3, 7, "float32")
    assert tiny.explain_on("rise", classifier, tiny.photo(), [0], passes=7, batch_size=5).batch_size == 5


def test_explanation_of_a_method_is_a_plain_record():
    found = tiny.explained("cam", model_zoo.functional(), tiny.photo(), [0])
    assert dataclasses.asdict(found)["method"] == "cam"
    assert found.classes[0].estimated_correlation is None
    assert found.classes[0].steps is None


def test_grey_models_are_explained():
    model = model_zoo.one_channel()
    image = model_zoo.example_images(model)[0]
    for name in METHODS:
        found = tiny.explained(name, model, image, [0], passes=FEW.get(name))
        assert found.classes[0].map.shape == image.shape[:2]
