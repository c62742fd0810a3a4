"""`scorecam methods`, and what becomes of methods that do not exist."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from scorecam_cli.cli.app import cli
from scorecam_cli.saliency.methods import METHODS


def lines(*arguments):
    done = CliRunner().invoke(cli, ["methods", *arguments], prog_name="scorecam")
    assert done.exit_code == 0
    return done.output.splitlines()


def test_table_has_a_line_for_each_method_with_its_passes_needs_and_source():
    heading, *rows = lines()
    assert heading.split() == ["NAME", "WHAT", "IT", "IS", "PASSES", "NEEDS", "SOURCE"]
    assert [row.split()[0] for row in rows] == list(METHODS)
    (row,) = (row for row in rows if row.startswith("grad-cam "))
    for words in ("mean gradient", "1 backward pass", "gradients, logits", "Selvaraju et al. 2017, arXiv:1610.02391"):
        assert words in row


def test_json_has_an_object_for_each_method():
    found = {each["name"]: each for each in map(json.loads, lines("--json"))}
    assert list(found) == list(METHODS)
    assert found["smoothgrad"]["takes"] == ["batch_size", "passes", "seed"]
    assert (found["score-cam"]["fewest_passes"], found["cam"]["fewest_passes"]) == (4, None)
    assert found["score-cam"]["steps"]
    assert found["random"]["source"] is None
    assert found["rise"]["source"] == {"authors": "Petsiuk et al.", "year": 2018, "where": "arXiv:1806.07421"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explain", "--method", "gradcam"], "method 'gradcam' does not exist; nearest: grad-cam"),
        (["explain", "--method", "GradCAM"], "method 'GradCAM' does not exist; nearest: grad-cam"),
        (["compare", "--methods", "cam,score_cam"], "method 'score_cam' does not exist; nearest: score-cam"),
        (["evaluate", "--methods", "smooth-grad"], "method 'smooth-grad' does not exist; nearest: smoothgrad"),
        (["compare", "--methods", "cam,cam"], "method cam is named twice"),
        (["compare", "--methods", ","], "no method is named"),
        (["explain", "--passes", "3"], "--passes 3 is too few for score-cam: it needs at least 4"),
        (["compare", "--passes", "3"], "--passes 3 is too few for score-cam: it needs at least 4"),
        (["evaluate", "--passes", "2"], "--passes 2 is too few for score-cam: it needs at least 4"),
        (["explain", "--method", "cam", "--passes", "8"], "method cam has no number of passes to choose"),
        (["explain", "--method", "rise", "--variant", "paper"], "--variant is of score-cam alone"),
        (["explain", "--signed"], "--signed is of --variant centred and fitted alone"),
        (["explain", "--method", "gradient", "--signed"], "leave it out with --method gradient"),
        (["explain", "--method", "random", "--against", "1"], "--against 1 means nothing to method random"),
        (["explain", "-c", "1", "--against", "1"], "a class is not set against itself"),
        (["explain", "--head", "linear", "-c", "1", "--against", "next"], "--head linear has none: name one"),
        (["explain", "--method", "cam", "--signed", "--colormap", "jet"], "'jet' has no middle for zero"),
        (
            ["compare", "--signed", "--methods", "score-cam,rise"],
            "none of score-cam, rise tells that: leave",
        ),
        (["compare", "--signed", "--colormap", "jet"], "'jet' has no middle for zero"),
        (["explain", "--method", "ablation-cam", "--fill", "mean"], "leave it out with --method ablation-cam"),
        (["compare", "--methods", "cam,grad-cam", "--fill", "blur"], "none of cam, grad-cam masks any"),
        (["evaluate", "--methods", "random", "--fill", "mean"], "none of random masks any"),
        (["explain", "--fill", "grey"], "'grey' is not one of 'zero', 'mean', 'blur'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_no_method_can_do_is_a_usage_error_before_any_work(scorecam, photo, tiny_model, arguments, sentence):
    command, *options = arguments
    done = scorecam(command, photo, "-m", tiny_model, *options)
    assert done.code == 2
    assert sentence in done.err
    assert "loading" not in done.err


def test_a_class_against_another_has_files_and_a_manifest_of_its_own_that_say_both(
    scorecam, photo, tiny_model, tmp_path
):
    options = (photo, "-m", tiny_model, "-o", tmp_path, "--save", "panel,npy")
    assert scorecam("explain", *options).code == 0
    plain = {path.name for path in tmp_path.iterdir()}
    done = scorecam("explain", *options, "--against", "next")
    assert done.code == 0, done.err
    (path,) = tmp_path.glob("*-against.json")
    (noted,) = json.loads(path.read_text("utf-8"))["classes"]
    own, other = noted["index"], noted["against"]["index"]
    assert own != other
    assert re.search(rf"\({own}\) 0\.\d+ against .+ \({other}\) 0\.\d+", done.err)
    made = {f"{photo.name}.scorecam-against-{own}-{other}{end}" for end in ("-panel.png", ".npy")}
    assert {each.name for each in tmp_path.iterdir()} == plain | made | {path.name}
    assert scorecam("explain", *options, "--against", "next").out.splitlines() == done.out.splitlines()

    itself = scorecam("explain", *options, "--against", own)
    assert itself.code == 1
    assert "cannot be set against itself" in itself.err


def test_each_method_has_a_least_number_of_passes_of_its_own(scorecam, photo, tiny_model, tmp_path):
    done = scorecam("explain", photo, "-m", tiny_model, "--method", "Smoothgrad", "--passes", 3, "-o", tmp_path)
    assert done.code == 0
    (manifest,) = tmp_path.glob("*.json")
    noted = json.loads(manifest.read_text("utf-8"))
    assert (noted["method"], noted["passes"], noted["settings"]["seed"]) == ("smoothgrad", 3, 0)


def test_a_fill_stands_in_the_names_and_in_the_manifest_and_another_is_done_beside_it(
    scorecam, photo, tiny_model, tmp_path
):
    command = ["explain", photo, "-m", tiny_model, "-c", "1", "--save", "npy", "-o", tmp_path / "maps"]
    done = {fill: scorecam(*command, "--fill", fill) for fill in ("zero", "mean", "blur")}
    assert [[path.rpartition("/")[2] for path in each.paths] for each in done.values()] == [
        [f"dog.png.{mark}-1.npy", f"dog.png.{mark}.json"] for mark in ("scorecam", "scorecam-mean", "scorecam-blur")
    ]
    noted = [json.loads(Path(each.paths[1]).read_text("utf-8")) for each in done.values()]
    assert [each["fill"] for each in noted] == [each["settings"]["fill"] for each in noted] == list(done)
    assert [each["closed_mask"] for each in noted] == [
        *("black", "the mean colour of the photo", "the photo behind a strong blur")
    ]
    maps = [np.load(each.paths[0]) for each in done.values()]
    assert all(np.abs(maps[0] - other).max() > 0.01 * maps[0].max() for other in maps[1:])
    assert "[up to date]" in scorecam(*command, "--fill", "mean").err
    said = scorecam(*command, "--fill", "blur", "--force", "-v")
    assert "score-cam article fill blur" in said.err
    page = scorecam("report", tmp_path / "maps", "-o", tmp_path / "page.html")
    assert page.code == 0
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "score-cam, article, fill mean" in text
    assert "the photo behind a strong blur" in text
