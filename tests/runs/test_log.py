"""The log of a run: a line for each outcome, whatever became of the run before."""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.records import Explained, Failed, Found, PhotoJob, Seconds
from scorecam_cli.runs.log import OutcomeLog, failed_photos, only_failed, with_logged_outputs
from tests.manifests import noted_manifest

JOB = PhotoJob(Path("in/dog.jpg"), Path("maps/dog.jpg"))
DONE = Explained(JOB, noted_manifest(seconds=Seconds(1.0, 1.5)), (Path("maps/a.png"), Path("maps/a.json")))


def opened(path: Path, *jobs: PhotoJob) -> OutcomeLog:
    return OutcomeLog(path, outputs={job.photo: job.output for job in jobs}, now=lambda: "2026-01-01T00:00:00+00:00")


def noted(path: Path, *outcomes: Explained | Failed) -> None:
    log = opened(path, JOB)
    for outcome in outcomes:
        log.note(outcome)
    log.close()


def test_each_kind_of_outcome_is_one_line(tmp_path):
    path = tmp_path / "run.jsonl"
    log = opened(path, JOB)
    for count, outcome in enumerate((DONE, Explained(JOB, DONE.manifest, DONE.paths, skipped=True)), start=1):
        log.note(outcome)
        assert len(path.read_text().splitlines()) == count  # there at once, not at the end
    log.note(Failed(JOB.photo, "no such file"))
    log.note(Failed(Path("gone/*.jpg"), "no match"))
    log.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["status"] for line in lines] == ["explained", "up-to-date", "failed", "failed"]
    assert [line["reason"] for line in lines] == [None, None, "no such file", "no match"]
    assert [line["seconds"] for line in lines] == [1.5, None, None, None]
    assert [line["output"] for line in lines] == ["maps/dog.jpg", "maps/dog.jpg", "maps/dog.jpg", None]
    assert [line["paths"] for line in lines] == [["maps/a.png", "maps/a.json"]] * 2 + [[], []]


def test_torn_last_line_of_a_killed_run_spoils_no_other(tmp_path):
    path = tmp_path / "run.jsonl"
    noted(path, Failed(Path("a.jpg"), "x"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    noted(path, Failed(Path("b.jpg"), "y"))
    lines = path.read_bytes().split(b"\n")
    assert lines[0] + b"\n" == whole
    assert lines[1] == whole[:30]
    assert json.loads(lines[2])["photo"] == "b.jpg"
    assert list(failed_photos(path)) == ["a.jpg", "b.jpg"]


def test_last_line_of_a_photo_decides(tmp_path):
    path = tmp_path / "run.jsonl"
    noted(path, Failed(JOB.photo, "x"), Failed(Path("b.jpg"), "y"), Failed(Path("c.jpg"), "z"), DONE)
    assert failed_photos(path) == {"b.jpg": None, "c.jpg": None}
    noted(path, Failed(JOB.photo, "again"))
    assert failed_photos(path) == {"in/dog.jpg": Path("maps/dog.jpg"), "b.jpg": None, "c.jpg": None}


def test_names_in_no_valid_encoding_come_back(tmp_path):
    name = os.fsdecode(b"caf\xe9\n\x1b[2J.jpg")
    noted(tmp_path / "run.jsonl", Failed(Path(name), "x"))
    assert (tmp_path / "run.jsonl").read_bytes().count(b"\n") == 1
    assert list(failed_photos(tmp_path / "run.jsonl")) == [name]


def test_several_writers_leave_whole_lines(tmp_path):
    path = tmp_path / "run.jsonl"
    threads = [
        threading.Thread(target=noted, args=(path, *(Failed(Path(f"{who}-{n}.jpg"), "r" * 500) for n in range(200))))
        for who in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([json.loads(line) for line in path.read_text().splitlines() if line]) == 800
    assert len(failed_photos(path)) == 800


def test_log_that_cannot_grow_is_told_by_name(tmp_path):
    log = opened(tmp_path / "run.jsonl")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, hard))
        with pytest.raises(PhotoError, match=r"cannot write .*run\.jsonl: the file would be larger"):
            log.note(Failed(Path("a.jpg"), "x"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
        log.close()
    noted(tmp_path / "run.jsonl", Failed(Path("b.jpg"), "y"))
    assert list(failed_photos(tmp_path / "run.jsonl")) == ["b.jpg"]


@pytest.mark.parametrize(
    ("name", "words"), [("no/run.jsonl", "No such file"), (".", "Is a dir"), ("p", "a named pipe, not a file")]
)
def test_place_that_is_no_file_is_refused(tmp_path, name, words):
    os.mkfifo(tmp_path / "p")
    with pytest.raises(UsageError, match=words):
        opened(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"not a log\n", b'{"schema": 1}\n[1]\n"x"\n', b"[" * 100_000])
def test_file_that_is_no_log_is_refused(tmp_path, content):
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(UsageError, match="holds no line of a log"):
        failed_photos(tmp_path / "log")


def test_found_photos_are_thinned_out_or_sent_where_they_would_have_gone():
    other = PhotoJob(Path("b.jpg"), Path("b.jpg"))
    found = Found((JOB, other), (Failed(Path("x"), "r"), Failed(Path("y"), "r")), ("note",))
    kept = only_failed(found, {"b.jpg": None, "y": None})
    assert (kept.jobs, kept.failures, kept.notes) == ((other,), (Failed(Path("y"), "r"),), ("note",))
    sent = with_logged_outputs(found, {"b.jpg": Path("maps/b.jpg"), "in/dog.jpg": None})
    assert sent.jobs == (JOB, PhotoJob(Path("b.jpg"), Path("maps/b.jpg")))
