"""A run over photos: reading, computing and writing at once, in order, in little memory, and whole files at any end."""

import errno
import itertools
import json
import threading
import time
import weakref
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import ModelError, OutputError
from scorecam_cli.figures import kinds
from scorecam_cli.files import write
from scorecam_cli.loading import load as loading
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.manifest import WrittenFile
from scorecam_cli.outcomes import Explained, Failed
from scorecam_cli.photos.manifest import json_values
from scorecam_cli.records import Photo, PhotoJob
from scorecam_cli.runs import explain as run
from scorecam_cli.runs import under_way
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.session import Session
from tests.loading import model_zoo
from tests.runs.test_stages import our_threads, wait_for_threads


@pytest.fixture(scope="module")
def model_settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    model_zoo.rescaling().save(path)
    return ModelSettings(model=str(path))


@pytest.fixture(scope="module")
def classifier(model_settings):
    return load_classifier(model_settings)


@pytest.fixture
def explain(monkeypatch, model_settings, classifier):
    """Start a run over jobs with the tiny model, compiled once for all tests here."""
    monkeypatch.setattr(loading, "load_classifier", lambda settings, inspected, labels: classifier)

    def start(jobs, **options):
        config = ExplainConfig(PhotoSettings(), model_settings, **{"classes": ("1",), **options})
        request = ExplainRequest.of(config)
        return run.explain_photos(request, Session(request, time.perf_counter), jobs)

    yield start
    wait_for_threads()
    assert not our_threads()


def photo_jobs(folder, count):
    rng = np.random.default_rng(3)
    jobs = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.fromarray(rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)).save(path)
        jobs.append(PhotoJob(path, folder / "maps" / path.name))
    return jobs


# ---- photos


def test_outcomes_come_in_the_order_of_the_jobs_with_their_files(explain, tmp_path):
    jobs = photo_jobs(tmp_path, 8)
    outcomes = list(explain(jobs))
    assert [outcome.job for outcome in outcomes] == jobs
    for outcome in outcomes:
        described = json.loads(outcome.paths[-1].read_text())
        assert described == json.loads(json.dumps(json_values(outcome.manifest)))
        assert described["photo"] == str(outcome.job.photo)
        assert described["seconds"]["total"] >= described["seconds"]["passes"] > 0
        for path in outcome.paths[:-1]:
            assert Image.open(path).size == (24, 20)


def test_photos_bad_at_reading_or_at_writing_fail_alone(explain, tmp_path):
    jobs = photo_jobs(tmp_path, 6)
    jobs[1].photo.write_bytes(b"no photo")
    (tmp_path / "maps" / "3.png.scorecam-1-overlay.png" / "taken").mkdir(parents=True)
    (tmp_path / "maps" / "4.png.scorecam.json" / "taken").mkdir(parents=True)
    outcomes = list(explain(jobs))
    assert [type(outcome) for outcome in outcomes] == [Explained, Failed, Explained, Failed, Failed, Explained]
    assert "not a photo" in outcomes[1].reason
    assert "a folder stands where the file should be" in outcomes[3].reason
    assert outcomes[3].photo == jobs[3].photo
    assert not (tmp_path / "maps" / "3.png.scorecam.json").exists()


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
def test_a_photo_for_which_memory_runs_out_fails_alone(explain, tmp_path, monkeypatch, classifier, stage):
    calls = itertools.count()

    def short(*arguments, **options):
        if "1.png" in str(arguments) if stage == "write" else next(calls) == 1:  # several are written at once
            raise MemoryError
        return real(*arguments, **options)

    owner, name = {
        "read": (under_way, "read_photo"),
        "compute": (type(classifier), "prepare"),
        "write": (kinds, "output_paths"),
    }[stage]
    real = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments, **options: short(*arguments, **options))
    outcomes = list(explain(photo_jobs(tmp_path, 3)))
    assert [type(outcome) for outcome in outcomes] == [Explained, Failed, Explained]
    assert outcomes[1].reason.startswith("not enough memory for this photo; ")
    assert not list((tmp_path / "maps").glob("1.png*"))


def test_photos_up_to_date_load_no_model(explain, tmp_path, monkeypatch):
    jobs = photo_jobs(tmp_path, 4)
    first = list(explain(jobs))
    monkeypatch.setattr(loading, "load_classifier", lambda settings, inspected, labels: pytest.fail("loaded"))
    again = list(explain(jobs))
    assert [outcome.skipped for outcome in again] == [True] * 4
    assert [outcome.paths for outcome in again] == [outcome.paths for outcome in first]


def test_a_model_that_cannot_be_loaded_ends_the_run_after_the_photos_before_it(explain, tmp_path, monkeypatch):
    jobs = photo_jobs(tmp_path, 6)
    list(explain(jobs[:2]))

    def refuse(settings, inspected, labels):
        raise ModelError("no such weights")

    monkeypatch.setattr(loading, "load_classifier", refuse)
    outcomes = explain(jobs)
    assert next(outcomes).skipped
    assert next(outcomes).skipped
    with pytest.raises(ModelError, match="no such weights"):
        next(outcomes)


def test_the_model_runs_in_the_calling_thread_only(explain, tmp_path, monkeypatch, classifier):
    threads = set()
    for name in ("prepare", "observe", "masked_answers"):
        real = getattr(type(classifier), name)

        def noted(*arguments, real=real, **options):
            threads.add(threading.current_thread())
            return real(*arguments, **options)

        monkeypatch.setattr(type(classifier), name, noted)
    list(explain(photo_jobs(tmp_path, 3)))
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("slow", ["read", "write", "neither"])
def test_photos_in_memory_do_not_grow_with_the_run(explain, tmp_path, monkeypatch, slow):
    alive, most = set(), []

    def read(path, *, max_pixels, seconds, admit):
        if slow == "read":
            time.sleep(0.01)
        photo = Photo(np.full((20, 24, 3), len(most) % 200, np.uint8), "0" * 64)
        alive.add(id(photo))
        weakref.finalize(photo, alive.discard, id(photo))
        most.append(len(alive))
        return photo

    def write_image(path, image):
        time.sleep(0.01 if slow == "write" else 0)
        return WrittenFile(1, "", 1, 1)

    monkeypatch.setattr(under_way, "read_photo", read)
    monkeypatch.setattr(kinds, "write_image", write_image)
    jobs = [PhotoJob(tmp_path / f"{number}.png", tmp_path / f"{number}.png") for number in range(30)]
    for _ in explain(jobs):
        assert len(alive) <= 4
    assert len(most) == 30
    assert max(most) <= 5
    assert not alive


def test_seconds_hold_neither_waiting_nor_loading(explain, tmp_path, monkeypatch, classifier):
    def load(settings, inspected, labels):
        time.sleep(0.6)
        return classifier

    def write_image(path, image, real=kinds.write_image):
        time.sleep(0.3)
        return real(path, image)

    list(explain(photo_jobs(tmp_path, 1), force=True))  # compiled before anything is timed
    monkeypatch.setattr(loading, "load_classifier", load)
    monkeypatch.setattr(kinds, "write_image", write_image)
    outcomes = list(explain(photo_jobs(tmp_path, 5), save=("heatmap",), force=True))
    for outcome in outcomes:
        assert 0.3 <= outcome.manifest.seconds.total < 0.55


# ---- one photo


def lasting(outcome):
    return {**json_values(outcome.manifest), "seconds": None, "outputs": None}


def test_one_photo_alone_is_written_as_in_a_run_and_is_up_to_date_then(explain, tmp_path, model_settings, classifier):
    (job,) = photo_jobs(tmp_path, 1)
    (in_a_run,) = explain([job])
    files = [path.read_bytes() for path in in_a_run.paths[:-1]]
    request = ExplainRequest.of(ExplainConfig(PhotoSettings(), model_settings, classes=("1",)))
    session = Session(request, time.perf_counter, loaded=classifier)
    assert run.explain_one(request, session, job).skipped
    in_a_run.paths[0].unlink()
    alone = run.explain_one(request, session, job)
    assert alone.paths == in_a_run.paths
    assert [path.read_bytes() for path in alone.paths[:-1]] == files
    assert lasting(alone) == lasting(in_a_run)
    assert alone.redone.reason.endswith("has changed or is gone")


def test_one_photo_that_fails_is_an_outcome_and_a_full_disk_an_error(tmp_path, model_settings, classifier, monkeypatch):
    good, bad = photo_jobs(tmp_path, 2)
    bad.photo.write_bytes(b"no photo")
    request = ExplainRequest.of(ExplainConfig(PhotoSettings(), model_settings))
    session = Session(request, time.perf_counter, loaded=classifier)
    assert "not a photo" in run.explain_one(request, session, bad).reason

    def full(path, fill):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write, "_write_synced", full)
    with pytest.raises(OutputError, match="the disk is full"):
        run.explain_one(request, session, good)


# ---- the end before the end


def test_closing_early_leaves_whole_files_and_no_thread(explain, tmp_path, monkeypatch):
    def write_synced(path, fill, real=write._write_synced):
        real(path, lambda file: file.write(b"half"))
        time.sleep(0.02)
        path.unlink()
        return real(path, fill)

    monkeypatch.setattr(write, "_write_synced", write_synced)
    outcomes = explain(photo_jobs(tmp_path, 10))
    next(outcomes)
    outcomes.close()
    assert not our_threads()
    written = sorted((tmp_path / "maps").iterdir())
    assert not [path for path in written if "scorecam-tmp" in path.name]
    for path in written:
        if path.suffix == ".png":
            Image.open(path).load()
        else:
            json.loads(path.read_text())
    assert len(written) < 3 * 10


def test_closing_does_not_wait_for_all_files_of_a_photo(explain, tmp_path, monkeypatch):
    begun, others = Counter(), threading.Event()

    def write_slowly(path, _content):
        photo = path.name.partition(".")[0]
        begun[photo] += 1
        if photo == "1":
            assert others.wait(5)
        else:
            others.set()
            time.sleep(0.5)
        return WrittenFile(1, "", 1, 1)

    save = ("heatmap", "npy")
    for kind in save:
        monkeypatch.setitem(kinds.KINDS, kind, replace(kinds.KINDS[kind], write=write_slowly))
    jobs = photo_jobs(tmp_path, 6)
    jobs[0].photo.unlink()
    outcomes = explain(jobs, classes=(), top=3, save=save)
    assert isinstance(next(outcomes), Failed)
    assert isinstance(next(outcomes), Explained)
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 2
    assert not our_threads()
    assert begun.pop("1") == 6
    assert begun
    assert all(files < 6 for files in begun.values())


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_the_passes_keeps_what_was_computed(explain, tmp_path, monkeypatch, classifier, stopped):
    calls = itertools.count()

    def observe(image, real=classifier.observe):
        if next(calls) == 2:
            raise stopped
        return real(image)

    monkeypatch.setattr(classifier, "observe", observe)
    jobs = photo_jobs(tmp_path, 6)
    began = time.monotonic()
    with pytest.raises(stopped):
        list(explain(jobs))
    assert time.monotonic() - began < 2
    assert not our_threads()
    assert {path.name for path in (tmp_path / "maps").glob("*.json")} == {"0.png.scorecam.json", "1.png.scorecam.json"}
