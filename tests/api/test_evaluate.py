"""`scorecam_cli.evaluate`: numbers about maps over photos, in memory."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.errors import ClassError, PhotoError, UsageError
from tests.loading import model_zoo

METHODS = ["score-cam", "random"]


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).integers(0, 256, (2, 24, 36, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(model_zoo.rescaling())


def test_numbers_are_those_of_the_command_and_nothing_is_written(rgb, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from scorecam_cli.cli.app import cli

    monkeypatch.chdir(tmp_path)
    model_zoo.rescaling().save("m.keras")
    for number, each in enumerate(rgb):
        Image.fromarray(each).save(f"{number}.png")
    told = CliRunner().invoke(
        cli, ["evaluate", "0.png", "1.png", "-m", "m.keras", "--methods", ",".join(METHODS), "-o", "told", "-q"]
    )
    assert told.exit_code == 0, told.output
    before = sorted(tmp_path.rglob("*"))
    made = scorecam_cli.evaluate(["0.png", "1.png"], "m.keras", methods=METHODS)
    assert sorted(tmp_path.rglob("*")) == before
    with Path("told/evaluation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["photo"], row["method"]) for row in rows] == [(row["photo"], row["method"]) for row in made.rows]
    for row, own in zip(rows, made.rows, strict=True):
        for column in ("class", "probability", "drop", "insertion", "deletion", "gain_top"):
            assert float(row[column]) == pytest.approx(own[column], abs=1e-5)
    mean = made.means["score-cam"]["insertion"]
    assert mean.photos == 2
    assert mean.mean == pytest.approx(np.mean([row["insertion"] for row in made.rows[::2]]), abs=1e-5)


def test_table_is_shown_in_notebook_and_terminal(rgb, classifier):
    made = scorecam_cli.evaluate(list(rgb), classifier, methods=METHODS, measures="drop")
    assert made.table[0][:2] == ("method", "drop")
    assert [row[0] for row in made.table[1:]] == METHODS
    assert made._repr_html_().count("<tr>") == 3
    assert repr(made).splitlines()[-1] == "mean ± standard error over 2 photos"


def test_a_class_for_each_photo_or_one_for_all(rgb, classifier):
    def classes_of(classes):
        made = scorecam_cli.evaluate(list(rgb), classifier, methods="random", measures="drop", classes=classes)
        return [row["class"] for row in made.rows]

    assert classes_of([2, 0]) == [2, 0]
    assert classes_of(np.array([0, 1])) == [0, 1]
    assert classes_of(2) == [2, 2]
    with pytest.raises(UsageError, match="1 classes for 2 photos"):
        classes_of([2])


def test_photo_that_cannot_be_read_does_not_stop_the_others(rgb, classifier):
    made = scorecam_cli.evaluate([rgb[0], "no-such.png"], classifier, methods="random", measures="drop")
    assert len(made.rows) == 1
    assert [str(each.photo) for each in made.failures] == ["no-such.png"]
    assert "no-such.png: " in repr(made)
    with pytest.raises(PhotoError, match=r"no-such\.png"):
        scorecam_cli.evaluate("no-such.png", classifier, methods="random", measures="drop")


def test_what_cannot_be_is_answered_with_a_sentence(rgb, classifier):
    for settings, error, sentence in (
        ({"methods": ["gradcam2"]}, UsageError, "nearest: grad-cam"),
        ({"methods": []}, UsageError, "no method is named"),
        ({"measures": ["drops"]}, UsageError, "drops"),
        ({"measures": "pointing"}, UsageError, "where the objects are"),
        ({"steps": 1}, UsageError, "steps 1: give a whole number of at least 2"),
        ({"deletion_fill": "black"}, UsageError, "'black' is none of zero, mean, blur"),
        ({"classes": 9}, ClassError, "class 9 does not exist"),
        ({"boxes": "no-such.csv"}, UsageError, "no-such.csv"),
    ):
        with pytest.raises(error, match=sentence):
            scorecam_cli.evaluate(rgb[0], classifier, **{"methods": "random", **settings})
    with pytest.raises(UsageError, match="the list of photos is empty"):
        scorecam_cli.evaluate([], classifier)


def test_methods_are_compared_with_a_baseline(rgb, classifier):
    made = scorecam_cli.evaluate(list(rgb), classifier, methods=METHODS, measures="drop", baseline="Random")
    found = made.apart.found["score-cam"]["drop"]
    away = [ours["drop"] - chance["drop"] for ours, chance in zip(made.rows[::2], made.rows[1::2], strict=True)]
    assert found.difference == pytest.approx(np.mean(away), abs=1e-5)
    assert found.photos == 2
    assert made._repr_html_().count("<table>") == 2
    assert "minus random" in repr(made)
    with pytest.raises(UsageError, match="baseline cam is none of"):
        scorecam_cli.evaluate(rgb[0], classifier, methods="random", measures="drop", baseline="cam")
