"""`explain --truth`: the predicted and the expected class of each photo, told, drawn together, counted, refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.photos.names import is_output
from tests.figures.sheets import words_drawn


@pytest.fixture
def folder(tmp_path, photo, monkeypatch):
    """Two photos, and the present folder."""
    Image.open(photo).transpose(Image.Transpose.ROTATE_180).save(tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def explain(scorecam, tiny_model, folder):
    def run(*arguments, truth=None):
        if truth is not None:
            (folder / "truth.csv").write_text("".join(f"{photo},{found}\n" for photo, found in truth.items()))
        photos = () if "--retry-failed" in arguments else ("dog.png", "cat.png", "-m", tiny_model)
        given = () if truth is None else ("--truth", "truth.csv")
        return scorecam("explain", *photos, *given, *arguments)

    return run


@pytest.fixture
def predicted(explain):
    """The predicted class of each photo, and another one."""
    done = explain("--save", "npy", "-o", "plain")
    found = {each.photo: each.classes[0] for each in map(noted, done.paths) if each is not None}
    return {photo: (own["index"], (own["index"] + 1) % 3) for photo, own in found.items()}


class Noted:
    def __init__(self, path):
        value = json.loads(Path(path).read_text())
        self.photo, self.classes, self.truth = value["photo"], value["classes"], value["settings"]["truth"]
        self.passes = value["passes"]


def noted(path):
    return Noted(path) if path.endswith(".json") else None


def test_a_wrong_photo_has_both_classes_from_the_same_passes_and_a_right_one_has_one(explain, predicted):
    (own, other), (right, _) = predicted["dog.png"], predicted["cat.png"]
    with words_drawn() as words:
        done = explain("--save", "panel,npy", truth={"dog.png": other, "cat.png": right})
    assert done.code == 0
    assert [Path(path).name for path in done.paths] == [
        f"dog.png.scorecam-{own}-{other}-panel.png",
        f"dog.png.scorecam-{own}.npy",
        f"dog.png.scorecam-{other}.npy",
        "dog.png.scorecam.json",
        f"cat.png.scorecam-{right}-panel.png",
        f"cat.png.scorecam-{right}.npy",
        "cat.png.scorecam.json",
    ]
    dog, cat = noted(done.paths[3]), noted(done.paths[-1])
    assert [(each["index"], each["role"]) for each in dog.classes] == [(own, "predicted"), (other, "expected")]
    assert {each["files"]["panel"] for each in dog.classes} == {Path(done.paths[0]).name}
    assert [(each["index"], each["role"]) for each in cat.classes] == [(right, "predicted as expected")]
    assert dog.passes == noted(f"plain/{Path(done.paths[3]).name}").passes
    assert np.array_equal(np.load(done.paths[1]), np.load(f"plain/{Path(done.paths[1]).name}"))
    assert f"predicted: class {own}, expected: class {other}" in " ".join(words)
    assert f"predicted as expected: class {right}" in words
    assert f"predicted: class {own} ({own})" in done.err
    assert f"; expected: class {other} ({other})" in done.err
    assert done.err.splitlines()[-1] == "1 of 2 predicted right"
    assert "predicted right" not in explain("-q", truth={"dog.png": other, "cat.png": right}).err


def test_only_a_photo_whose_class_has_changed_is_done_again(explain, predicted):
    (own, other), (right, wrong) = predicted["dog.png"], predicted["cat.png"]
    saved = ("--save", "panel")
    paths = explain(*saved, truth={"dog.png": other, "cat.png": right}).paths
    again = explain(*saved, truth={"cat.png": right, "dog.png": other, "third.png": own})
    assert again.paths == paths
    assert again.err.count("[up to date]") == 2
    assert again.err.splitlines()[-1] == "1 of 2 predicted right"
    changed = explain(*saved, truth={"dog.png": other, "cat.png": wrong})
    assert changed.err.count("[up to date]") == 1
    assert f"truth was {right}, is {wrong}" in changed.err
    assert changed.err.splitlines()[-1] == "0 of 2 predicted right"
    assert "[up to date]" not in explain(*saved).err  # nothing is expected any more


def test_a_photo_that_the_file_does_not_name_fails_and_is_tried_again_once_it_does(explain, predicted):
    own = predicted["dog.png"][0]
    done = explain("--log", "run.jsonl", truth={"dog.png": own})
    assert (done.code, noted(done.paths[-1]).photo) == (1, "dog.png")
    assert "cat.png: failed: cat.png is not in truth.csv; add a line `cat.png,CLASS`" in done.err
    assert done.err.splitlines()[-1] == "1 of 1 predicted right"
    again = explain("--retry-failed", "run.jsonl", truth={"dog.png": own, "cat.png": predicted["cat.png"][1]})
    assert again.code == 0
    assert [each["role"] for each in noted(again.paths[-1]).classes] == ["predicted", "expected"]


def test_names_of_classes_are_told_apart_by_index(explain, predicted, folder):
    (folder / "names.txt").write_text("cup\ndog\ncat\n")
    names, index = ("cup", "dog", "cat"), predicted["dog.png"][1]
    truth = {"dog.png": names[index].upper(), "cat.png": "cup"}
    assert noted(explain("--labels", "names.txt", truth=truth).paths[4]).truth == index
    assert "[up to date]" in explain("--labels", "names.txt", truth={**truth, "dog.png": index}).err
    done = explain("--labels", "names.txt", truth={**truth, "third.png": "bird"})
    assert (done.code, done.out) == (2, "")
    assert "--truth truth.csv: class 'bird' is not one of the 3 classes" in done.err
    assert "loading" not in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-c", "1"), "the predicted and the expected: leave out it or --class"),
        (("-k", "2"), "leave out it or --top"),
        (("--against", "next"), "leave out it or --against"),
        (("--head", "linear"), "--truth is of classes, and --head linear has outputs"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_exit_code_2(explain, arguments, sentence):
    done = explain(*arguments, truth={"dog.png": 0})
    assert (done.code, done.out) == (2, "")
    assert sentence in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [({"dog.png": "1,2"}, "line 1 is not `photo,class`"), ({}, "names no photo"), ({"dog.png": 7}, "class 7 does not")],
)
def test_a_file_that_says_no_classes_of_the_model_is_refused(explain, truth, sentence):
    done = explain(truth=truth)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_a_figure_of_two_classes_is_never_taken_for_a_photo():
    assert is_output("dog.jpg.grad-cam-242-243-panel.png")
    assert not is_output("front.cam-12-3-overlay.png")
