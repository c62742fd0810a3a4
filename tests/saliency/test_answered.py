"""Several methods put to one photo: what two of them ask alike is asked once, and no map is another for it."""

from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Fill, Variant
from scorecam_cli.saliency import answered
from scorecam_cli.saliency.answered import Spared, masked_answers, target_gradient
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.saliency import tiny
from tests.saliency.test_several_layers import LAYERS, two_grids

GRADIENT_METHODS = ("grad-cam", "grad-cam++", "layer-cam", "hires-cam", "xgrad-cam")


class Counting:
    """A classifier that counts what it is asked; in all else the one that it is given."""

    def __init__(self, classifier):
        self.classifier, self.asked = classifier, Counter()
        self.gradients = self.unmixed = self.undivided = self

    def __getattr__(self, name):
        return getattr(self.classifier, name)

    def masked_answers(self, image, grids, **how):
        self.asked["masks"] += len(grids)
        return self.classifier.masked_answers(image, grids, **how)

    def of_target(self, image, index, against=None):
        self.asked["gradients"] += 1
        return self.classifier.gradients.of_target(image, index, against)


@pytest.fixture(scope="module")
def seeing():
    return scorecam_cli.wrap(tiny.seeing(), preprocess="none")


@pytest.fixture
def model(seeing):
    return Counting(seeing)


@pytest.fixture
def asked(model):
    """A question that remembers, of three classes; its clock goes on by 1 at each look."""
    ticks = iter(range(10**6))
    return tiny.question(model, tiny.photo(), (0, 2)).remembering(lambda: float(next(ticks)))


def same(one, other):
    """Whether two explanations are the same in every number."""
    for field in fields(one):
        if field.name != "classes":
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    for left, right in zip(one.classes, other.classes, strict=True):
        np.testing.assert_array_equal(left.map, right.map)
        np.testing.assert_array_equal(left.steps.weights, right.steps.weights)
        assert (left.estimated_correlation, left.doubts) == (right.estimated_correlation, right.doubts)
        if left.uncertainty is not None:
            for field in fields(left.uncertainty):
                np.testing.assert_array_equal(
                    *(np.asarray(getattr(each.uncertainty, field.name)) for each in (left, right))
                )


def test_variants_pass_the_masks_once_and_each_map_is_bit_by_bit_the_one_made_alone(model, seeing, asked):
    passes, alone = Counter(), tiny.question(seeing, tiny.photo(), (0, 2))
    for variant in Variant:
        settings = MethodSettings(variant=variant)
        found = explain_with("score-cam", asked, settings, on_passes=lambda n, v=variant: passes.update({v: n}))
        same(found, explain_with("score-cam", alone, settings))
    live = len(alone.live)
    assert model.asked["masks"] == live
    assert passes == dict.fromkeys(Variant, live)
    assert asked.answered.taken() == Spared(4 * live, 4 * 1.0)
    assert asked.answered.taken() == Spared()


def test_a_class_against_another_shares_the_masks_too(model, seeing, asked):
    explain_with("score-cam", asked)
    contrast = replace(asked, others=(1, 1))
    found = explain_with("score-cam", contrast)
    assert model.asked["masks"] == len(asked.live)
    same(found, explain_with("score-cam", replace(tiny.question(seeing, tiny.photo(), (0, 2)), others=(1, 1))))


def test_methods_by_the_same_gradient_derive_each_class_once(model, seeing, asked):
    alone = tiny.question(seeing, tiny.photo(), (0, 2))
    for name in GRADIENT_METHODS:
        for one, other in zip(explain_with(name, asked).classes, explain_with(name, alone).classes, strict=True):
            np.testing.assert_array_equal(one.map, other.map)
    assert model.asked["gradients"] == 2
    assert asked.answered.taken().passes == 2 * (len(GRADIENT_METHODS) - 1)
    explain_with("grad-cam", replace(asked, others=(1, 1)))
    assert model.asked["gradients"] == 4


@pytest.mark.parametrize(
    "other",
    [
        MethodSettings(fill=Fill.MEAN),
        MethodSettings(batch_size=2),
        MethodSettings(passes=4),
    ],
)
def test_other_masks_fills_and_batches_are_asked_for_themselves(model, seeing, asked, other):
    explain_with("score-cam", asked)
    before = model.asked["masks"]
    found = explain_with("score-cam", asked, other)
    assert model.asked["masks"] == before + found.passes
    same(found, explain_with("score-cam", tiny.question(seeing, tiny.photo(), (0, 2)), other))


def test_nothing_is_known_of_another_photo_or_of_other_weights(model, asked):
    explain_with("score-cam", asked)
    changed = asked.about_image(tiny.photo(seed=1))
    explain_with("score-cam", changed)
    assert model.asked["masks"] == len(asked.live) + len(changed.live)
    again = asked.asked_of(model)
    explain_with("score-cam", again)
    assert model.asked["masks"] == 2 * len(asked.live) + len(changed.live)


def test_a_question_that_is_alone_remembers_nothing(model, seeing):
    alone = tiny.question(model, tiny.photo())
    explain_with("score-cam", alone)
    explain_with("score-cam", alone)
    assert model.asked["masks"] == 2 * len(alone.live)
    assert alone.answered is None


def test_what_would_take_too_much_memory_is_asked_again(model, asked, monkeypatch):
    first = masked_answers(asked, _grids(asked), batch_size=None, on_passes=lambda _: None)
    size = sum(each.nbytes for each in answered._arrays(first))
    other = asked.about_image(asked.image)
    monkeypatch.setattr(answered, "MOST_BYTES", size - 1)
    for _ in range(2):
        masked_answers(other, _grids(asked), batch_size=None, on_passes=lambda _: None)
    assert model.asked["masks"] == 3 * len(asked.live)
    third = asked.about_image(asked.image)
    monkeypatch.setattr(answered, "MOST_BYTES", size)
    for _ in range(2):
        masked_answers(third, _grids(asked), batch_size=None, on_passes=lambda _: None)
    assert model.asked["masks"] == 4 * len(asked.live)


def test_what_is_kept_cannot_be_changed_by_the_method_that_asked_first(asked):
    for _, gradient in (target_gradient(asked, 0, None), target_gradient(asked, 0, None)):
        with pytest.raises(ValueError, match="read-only"):
            gradient += 1
    found = masked_answers(asked, _grids(asked), batch_size=None, on_passes=lambda _: None)
    with pytest.raises(ValueError, match="read-only"):
        found.answers.probabilities[0] = 0


def test_several_layers_share_the_masks_of_each():
    classifier = scorecam_cli.wrap(two_grids(channels=4, size=8, seed=2), preprocess="none", layers=LAYERS)
    image = tiny.photo(shape=(8, 8, 3))
    asked = Question(classifier, image, classifier.observe(image), (1,)).remembering(lambda: 0.0)
    for variant in (Variant.ARTICLE, Variant.FITTED):
        settings = MethodSettings(variant=variant)
        found = explain_with("score-cam", asked, settings)
        alone = explain_with("score-cam", tiny.question(classifier, image, (1,)), settings)
        np.testing.assert_array_equal(found.classes[0].map, alone.classes[0].map)
    assert asked.answered.taken().passes == found.passes > 2


def _grids(asked):
    return np.ascontiguousarray(asked.observation.activations[:, :, asked.live].transpose(2, 0, 1))
