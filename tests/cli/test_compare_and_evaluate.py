"""`scorecam compare` and `scorecam evaluate`, on photos and a tiny model made for the test."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from scorecam_cli.cli.values import ListedMethod
from scorecam_cli.runs import evaluate as evaluating

METHODS = "score-cam,grad-cam,gradient,random"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        rgb = np.random.default_rng(number).integers(0, 200, (24, 36, 3), dtype=np.uint8)
        rgb[6:18, 10 * number : 10 * number + 10] = 250
        Image.fromarray(rgb).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def evaluate(scorecam, photos, tiny_model, tmp_path):
    def run(*arguments, folder="evaluation"):
        return scorecam("evaluate", photos, "-m", tiny_model, "-o", tmp_path / folder, "--methods", METHODS, *arguments)

    return run


def rows_of(folder):
    with (folder / "evaluation.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_compare_writes_a_figure_for_each_class_and_says_what_each_method_cost(scorecam, photo, tiny_model):
    done = scorecam("compare", photo, "-m", tiny_model, "-c", "0", "-c", "2", "--methods", METHODS)
    assert done.code == 0
    assert [path.rpartition("-")[0].rpartition("-")[2] for path in done.paths] == ["0", "2"]
    pictures = [np.asarray(Image.open(path)) for path in done.paths]
    assert all(picture.ndim == 3 and np.ptp(picture) > 100 for picture in pictures)
    assert pictures[0].shape == pictures[1].shape
    assert (pictures[0] != pictures[1]).any()
    for method in METHODS.split(","):
        assert sum(line.split()[:1] == [method] for line in done.err.splitlines()) == 2


def test_passes_that_methods_share_are_told_below_the_table(scorecam, photo, tiny_model):
    done = scorecam("compare", photo, "-m", tiny_model, "-c", "0", "--methods", "grad-cam,layer-cam,random", "--json")
    methods = json.loads(done.out)["classes"][0]["methods"]
    assert [(each["passes"], each["shared_passes"]) for each in methods] == [(1, 0), (1, 1), (0, 0)]
    assert "passes shared with a method above, which count for each: layer-cam 1\n" in done.err


@pytest.mark.slow
def test_figures_for_print_have_their_forms_and_sizes(scorecam, photo, tiny_model, tmp_path):
    few = ("-m", tiny_model, "--methods", "cam,random", "-o", tmp_path, "--width", 84)
    compared = scorecam("compare", photo, *few, "-c", "0", "--save", "stability,compare,compare.pdf")
    assert [Path(path).suffix for path in compared.paths] == [".png", ".pdf", ".png"]
    measured = scorecam("evaluate", photo, *few, "--steps", 4, "--save", "evaluation.svg,evaluation")
    assert [Path(path).name for path in measured.paths][-2:] == ["evaluation.png", "evaluation.svg"]
    assert compared.paths[2].endswith("-0-stability.png")
    for path in (compared.paths[0], compared.paths[2], measured.paths[-2]):
        with Image.open(path) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert image.width == pytest.approx(84 / 25.4 * 300, abs=8)
    assert Path(compared.paths[1]).read_bytes().startswith(b"%PDF")
    assert b"Deletion and insertion" in Path(measured.paths[-1]).read_bytes()
    assert scorecam("compare", photo, "-m", tiny_model, "--save", "compare.eps").code == 2


def test_compare_can_put_the_classes_in_rows(scorecam, photo, tiny_model):
    done = scorecam(
        "compare", photo, "-m", tiny_model, "-k", "3", "--classes", "--methods", "score-cam,random", "--json"
    )
    assert done.code == 0
    (found,) = map(json.loads, done.out.splitlines())
    assert found["files"]["compare"] == [f"{photo.name}.scorecam-compare.png"]
    assert len(found["classes"]) == 3
    for entry in found["classes"]:
        for method in entry["methods"]:
            assert 0 <= method["deletion"] <= 1
            assert 0 <= method["insertion"] <= 1
    three_rows = Image.open(photo.parent / found["files"]["compare"][0]).height
    one = scorecam("compare", photo, "-m", tiny_model, "-c", "0", "--classes", "--methods", "score-cam,random")
    assert one.code == 0
    assert Image.open(one.paths[0]).height < three_rows / 2


def test_method_that_does_not_fit_the_model_is_named_with_the_reason(scorecam, photo, tmp_path):
    grid = keras.layers.Conv2D(4, 3, activation="relu")(image := keras.Input((16, 16, 3)))
    output = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(grid))
    model = tmp_path / "flat.keras"
    keras.Model(image, output).save(model)
    done = scorecam("compare", photo, "-m", model, "--preprocess", "unit", "--methods", "score-cam,cam")
    assert done.code == 0
    assert "  cam: " in done.err
    assert "global average pooling" in done.err
    alone = scorecam("compare", photo, "-m", model, "--preprocess", "unit", "--methods", "cam")
    assert alone.code == 3
    assert "global average pooling" in alone.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--methods", "score-cam,lime"], "method 'lime' does not exist"),
        (["--passes", "8", "--fidelity", "0.9"], "exclude each other"),
    ],
)
def test_request_that_cannot_be_met_is_refused_before_any_work(scorecam, photo, tiny_model, arguments, words):
    done = scorecam("compare", photo, "-m", tiny_model, *arguments)
    assert done.code == 2
    assert words in done.err
    assert "loading" not in done.err


def test_table_has_a_row_for_each_photo_and_method_and_the_summary_is_their_mean(evaluate, tmp_path):
    done = evaluate("--steps", "8")  # of 32 pixels each
    assert done.code == 0, done.err
    rows = rows_of(tmp_path / "evaluation")
    assert [row["method"] for row in rows] == METHODS.split(",") * 3
    summary = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert summary["photos"] == 3
    for method in METHODS.split(","):
        for number in ("drop", "deletion", "insertion"):
            of_method = [float(row[number]) for row in rows if row["method"] == method]
            assert summary["methods"][method][number]["mean"] == pytest.approx(np.mean(of_method))
            assert summary["methods"][method][number]["photos"] == 3
    for row in rows:
        curve = np.array(row["deletion_curve"].split(), float)
        assert len(curve) == 9
        assert float(row["deletion"]) == pytest.approx(((curve[1:] + curve[:-1]) / 2).mean(), abs=1e-5)
    assert done.paths == [
        str(tmp_path / "evaluation" / f"evaluation.{ending}") for ending in ("csv", "md", "json", "png")
    ]
    assert Image.open(done.paths[-1]).size[0] == 1300


def test_every_measure_has_its_column(evaluate, tmp_path):
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("0.png,0,6,10,18\n1.png,10,6,20,18\n")
    done = evaluate("--measures", "drop,stability,sanity", "--boxes", boxes)
    assert done.code == 0, done.err
    rows = rows_of(tmp_path / "evaluation")
    for row in rows:
        assert row["deletion"] == ""
        assert not row["sensitivity"] or float(row["sensitivity"]) >= 0  # a map of zeros has none
        assert all(-1 <= float(number) <= 1 for number in row["sanity"].split())
        assert row["sanity"]
        assert (row["energy"] == "") == row["photo"].endswith("2.png")  # which has no box
    assert {row["method"] for row in rows if row["sensitivity"]} >= {"gradient", "random"}


def test_photos_in_the_table_are_not_done_again_and_other_settings_are_refused(evaluate, tmp_path, monkeypatch):
    assert evaluate("--measures", "drop").code == 0
    before = (tmp_path / "evaluation" / "evaluation.csv").read_bytes()

    def never(*_):
        raise AssertionError("done again")

    monkeypatch.setattr(evaluating, "measured_rows", never)
    again = evaluate("--measures", "drop")
    assert again.code == 0
    assert "loading" not in again.err
    assert (tmp_path / "evaluation" / "evaluation.csv").read_bytes() == before
    other = evaluate("--measures", "curves")
    assert other.code == 2
    assert 'made with other settings: measures was ["drop"], is ["curves"]' in other.err
    monkeypatch.undo()
    assert evaluate("--measures", "curves", "--force").code == 0
    assert rows_of(tmp_path / "evaluation")[0]["drop"] == ""


def test_edited_boxes_are_no_longer_those_of_the_table(evaluate, photos, tmp_path):
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("file,x0,y0,x1,y1\n" + "".join(f"{number}.png,0,6,10,18\n" for number in range(3)))
    assert evaluate("--measures", "pointing", "--boxes", boxes).code == 0
    before = (tmp_path / "evaluation" / "evaluation.csv").read_bytes()
    boxes.write_text(boxes.read_text().replace("0,6,10,18", "9,6,20,18"))
    Image.open(photos / "0.png").rotate(90).save(photos / "3.png")
    again = evaluate("--measures", "pointing", "--boxes", boxes)
    assert again.code == 2
    assert "made with other settings: boxes has changed; give another --output-dir" in again.err
    assert (tmp_path / "evaluation" / "evaluation.csv").read_bytes() == before


@pytest.mark.slow
def test_killed_half_way_and_started_again_it_gives_the_same_table(evaluate, photos, tiny_model, tmp_path):
    for number in range(3, 12):
        Image.open(photos / f"{number % 3}.png").rotate(90 * (number // 3)).save(photos / f"{number:02d}.png")
    command = [sys.executable, "-m", "scorecam_cli", "evaluate", str(photos), "-m", str(tiny_model)]
    command += ["--methods", METHODS, "--steps", "40"]
    table = tmp_path / "cut" / "evaluation.csv"
    process = subprocess.Popen([*command, "-o", str(tmp_path / "cut")], stderr=subprocess.DEVNULL)
    while process.poll() is None and not (table.exists() and table.read_bytes().count(b"\n") > 4 * 3):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = table.read_bytes().count(b"\n")
    assert 4 * 3 < done < 4 * 12 + 1, "killed too late to show anything"
    for folder in ("cut", "whole"):
        assert evaluate("--steps", "40", folder=folder).code == 0
    assert table.read_bytes() == (tmp_path / "whole" / "evaluation.csv").read_bytes()


def test_the_other_methods_are_compared_with_the_baseline_in_every_file(evaluate, tmp_path):
    done = evaluate("--measures", "drop", "--baseline", "random", "--json")
    assert done.code == 0, done.err
    folder = tmp_path / "evaluation"
    rows, printed = rows_of(folder), json.loads(done.out)
    assert printed["baseline"] == "random"
    assert set(printed["differences"]) == {*METHODS.split(",")} - {"random"}
    drops = {method: [float(row["drop"]) for row in rows if row["method"] == method] for method in METHODS.split(",")}
    for method, found in printed["differences"].items():
        away = np.subtract(drops[method], drops["random"])
        assert found["drop"]["difference"] == pytest.approx(away.mean())
        assert found["drop"]["standard_error"] == pytest.approx(away.std(ddof=1) / np.sqrt(3))
    with (folder / "evaluation.differences.csv").open(newline="") as file:
        assert [row["method"] for row in csv.DictReader(file)][::6] == METHODS.split(",")[:-1]
    for text in (done.err, (folder / "evaluation.md").read_text()):
        assert "minus random" in text
        assert "Holm-corrected" in text


def test_the_baseline_is_named_as_in_the_list():
    convert = ListedMethod().convert
    assert [convert(name, None, None) for name in ("Score-CAM:Paper", "CAM")] == ["score-cam:paper", "cam"]
