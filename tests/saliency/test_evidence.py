"""A map that can say nothing of its class is told so, and no other is."""

from dataclasses import replace

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore
from scorecam_cli.saliency.evidence import (
    LEAST_DIFFERENCE,
    Kept,
    at_chance,
    doubtful,
    log_odds,
    roughly_inferred,
    same_under_every_mask,
)
from tests.saliency import oracle, tiny

FEW = {"passes": 8}
BY_PROBABILITY = [
    pytest.param("score-cam", {}, id="article"),
    pytest.param("score-cam", {"variant": "official"}, id="official"),
    pytest.param("score-cam", {"passes": 4}, id="few passes"),
    pytest.param("faster-score-cam", {}, id="faster-score-cam"),
    pytest.param("rise", FEW, id="rise"),
    pytest.param("occlusion", {}, id="occlusion"),
    pytest.param("vit-cx", {}, id="vit-cx"),
    pytest.param("recipro-cam", {}, id="recipro-cam"),
    pytest.param("score-cam", {"variant": "centred"}, id="centred"),
    pytest.param("score-cam", {"variant": "fitted"}, id="fitted"),
]
BY_LOGIT = [
    pytest.param("score-cam", {"variant": "paper"}, id="paper"),
    pytest.param("ss-cam", {"passes": 2}, id="ss-cam"),
    pytest.param("is-cam", {"passes": 2}, id="is-cam"),
    pytest.param("ablation-cam", {}, id="ablation-cam"),
]
SAME = "the class keeps the same probability under every mask"


def unlearned(bias=(0.5, 1.0, 0.0), activation="softmax"):
    """A network whose answer is its bias, whatever it is shown."""
    model = tiny.seeing(activation)
    model.get_layer("head").set_weights([np.zeros((6, 3)), np.array(bias)])
    return model


def only_loud():
    """A network whose logits all rise alike with what it is shown: the photo makes it louder, and no class likelier."""
    model = tiny.seeing()
    model.get_layer("head").set_weights([np.ones((6, 3)), np.array([0.5, 1.0, 0.0])])
    return model


def certain():
    """A network whose probability of class 0 is 1 in float32 whatever it is shown, with logits that differ."""
    model = tiny.seeing()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel, bias + np.array([90.0, 0, 0])])
    return model


@pytest.mark.parametrize(("method", "options"), [*BY_PROBABILITY, *BY_LOGIT])
@pytest.mark.parametrize("build", [unlearned, only_loud])
def test_network_that_keeps_one_probability_whatever_it_sees_is_doubted(build, method, options):
    found = tiny.explained(method, build(), tiny.photo(), [1, 0], **options)
    share = oracle.softmax(np.array([0.5, 1.0, 0.0]))
    for each, expected in zip(found.classes, (share[1], share[0]), strict=True):
        sentence = f"{SAME} ({expected:.3g} to {expected:.3g}): this map says nothing about the class"
        assert sentence in each.doubts
        assert any(warning.endswith(sentence) for warning in found.warnings)


@pytest.mark.parametrize(("method", "options"), BY_LOGIT)
def test_map_weighted_by_logits_tells_of_a_class_whose_probability_is_always_one(method, options):
    found = tiny.explained(method, certain(), tiny.photo(), [0], **options)
    assert not any(SAME in doubt for doubt in found.classes[0].doubts)
    (by_probability,) = tiny.explained("score-cam", certain(), tiny.photo(), [0]).classes
    assert by_probability.doubts == (f"{SAME} (1 to 1): this map says nothing about the class",)


@pytest.mark.parametrize(("method", "options"), [*BY_PROBABILITY, *BY_LOGIT, ("grad-cam", {}), ("gradient", {})])
def test_network_that_sees_something_is_not_doubted(method, options):
    model = tiny.seeing()
    predicted = int(np.asarray(model(tiny.photo()[None]))[0].argmax())
    found = tiny.explained(method, model, tiny.photo(), [predicted], **options)
    assert found.classes[0].doubts == ()
    assert not any("probability" in warning for warning in found.warnings)


@pytest.mark.parametrize("method", ["grad-cam", "gradient", "layer-cam"])
def test_gradient_of_a_network_that_answers_always_the_same_is_a_map_of_zeros(method):
    found = tiny.explained(method, unlearned(), tiny.photo(), [1])
    assert found.classes[0].doubts[0].startswith("the map is zero: ")


def test_small_differences_count_where_the_map_is_made_of_them():
    close = Kept(np.array([0.3, 0.3029]))
    assert same_under_every_mask(close) is not None
    assert same_under_every_mask(replace(close, least=LEAST_DIFFERENCE)) is None


@pytest.mark.parametrize(("outputs", "closed", "same"), [
    ([36.0, 36.02], 35.0, False),  # 2 % of the rise
    ([36.0, 36.005], 35.0, True),
    ([35.0, 35.0003], 35.0, True),  # rounding
    ([-36.0, -35.0], -35.0, False),
])  # fmt: skip
def test_outputs_of_a_regression_are_compared_with_what_they_rise_by(outputs, closed, same):
    assert (same_under_every_mask(Kept(np.array(outputs), closed=closed)) is not None) is same


@pytest.mark.parametrize(("probabilities", "same"), [
    ([0.335, 0.335, 0.335], True),
    ([0.3, 0.3029], True),
    ([0.3, 0.3031], False),  # 1 % of the largest is 0.00303
    ([1e-9, 2e-9], False),
    ([0.0, 0.0], True),
    ([0.335], False),  # one mask has nothing to be compared with
    ([], False),
])  # fmt: skip
def test_answers_are_the_same_within_a_hundredth(probabilities, same):
    assert (same_under_every_mask(Kept(np.array(probabilities))) is not None) is same


def test_log_odds_are_those_of_the_softmax_and_know_no_common_rise():
    logits = np.random.default_rng(0).normal(0, 4, (7, 5))
    share = np.stack([oracle.softmax(row) for row in logits])
    for index in range(5):
        expected = np.log(share[:, index]) - np.log(1 - share[:, index])
        np.testing.assert_allclose(log_odds(logits, index, exclusive=True), expected, atol=1e-9)
        risen = logits + np.arange(7)[:, None]
        np.testing.assert_allclose(log_odds(risen, index, exclusive=True), expected, atol=1e-9)
        np.testing.assert_array_equal(log_odds(logits, index, exclusive=False), logits[:, index])


@pytest.mark.parametrize(("probability", "others", "exclusive", "expected"), [
    (0.0009, [0.9] + [0.0001] * 998, True, "does not see the class in this photo (chance is 0.001: it has 0.0009)"),
    (0.0011, [0.9] + [0.0001] * 998, True, None),
    (0.3, [0.7], True, None),  # less than chance, and still an answer
    (0.04, [0.96], True, "does not see the class in this photo (chance is 0.5: it has 0.04)"),
    (0.335, [0.333, 0.332], True, "prefers no class: none has more than 0.335, and chance is 0.333"),
    (0.332, [0.333, 0.335], True, "prefers no class: none has more than 0.335"),
    (0.36, [0.32, 0.32], True, None),
    (0.5, [0.2, 0.9], False, None),
    (0.02, [0.02, 0.01], False, None),
    (0.009, [0.9, 0.9], False, "does not see the class in this photo (it has 0.009)"),
    (None, [3.7], False, None),
])  # fmt: skip
def test_class_at_the_level_of_chance_is_doubted(probability, others, exclusive, expected):
    found = at_chance(probability, np.array([probability or 0, *others]), exclusive=exclusive)
    assert found is None if expected is None else expected in found


def test_output_of_a_regression_that_stays_the_same_is_doubted_and_has_no_chance_level():
    image = tiny.photo()
    blind = scorecam_cli.wrap(unlearned((-3.5, 0.0, 70.0), None), preprocess="none", head="linear")
    found = tiny.explain_on("score-cam", blind, image, [0]).classes[0]
    assert found.doubts == (
        "the map is zero: no mask raises it over that of a closed photo",
        "the output stays the same under every mask (-3.5 to -3.5): this map says nothing about it",
    )
    seeing = scorecam_cli.wrap(tiny.seeing(None), preprocess="none", head="linear")
    raised = int(np.diff(tiny.seeing(None)(np.stack([image * 0, image])), axis=0).argmax())
    assert tiny.explain_on("score-cam", seeing, image, [raised]).warnings == ()


@pytest.mark.parametrize(("estimate", "said"), [(None, False), (1.0, False), (0.9, False), (0.8412, True)])
def test_map_inferred_from_too_few_passes_says_how_close_it_is_estimated_to_be(estimate, said):
    found = roughly_inferred(estimate, passes=32, masks=520)
    sentence = "the map is inferred from 32 of 520 masks: its correlation with the exact one is estimated at 0.84"
    assert (found is not None and found.startswith(sentence)) is said


def test_doubts_of_a_photo_name_the_maps_that_they_are_about():
    maps = [
        ClassMap(ClassScore(ClassLabel(place, name), 0.5, None), np.zeros((2, 2), np.float32), doubts=doubts)
        for place, (name, doubts) in enumerate({"cat": ("a", "b"), "dog": ("a",), "owl": ("a", "c", "b")}.items())
    ]
    assert doubtful(maps) == ["a", "cat, owl: b", "owl: c"]
    assert doubtful(maps[1:2]) == ["a"]
