"""Several layers on the command line: named, chosen, told in file names, manifest and pictures, refused."""

import json
from pathlib import Path

import pytest

FINE, COARSE = "conv_1", "conv_2"
BOTH = ("-l", COARSE, "--layer", FINE)


@pytest.fixture
def explain(scorecam, photo, tiny_model):
    return lambda *arguments: scorecam("explain", photo, "-m", tiny_model, "-c", "1", "--save", "npy", *arguments)


def names(done):
    return [Path(path).name for path in done.paths]


def noted(done):
    return json.loads(Path(done.paths[-1]).read_text())


def test_two_layers_have_files_of_their_own_and_are_told(explain):
    alone = explain("--variant", "fitted", "-l", COARSE)
    both = explain("--variant", "fitted", *BOTH, "--save", "panel,pipeline,masked,uncertainty", "-v")
    assert (alone.code, both.code) == (0, 0)
    mark = "dog.png.scorecam-fitted-layers"
    kinds = ("uncertainty", "panel", "pipeline", "masked")
    assert names(both) == [*(f"{mark}-1-{kind}.png" for kind in kinds), f"{mark}.json"]
    assert not set(alone.paths) & set(both.paths)
    assert f"layers {FINE} + {COARSE}" in both.err
    found = noted(both)
    assert (found["layer"], found["joined"], found["grid"]) == (f"{FINE} + {COARSE}", "fit", [16, 16])
    assert [(each["name"], each["grid"], each["channels"]) for each in found["layers"]] == [
        (FINE, [16, 16], 4),
        (COARSE, [7, 7], 6),
    ]
    assert found["passes"] == sum(each["passes"] for each in found["layers"])
    one = noted(alone)
    assert (one["layer"], one["joined"], [each["name"] for each in one["layers"]]) == (COARSE, None, [COARSE])


def test_map_of_two_layers_is_up_to_date_however_they_are_named(explain):
    assert explain(*BOTH).code == 0
    again = explain("-l", FINE, "--layers", COARSE)
    assert names(again) == ["dog.png.scorecam-layers-1.npy", "dog.png.scorecam-layers.json"]
    assert "up to date" in again.err
    assert noted(again)["joined"] == "product"
    alone = explain("-l", FINE)  # is not that of both, and takes the place of neither
    assert names(alone) == ["dog.png.scorecam-1.npy", "dog.png.scorecam.json"]
    assert "up to date" not in alone.err
    assert "up to date" in explain(*BOTH).err


def test_photo_that_failed_is_tried_again_with_all_its_layers(scorecam, tiny_model, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole = photo.read_bytes()
    photo.write_text("no photo")
    asked = ("-m", tiny_model, *BOTH, "--save", "npy", "--log", "run.jsonl")
    assert scorecam("explain", photo.name, *asked).code == 1
    photo.write_bytes(whole)
    again = scorecam("explain", "--retry-failed", "run.jsonl")
    assert (again.code, Path(again.paths[-1]).name) == (0, "dog.png.scorecam-layers.json")
    assert [each["name"] for each in noted(again)["layers"]] == [FINE, COARSE]


def test_auto_chooses_layers_and_names_them(explain):
    found = noted(explain("--layers", "auto", "--variant", "centred"))
    assert [each["name"] for each in found["layers"]] == [FINE, COARSE]
    assert found["settings"]["layers"] == ["auto"]


def test_compare_and_evaluate_take_several_layers(scorecam, photo, tiny_model, tmp_path):
    asked = (photo, "-m", tiny_model, *BOTH, "--methods", "score-cam,grad-cam,random")
    compared = scorecam("compare", *asked, "-o", tmp_path, "--json")
    found = json.loads(compared.out)
    assert (found["layer"], found["layers"]) == (f"{FINE} + {COARSE}", [FINE, COARSE])
    assert found["files"] == {"compare": [f"dog.png.scorecam-layers-{found['classes'][0]['index']}-compare.png"]}
    evaluated = scorecam("evaluate", *asked, "--measures", "drop", "-o", tmp_path / "e", "--json")
    assert (compared.code, evaluated.code) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-l", FINE, "-l", FINE), "--layer conv_1 is given twice; leave out one"),
        (("-l", FINE, "-l", "conv_1#1"), "layers 'conv_1' and 'conv_1#1' are the same"),
        (("-l", FINE, "-l", "conv_3"), "layer 'conv_3' does not exist in this model; nearest: conv_"),
        (("-l", FINE, "-l", "head"), "layer 'head' (Dense) has output [3], no grid"),
        ((*BOTH, "--grid", "7x7"), "--grid 7x7 says how the output of one layer is a picture of the photo"),
        ((*BOTH, "--prefix", "1"), "--prefix 1 says which tokens are not of the grid: give --grid HxW too"),
        (("--layers", "auto", "-l", FINE), "--layers auto chooses the layers itself; leave out it or --layer conv_1"),
        (("--layers", "auto", "--grid", "7x7"), "give one --layer with it"),
        ((*BOTH, "--method", "rise"), "method rise looks at no layer: leave out --layer"),
        ((*BOTH, "--method", "grad-cam", "--signed"), "--signed is of one --layer with method grad-cam"),
        ((*BOTH, "--save", "masked"), "the maps of several layers are multiplied: leave masked out of --save"),
        ((*BOTH, "--selection", "faster", "--passes", "9"), "--selection faster compares activations"),
        ((*BOTH, "--passes", "5"), "--passes 5 is too few for score-cam of 2 layers: it needs at least 8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_is_a_sentence_and_exit_code_2(explain, arguments, sentence):
    done = explain(*arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in " ".join(done.err.split())
