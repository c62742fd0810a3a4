"""The numbers of several methods over photos: which photos are done, which class is asked, what the table gets."""

import csv
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from scorecam_cli.choices import Fill, Variant
from scorecam_cli.config import EvaluateConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import ModelError, NumericsError, OutputError
from scorecam_cli.faithfulness import sanity
from scorecam_cli.files.regular import file_sha256
from scorecam_cli.files.table import GrowingTable
from scorecam_cli.models.truth import read_truth
from scorecam_cli.outcomes import Failed
from scorecam_cli.runs import evaluate, under_way
from scorecam_cli.runs.evaluation import Summary, judged, made_by, summary_of
from scorecam_cli.runs.evaluation_tables import COLUMNS
from scorecam_cli.runs.regions import read_regions
from scorecam_cli.runs.request import EvaluateRequest
from scorecam_cli.runs.session import Session
from tests.runs.test_stages import our_threads


@pytest.fixture
def run(tiny, tmp_path):
    """Evaluate jobs into a table."""

    def start(jobs, methods=("gradient", "random"), truth=None, regions=None, **options):
        photos = PhotoSettings(output_dir=tmp_path / "table")
        config = EvaluateConfig(photos, ModelSettings(), methods, **{"measures": ("drop",), **options})
        request = EvaluateRequest(config=config, labels=None, settings={}, regions=regions, truth=truth)
        return list(evaluate.evaluate_photos(request, Session(request, time.perf_counter, loaded=tiny), jobs))

    return start


def rows_of(tmp_path):
    with (tmp_path / "table" / "evaluation.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_photo_has_a_row_for_each_method_in_the_order_asked_for(run, jobs, tmp_path):
    outcomes = run(jobs[:2], methods=("random", "gradient"))
    assert [outcome.skipped for outcome in outcomes] == [False, False]
    rows = rows_of(tmp_path)
    photos = [str(job.photo) for job in jobs[:2] for _ in range(2)]
    assert [row["photo"] for row in rows] == photos
    assert [row["method"] for row in rows] == ["random", "gradient"] * 2
    assert rows[0]["photo_sha256"] == file_sha256(jobs[0].photo)


def test_photos_of_the_table_are_skipped_and_a_changed_one_fails(run, jobs, tmp_path, monkeypatch):
    run(jobs[:2])
    jobs[1].photo.write_bytes(jobs[2].photo.read_bytes())
    same, changed, new = run(jobs)
    assert same.skipped
    assert isinstance(changed, Failed)
    assert "has changed since its rows were made" in changed.reason
    assert not new.skipped
    assert len(rows_of(tmp_path)) == 6


def test_the_next_photo_is_read_and_rows_come_in_order_while_the_model_has_another(run, jobs, tmp_path, monkeypatch):
    read_last, real_read, real_rows = threading.Event(), under_way.read_photo, evaluate.measured_rows

    def read(path, **options):
        photo = real_read(path, **options)
        if path == jobs[1].photo:
            read_last.set()
        return photo

    def measured(*arguments, **options):
        assert read_last.wait(5), "the second photo is not read while the first is computed"
        return real_rows(*arguments, **options)

    def append(table, rows, real=GrowingTable.append):
        time.sleep(0.1 if rows[0]["photo"] == str(jobs[0].photo) else 0)
        real(table, rows)

    monkeypatch.setattr(under_way, "read_photo", read)
    monkeypatch.setattr(evaluate, "measured_rows", measured)
    monkeypatch.setattr(GrowingTable, "append", append)
    assert [outcome.photo for outcome in run(jobs)] == [job.photo for job in jobs]
    assert [row["photo"] for row in rows_of(tmp_path)] == [str(job.photo) for job in jobs for _ in range(2)]


def test_an_interrupt_keeps_the_rows_of_photos_that_are_measured(run, jobs, tmp_path, monkeypatch):
    real_rows, real_append = evaluate.measured_rows, GrowingTable.append

    def interrupted(*arguments, path, **options):
        if path == jobs[2].photo:
            raise KeyboardInterrupt
        return real_rows(*arguments, path=path, **options)

    def append(table, rows):
        time.sleep(0.1)
        real_append(table, rows)

    monkeypatch.setattr(evaluate, "measured_rows", interrupted)
    monkeypatch.setattr(GrowingTable, "append", append)
    with pytest.raises(KeyboardInterrupt):
        run(jobs)
    assert [row["photo"] for row in rows_of(tmp_path)] == [str(job.photo) for job in jobs[:2] for _ in range(2)]
    assert not our_threads()


def test_where_the_table_cannot_grow_the_run_stops_and_goes_on_when_it_can(run, jobs, tmp_path, monkeypatch):
    def full(table, rows, real=GrowingTable.append):
        if rows[0]["photo"] == str(jobs[1].photo):
            raise OutputError("the disk is full")
        real(table, rows)

    with monkeypatch.context() as patched:
        patched.setattr(GrowingTable, "append", full)
        with pytest.raises(OutputError, match="run the same command again to go on"):
            run(jobs)
    assert {row["photo"] for row in rows_of(tmp_path)} == {str(jobs[0].photo)}
    assert [outcome.skipped for outcome in run(jobs)] == [True, False, False]


def test_doubts_of_each_map_are_told_in_words_and_counted_by_kind(run, jobs, tmp_path, monkeypatch):
    real = evaluate.explain_with

    def doubting(method, *arguments, **options):
        made = real(method, *arguments, **options)
        if method == "random":
            return made
        doubts = {"doubts": ("it is zero: no", "the model does not see it"), "doubted": ("zero", "unseen class")}
        return replace(made, classes=(replace(made.classes[0], **doubts),))

    monkeypatch.setattr(evaluate, "explain_with", doubting)
    first, second = run(jobs[:2])
    assert first.doubts == second.doubts == ("gradient: it is zero: no", "gradient: the model does not see it")
    assert [row["doubts"] for row in rows_of(tmp_path)] == ["zero; unseen class", ""] * 2
    found = summary_of(rows_of(tmp_path), ("gradient", "random"))
    assert found.doubts == {"gradient": {"zero": 2, "unseen class": 2}, "random": {}}
    assert [line[-1] for line in found.table] == ["doubted maps", "2 zero, 2 unseen class", ""]


def test_a_photo_that_fails_leaves_no_row_and_does_not_stop_the_others(run, jobs, tmp_path):
    jobs[0].photo.write_bytes(b"no photo")
    first, second = run(jobs[:2])
    assert isinstance(first, Failed)
    assert second.photo == jobs[1].photo
    assert {row["photo"] for row in rows_of(tmp_path)} == {str(jobs[1].photo)}


def test_truth_names_the_class_and_a_photo_without_one_fails(run, jobs, tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("a.png,cat\n")
    first, second = run(jobs[:2], truth=read_truth(path))
    assert "class 2" in first.lines[0]
    assert isinstance(second, Failed)
    assert {row["class"] for row in rows_of(tmp_path)} == {"2"}


def test_cells_that_do_not_apply_are_empty(run, jobs, tmp_path):
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("a.png,0,0,9,9\n")
    run(jobs[:2], measures=("pointing",), boxes=boxes, regions=read_regions(boxes, None))
    for row in rows_of(tmp_path):
        marked = row["photo"].endswith("a.png")
        assert (row["energy"] != "") == (row["pointing"] != "") == marked
        assert row["drop"] == row["deletion"] == row["sanity"] == ""


def test_a_variant_behind_the_name_has_the_row_of_that_variant_alone(run, jobs, tmp_path):
    run(jobs[:1], methods=("score-cam", "score-cam:fitted"), measures=("drop", "curves", "stability"))
    article, fitted = rows_of(tmp_path)
    assert (article["method"], fitted["method"]) == ("score-cam", "score-cam:fitted")
    run(
        jobs[:1],
        methods=("score-cam",),
        measures=("drop", "curves", "stability"),
        variant=Variant.FITTED,
        fresh=True,
    )
    (alone,) = rows_of(tmp_path)
    assert fitted == alone | {"method": "score-cam:fitted"}
    assert fitted["deletion_curve"] != article["deletion_curve"]


def test_density_is_of_photos_with_boxes_of_the_class_and_of_another(run, jobs, tmp_path):
    boxes, truth = tmp_path / "boxes.csv", tmp_path / "truth.csv"
    boxes.write_text("file,x0,y0,x1,y1,class\na.png,0,0,9,9,cat\na.png,12,0,24,9,dog\nb.png,0,0,9,9,cat\n")
    truth.write_text("a.png,cat\nb.png,cat\n")
    run(
        jobs[:2],
        methods=("random",),
        measures=("pointing",),
        boxes=boxes,
        regions=read_regions(boxes, None),
        truth=read_truth(truth),
    )
    pair, single = rows_of(tmp_path)
    assert 0 < float(pair["density"]) < 1
    assert single["density"] == ""


def test_a_method_that_does_not_fit_has_empty_cells_and_alone_ends_the_run(run, jobs, tmp_path, monkeypatch):
    real = evaluate.explain_with

    def unfit(method, *arguments, **options):
        if method == "cam":
            raise ModelError("it does not fit")
        return real(method, *arguments, **options)

    monkeypatch.setattr(evaluate, "explain_with", unfit)
    run(jobs[:1], methods=("cam", "random"))
    without, other = rows_of(tmp_path)
    assert (without["method"], without["drop"], without["passes"]) == ("cam", "", "")
    assert other["drop"] != ""
    with pytest.raises(ModelError, match="it does not fit"):
        run(jobs[1:2], methods=("cam",), fresh=True)


def test_random_weights_that_return_infinity_leave_the_sanity_check_out(run, jobs, tmp_path, monkeypatch):
    def infinite(*_, **__):
        raise NumericsError("infinity")

    monkeypatch.setattr(sanity, "cascades_of_several", infinite)
    run(jobs[:1], measures=("sanity", "drop"))
    assert [row["sanity"] for row in rows_of(tmp_path)] == ["", ""]
    assert all(row["drop"] for row in rows_of(tmp_path))


def test_a_row_as_text_has_every_column_and_numbers_of_six_digits():
    text = evaluate.as_text(
        {"photo": "a", "class": 3, "drop": 1 / 3, "deletion_curve": np.array([1, 0.5]), "gain": None}
    )
    assert tuple(text) == COLUMNS
    assert (text["class"], text["drop"], text["deletion_curve"], text["gain"]) == ("3", "0.333333", "1 0.5", "")


def test_means_of_several_measures_are_there_where_all_of_them_are(run, jobs, tmp_path):
    run(jobs[:1], measures=("drop", "shape", "road", "coherency"))
    for row in rows_of(tmp_path):
        coherent, open_ = float(row["coherency"]), 1 - float(row["complexity"])
        assert float(row["road"]) == pytest.approx(float(row["road_lerf"]) - float(row["road_morf"]), abs=1e-5)
        for mean, part in (("adcc", 1 - float(row["drop"])), ("arcc", max(0, float(row["road"])))):
            expected = 3 / (1 / coherent + 1 / open_ + 1 / part) if min(coherent, open_, part) > 0 else 0
            assert float(row[mean]) == pytest.approx(expected, abs=1e-4)
        assert 0 <= float(row["sparseness"]) < 1


def test_a_mean_of_something_that_is_not_measured_is_left_out(run, jobs, tmp_path):
    run(jobs[:1], methods=("random",), measures=("coherency",))
    (row,) = rows_of(tmp_path)
    assert 0 < float(row["coherency"]) < 1
    assert 0 < float(row["complexity"]) < 1
    assert row["adcc"] == row["arcc"] == row["road"] == row["sparseness"] == ""


def test_the_words_of_a_table_say_which_way_is_better_and_the_best():
    table = (
        ("method", "drop", "insertion", "sanity 1"),
        ("cam", "0.100 ± 0.010", "0.400", "0.5"),
        ("rise", "0.200", "0.400", "0.4"),
        ("random", "", "0.300", ""),
    )
    assert judged(Summary(table, {}, {}, 2, {}, {})) == [
        ("method", "drop \N{DOWNWARDS ARROW}", "insertion \N{UPWARDS ARROW}", "sanity 1"),
        ("cam", "**0.100 ± 0.010**", "**0.400**", "0.5"),
        ("rise", "0.200", "**0.400**", "0.4"),
        ("random", "", "0.300", ""),
    ]
    assert judged(Summary(table[:2], {}, {}, 2, {}, {}))[1] == table[1]  # alone, it is not the best


def test_what_made_the_maps_is_said_in_a_line():
    model = ModelSettings("EfficientNetLite0", weights="random", seed=3, layers=("a", "b"))
    config = EvaluateConfig(PhotoSettings(), model, passes=48, fill=Fill.MEAN)
    assert made_by(config) == (
        "EfficientNetLite0 · random weights (seed 3) · layer a + b · score-cam: variant article, 48 passes · fill mean"
    )
    assert made_by(EvaluateConfig(PhotoSettings(), model, methods=("score-cam:paper",), passes=9)) == (
        "EfficientNetLite0 · random weights (seed 3) · layer a + b · score-cam: 9 passes"
    )
    assert (
        made_by(EvaluateConfig(PhotoSettings(), ModelSettings("somewhere/mine.keras"), methods=("cam",)))
        == "mine.keras"
    )
