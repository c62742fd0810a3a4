"""The log of a run: a line for each outcome, whatever became of the run before."""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.manifest import Seconds
from scorecam_cli.outcomes import Explained, Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.log import OutcomeLog, failed_before
from scorecam_cli.runs.logged_request import request_of
from tests.manifests import noted_manifest

JOB = PhotoJob(Path("in/dog.jpg"), Path("maps/dog.jpg"))
DONE = Explained(JOB, noted_manifest(seconds=Seconds(1.0, 1.5)), (Path("maps/a.png"), Path("maps/a.json")))


def request(**settings):
    return request_of(ExplainConfig(PhotoSettings(), ModelSettings(**settings)))


ORIGIN = {"host": "node7", "shard": "3/8"}


def opened(path: Path, *jobs: PhotoJob, **settings: object) -> OutcomeLog:
    outputs = {job.photo: job.output for job in jobs}
    return OutcomeLog(
        path, request=request(**settings), outputs=outputs, now=lambda: "2026-01-01T00:00:00+00:00", origin=ORIGIN
    )


def noted(path: Path, *outcomes: Explained | Failed, **settings: object) -> None:
    log = opened(path, JOB, **settings)
    for outcome in outcomes:
        log.note(outcome)
    log.close()


def failed_photos(path):
    return {each.photo: each.output for each in failed_before(path)}


def test_each_kind_of_outcome_is_one_line(tmp_path):
    path = tmp_path / "run.jsonl"
    log = opened(path, JOB)
    for count, outcome in enumerate((DONE, Explained(JOB, DONE.manifest, DONE.paths, skipped=True)), start=1):
        log.note(outcome)
        assert len(path.read_text().splitlines()) == 1 + count  # there at once, not at the end
    log.note(Failed(JOB.photo, "no such file"))
    log.note(Failed(Path("gone/*.jpg"), "no match"))
    log.close()
    first, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {line["request"] for line in lines} == {first["id"]}
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
    assert b"\n".join([*lines[:2], b""]) == whole
    assert lines[2] == whole[:30]
    assert json.loads(lines[3])["photo"] == "b.jpg"
    assert list(failed_photos(path)) == ["a.jpg", "b.jpg"]


def test_last_line_of_a_photo_decides(tmp_path):
    path = tmp_path / "run.jsonl"
    noted(path, Failed(JOB.photo, "x"), Failed(Path("b.jpg"), "y"), Failed(Path("c.jpg"), "z"), DONE)
    assert failed_photos(path) == {"b.jpg": None, "c.jpg": None}
    noted(path, Failed(JOB.photo, "again"))
    assert failed_photos(path) == {"in/dog.jpg": "maps/dog.jpg", "b.jpg": None, "c.jpg": None}


def test_names_in_no_valid_encoding_come_back(tmp_path):
    name = os.fsdecode(b"caf\xe9\n\x1b[2J.jpg")
    noted(tmp_path / "run.jsonl", Failed(Path(name), "x"))
    assert (tmp_path / "run.jsonl").read_bytes().count(b"\n") == 2
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
    lines = [json.loads(line) for line in path.read_text().splitlines() if line]
    assert len([line for line in lines if "photo" in line]) == 800
    assert len(failed_photos(path)) == 800


def test_log_that_cannot_grow_is_told_by_name(tmp_path):
    log = opened(tmp_path / "run.jsonl")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "run.jsonl").stat().st_size + 60, hard))
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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a log\n",
        b'{"schema": 1}\n[1]\n"x"\n',
        b"[" * 100_000,
        b'{"schema": 1, "photo": "a.jpg", "status": "failed", "seconds": NaN}\n',
        b'{"schema": 1, "photo": "' + b"a" * 70_000 + b'", "status": "failed"}\n',
    ],
)
def test_file_that_is_no_log_is_refused(tmp_path, content):
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(UsageError, match="holds no line of a log"):
        failed_photos(tmp_path / "log")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0 a photo",
        b"name,class\ndog.jpg,3\n",
        b'{"schema": 1, "photo": "dog.jpg", "model": "VGG16"}\n',  # what --json prints
        b'{"schema": 2, "photo": "dog.jpg", "status": "failed"}\n',
        b"\n",
        b"[" * 100_000,
    ],
)
def test_nothing_is_appended_to_what_is_no_log(tmp_path, content):
    path = tmp_path / "dog.jpg"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is no log and is left as it is"):
        opened(path)
    assert path.read_bytes() == content


def test_a_link_is_followed_to_a_log_and_to_nothing_else(tmp_path):
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    with pytest.raises(UsageError, match="cannot be written"):
        opened(link)
    assert not target.exists()
    target.touch()
    with pytest.raises(UsageError, match="is no log"):
        opened(link)
    assert target.read_bytes() == b""
    target.unlink()
    noted(target, Failed(Path("a.jpg"), "x"))
    noted(link, Failed(Path("b.jpg"), "x"))
    assert list(failed_photos(target)) == ["a.jpg", "b.jpg"]


def test_first_line_cut_off_at_any_byte_still_begins_a_log(tmp_path):
    path = tmp_path / "log"
    noted(path)
    whole = path.read_bytes()
    for end in (0, 3, 14, 40, len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        noted(path, Failed(Path("a.jpg"), "x"))
        assert list(failed_photos(path)) == ["a.jpg"]


def test_request_is_noted_once_and_again_where_it_differs(tmp_path, monkeypatch):
    path = tmp_path / "log"
    for seed in (0, 0, 1):
        noted(path, Failed(Path(f"{seed}.jpg"), "x"), seed=seed)
    requests = [line for line in map(json.loads, path.read_text().splitlines()) if "photo" not in line]
    assert [line["request"]["seed"] for line in requests] == [0, 1]
    assert {line["request"]["cwd"] for line in requests} == {str(Path.cwd())}
    assert {each.photo: each.request.settings["seed"] for each in failed_before(path)} == {"0.jpg": 0, "1.jpg": 1}
    monkeypatch.chdir(tmp_path)  # the same name is another photo there
    noted(path, Failed(Path("0.jpg"), "x"), DONE)
    assert [(each.photo, each.cwd) for each in failed_before(path)][-1] == ("0.jpg", tmp_path)
    assert len(failed_before(path)) == 3


def test_lines_of_runs_that_share_a_log_keep_their_request(tmp_path):
    first, second = opened(tmp_path / "log", seed=1), opened(tmp_path / "log", seed=2)
    for log, name in ((second, "b.jpg"), (first, "a.jpg")):
        log.note(Failed(Path(name), "x"))
        log.close()
    assert {each.photo: each.request.settings["seed"] for each in failed_before(tmp_path / "log")} == {
        "b.jpg": 2,
        "a.jpg": 1,
    }


def test_photo_that_was_missing_keeps_the_place_of_its_files(tmp_path):
    noted(tmp_path / "log", Failed(Path("a.jpg"), "no such file", Path("maps/sub/a.jpg")))
    assert failed_photos(tmp_path / "log") == {"a.jpg": "maps/sub/a.jpg"}
