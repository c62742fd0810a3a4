"""`scorecam_cli.compare`: several methods on one photo, in memory."""

import re

import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.errors import ClassError, ModelError, UsageError
from tests.loading import model_zoo

METHODS = ["score-cam", "random"]


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(model_zoo.rescaling(), labels=["cat", "<i>dog</i>", "bird"])


@pytest.fixture(scope="module")
def made(rgb, classifier):
    return scorecam_cli.compare(rgb, classifier, methods=METHODS, classes=[1, 2])


def test_rows_tell_class_method_and_numbers(made):
    told = [(row["class"], row["method"]) for row in made.rows]
    assert told == [(1, "score-cam"), (1, "random"), (2, "score-cam"), (2, "random")]
    for row in made.rows:
        assert 0 <= row["deletion"] <= 1
        assert 0 <= row["insertion"] <= 1
        assert row["seconds"] >= 0


def test_maps_are_those_that_explain_makes(rgb, classifier, made):
    for method in METHODS:
        alone = scorecam_cli.explain(rgb, classifier, classes=2, method=method).classes[0].map
        np.testing.assert_allclose(made.map(method, "bird"), alone, atol=1e-6 * alone.max())


def test_a_variant_behind_a_name_is_explained_as_that_variant(rgb, classifier):
    named = ["score-cam:Fitted", "score-cam"]
    made = scorecam_cli.compare(rgb, classifier, methods=named, classes=2)
    alone = scorecam_cli.explain(rgb, classifier, classes=2, variant="fitted").classes[0].map
    np.testing.assert_array_equal(made.map("score-cam:fitted"), alone)
    assert (made.map("score-cam") != alone).any()
    told = scorecam_cli.evaluate(rgb, classifier, methods=named, measures="shape", baseline="Score-CAM:fitted")
    assert list(told.means) == ["score-cam:fitted", "score-cam"]
    assert list(told.apart.found) == ["score-cam"]


def test_saved_figure_is_the_one_shown_and_has_the_name_of_the_command(made, tmp_path):
    paths = made.save(tmp_path / "dog.jpg")
    assert [path.name for path in paths] == ["dog.jpg.scorecam-1-compare.png", "dog.jpg.scorecam-2-compare.png"]
    np.testing.assert_array_equal(Image.open(paths[1]), made.figure(2))
    assert made.save(tmp_path / "dog.jpg", rows=True)[0].name == "dog.jpg.scorecam-compare.png"


def test_it_shows_itself_as_figures_and_tables_with_every_word_escaped(made):
    html = made._repr_html_()
    assert html.count("data:image/jpeg") == 2
    words = re.sub(r'src="[^"]*"', "", html)
    assert words.count("<table>") == 2
    assert "&lt;i&gt;dog" in words
    assert "<i>" not in words
    assert len(html) < 400_000
    assert len(repr(made).splitlines()) == 8
    assert "array" not in repr(made)


def test_method_that_does_not_fit_the_model_says_why_beside_the_others(rgb):
    made = scorecam_cli.compare(rgb, model_zoo.rescaling(), layer="conv_1", methods=["cam", "random"])
    first, second = made.rows
    assert first["note"]
    assert "note" not in second
    assert first["note"][:40] in repr(made)
    with pytest.raises(UsageError, match="no map of cam, only of random"):
        made.map("cam")
    with pytest.raises(ModelError):
        scorecam_cli.compare(rgb, model_zoo.rescaling(), layer="conv_1", methods="cam")


def test_several_photos_give_a_list(rgb, classifier):
    both = scorecam_cli.compare([rgb, rgb[:20]], classifier, methods="random")
    assert [each.given.photo.height for each in both] == [40, 20]


def test_what_cannot_be_is_answered_with_a_sentence(rgb, classifier, made):
    with pytest.raises(UsageError, match="nearest: grad-cam"):
        scorecam_cli.compare(rgb, classifier, methods=["gradcam2"])
    with pytest.raises(UsageError, match="random is named twice"):
        scorecam_cli.compare(rgb, classifier, methods=["random", "random"])
    with pytest.raises(UsageError, match="no map of rise, only of score-cam, random"):
        made.map("rise")
    with pytest.raises(ClassError, match="no map of class '0'"):
        made.figure(0)
    with pytest.raises(ClassError, match="class 7 does not exist"):
        scorecam_cli.compare(rgb, classifier, methods=METHODS, classes=7)


def test_signed_maps_and_a_fill_are_asked_for_as_by_the_command(rgb, tmp_path):
    made = scorecam_cli.compare(rgb, model_zoo.rescaling(), methods=["grad-cam", "score-cam"], signed=True, fill="mean")
    assert made.map("grad-cam").min() < 0 <= made.map("score-cam").min()  # article has no sign
    assert [(row["signed"], row["fill"]) for row in made.rows] == [(True, None), (False, "mean")]
    assert made.figure().size[0] > 0
    with pytest.raises(UsageError, match="'jet' has no middle for zero"):
        made.figure(colormap="jet")
    with pytest.raises(UsageError, match="fill 'grey' is none of zero, mean, blur"):
        scorecam_cli.compare(rgb, model_zoo.rescaling(), fill="grey")
