"""The registry of methods, and what all of them have in common."""

import dataclasses

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli import config
from scorecam_cli.choices import Fill, Selection, Variant
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.saliency.clusters import merged_masks
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.method import Need
from scorecam_cli.saliency.methods import (
    METHODS,
    among_others,
    check,
    check_methods,
    method_in_list,
    method_named,
    methods_named,
)
from scorecam_cli.saliency.score_cam import score_cam
from tests.keras_engine.test_gradients import opaque
from tests.loading import model_zoo
from tests.saliency import tiny

FEW = {name: max(3, method.fewest_passes) for name, method in METHODS.items() if "passes" in method.takes}
LOGITS = [name for name, method in METHODS.items() if Need.LOGITS in method.needs]
ANY_MODEL = [name for name, method in METHODS.items() if not method.needs]


def classifier_of(build=model_zoo.functional, **options):
    return scorecam_cli.wrap(build(), preprocess="none", **options)


def settings(name, **options):
    return MethodSettings(passes=FEW.get(name), **options)


def test_every_method_is_known_by_what_people_need_of_it():
    for name, method in METHODS.items():
        assert method.name == name
        assert method.takes <= {each.name for each in dataclasses.fields(MethodSettings)}
        assert (method.fewest_passes > 1) <= ("passes" in method.takes)
        assert method.passes
        assert method.source is None or 1990 < method.source.year < 2100
    assert [name for name, method in METHODS.items() if method.source is None] == ["random"]


def test_defaults_of_commands_are_methods():
    assert set(config.COMPARED) | set(config.EVALUATED) | {config.ExplainConfig.method} <= set(METHODS)


def test_summaries_are_short_and_all_different():
    summaries = {method.summary for method in METHODS.values()}
    assert len(summaries) == len(METHODS)
    assert all(0 < len(summary) <= 60 for summary in summaries)


def test_name_is_found_in_any_case_and_a_misspelt_one_names_the_nearest():
    assert method_named("Grad-CAM++").name == "grad-cam++"
    with pytest.raises(UsageError, match="method 'gradcam' does not exist; nearest: grad-cam"):
        method_named("gradcam")
    for near, name in {"GradCAM": "grad-cam", "score_cam": "score-cam", "smooth grad": "smoothgrad"}.items():
        with pytest.raises(UsageError, match=f"method '{near}' does not exist; nearest: {name}"):
            method_named(near)
    with pytest.raises(UsageError, match=r"method 'xyz' does not exist; choose one of score-cam, .*random"):
        method_named("xyz")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_finite_maps_and_runs_the_planned_passes(name):
    classifier = classifier_of(model_zoo.shared_layers)
    image = model_zoo.example_images(classifier.model)[0]
    asked = tiny.question(classifier, image, [1, 0])
    passes = []
    found = explain_with(name, asked, settings(name), on_passes=passes.append)
    planned = planned_passes(name, asked, settings(name))
    assert sum(passes) == found.passes
    assert planned == found.passes
    assert (found.method, found.layer, found.channels) == (name, "after", 6)
    assert found.live_channels == int((asked.observation.activations.std(axis=(0, 1)) > 0).sum())
    assert [each.score.label.index for each in found.classes] == [1, 0]
    assert (found.variant is None) == (not METHODS[name].has_steps)
    assert all((each.steps is None) == (not METHODS[name].has_steps) for each in found.classes)
    for each in found.classes:
        assert each.map.shape == (16, 16)
        assert each.map.dtype == np.float32
        assert np.isfinite(each.map).all()
        assert each.map.min() >= 0
    assert any(each.map.any() for each in found.classes)


def test_defaults_are_planned_as_they_are_run():
    asked = tiny.question(classifier_of(), tiny.photo(), [0, 1])
    live = int((asked.observation.activations.std(axis=(0, 1)) > 0).sum())
    grids = np.moveaxis(asked.observation.activations[:, :, asked.live], 2, 0)
    planned = {name: planned_passes(name, asked, MethodSettings()) for name in METHODS}
    derive_once = [name for name, method in METHODS.items() if method.by_gradients and "passes" not in method.takes]
    assert planned == dict.fromkeys(derive_once, 2) | {
        "score-cam": live,
        "faster-score-cam": live,
        "ss-cam": 10 * live,
        "is-cam": 10 * live,
        "vit-cx": 2 * len(merged_masks(grids, asked.size)),
        "recipro-cam": 7 * 7,
        "ablation-cam": live + 1,
        "opti-cam": 200,
        "cam": 0,
        "eigen-cam": 0,
        "smoothgrad": 100,
        "integrated-gradients": 100,
        "occlusion": 15 * 15 + 1,
        "rise": 4000,
        "random": 0,
    }


def test_score_cam_keeps_all_its_settings():
    asked = tiny.question(classifier_of(tiny.seeing), tiny.photo(), [1])
    how = MethodSettings(passes=4, batch_size=2, variant=Variant.OFFICIAL, selection=Selection.FASTER)
    found = explain_with("score-cam", asked, how)
    np.testing.assert_array_equal(found.classes[0].map, score_cam(asked, how, lambda _: None).maps[0])
    assert (found.variant, found.selection, found.passes, found.batch_size) == ("official", "faster", 4, 2)


def test_faster_score_cam_says_what_was_selected():
    found = tiny.explained("faster-score-cam", tiny.seeing(), tiny.photo(), [0], passes=2)
    assert (found.live_channels, found.passes, found.selection, found.variant) == (5, 2, "faster", "article")
    assert len(found.classes[0].steps.channels) == 2
    assert tiny.explained("faster-score-cam", tiny.seeing(), tiny.photo(), [0]).selection == "all"  # of 5 channels


def test_passes_that_cannot_be_run_are_refused():
    for name, passes, sentence in (
        ("grad-cam", 9, "method grad-cam has no number of passes to choose; leave out --passes 9"),
        ("rise", 0, "--passes 0 is too few for rise: it needs at least 1"),
        ("score-cam", 3, "--passes 3 is too few for score-cam: it needs at least 4"),
        ("integrated-gradients", 1, "--passes 1 is too few for integrated-gradients: it needs at least 2"),
    ):
        with pytest.raises(UsageError, match=sentence):
            check(name, MethodSettings(passes=passes))
    check("smoothgrad", MethodSettings(passes=3))


@pytest.mark.parametrize("option", [{"variant": Variant.PAPER}, {"fidelity": 0.9}, {"selection": Selection.FASTER}])
def test_settings_of_score_cam_are_refused_by_others_and_left_out_beside_them(option):
    (setting,) = option
    with pytest.raises(UsageError, match=f"--{setting} is of score-cam alone; leave it out with --method rise"):
        check("rise", MethodSettings(**option))
    check("score-cam", MethodSettings(**option))
    both = MethodSettings(passes=7, batch_size=2, seed=3, **option)
    assert among_others("score-cam", both) == both
    for name in ("rise", "faster-score-cam", "grad-cam"):
        assert among_others(name, both) == MethodSettings(batch_size=2, seed=3)


def test_several_methods_are_named_once_each():
    assert methods_named(["RISE", "cam"]) == ("rise", "cam")
    with pytest.raises(UsageError, match="method cam is named twice"):
        methods_named(["cam", "CAM"])
    with pytest.raises(UsageError, match="no method is named; give a comma list of score-cam, "):
        methods_named([])


@pytest.mark.parametrize("name", LOGITS)
def test_methods_that_need_logits_refuse_a_model_without(name):
    with pytest.raises(ModelError, match=r"opaque shows probabilities only, .* needs logits; use score-cam"):
        tiny.explained(name, opaque(), tiny.photo(), [0])


@pytest.mark.parametrize("name", ANY_MODEL)
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
    assert "the map is zero: " in found.classes[0].doubts[0]
    assert found.classes[0].doubts[0] in found.warnings


def test_smaller_batches_of_backward_passes_are_recorded(monkeypatch):
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


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if "signed" in method.takes])
def test_a_signed_map_is_the_map_and_what_speaks_against_the_class_below_zero(name):
    variant = Variant.CENTRED if "variant" in METHODS[name].takes else Variant.ARTICLE
    model, image = tiny.lamps(), tiny.lit()
    plain, signed = (
        tiny.explained(name, model, image, [0, 1], variant=variant, signed=signed) for signed in (False, True)
    )
    assert (plain.signed, signed.signed) == (False, True)
    assert min(each.map.min() for each in signed.classes) < 0
    for cut, whole in zip(plain.classes, signed.classes, strict=True):
        np.testing.assert_array_equal(cut.map, np.maximum(whole.map, 0))  # the grid is as large as the photo


def test_a_variant_stands_behind_a_name_in_a_list_in_any_case():
    assert methods_named(["Score-CAM:Fitted", "score-cam", "cam"]) == ("score-cam:fitted", "score-cam", "cam")
    method, variant = method_in_list("score-cam:paper")
    assert (method.name, variant) == ("score-cam", Variant.PAPER)
    assert method_in_list("cam")[1] is None
    settings = MethodSettings(variant=Variant.PAPER, signed=True)
    assert among_others("score-cam", settings).variant == Variant.PAPER
    fitted = among_others("score-cam:fitted", settings)
    assert (fitted.variant, fitted.signed) == (Variant.FITTED, True)
    assert not among_others("score-cam:official", settings).signed
    check_methods(("score-cam:fitted", "gradient"), MethodSettings(signed=True, fill=Fill.MEAN))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["score-cam:fited"], "variant 'fited' of score-cam does not exist; nearest: fitted"),
        (["cam:fitted"], "method cam has no variants; leave out ':fitted'"),
        (["score-cam:paper", "Score-CAM:Paper"], "method score-cam:paper is named twice"),
        (["score-cam:"], "variant '' of score-cam does not exist; choose one of article"),
    ],
)
def test_a_variant_that_a_method_has_not_is_refused(names, said):
    with pytest.raises(UsageError, match=said):
        methods_named(names)
