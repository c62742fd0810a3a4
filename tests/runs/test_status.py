"""How far a run is, told by manifests and logs alone."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from scorecam_cli.errors import NothingFoundError, UsageError
from scorecam_cli.files.temporaries import temporary_name
from scorecam_cli.photos.find import find_jobs
from scorecam_cli.photos.names import photo_and_mark
from scorecam_cli.runs.places import agreement_path
from scorecam_cli.runs.status import State, described, statuses
from tests.manifests import noted_class, noted_manifest

MAPS = Path("maps")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    MAPS.mkdir()
    return tmp_path


def explained(name, *, mark="scorecam", written=1000, missing=(), **settings):
    """Files and manifest of one photo, as a run leaves them."""
    files = {"heatmap": f"{Path(name).name}.{mark}-242-heatmap.png"}
    noted = noted_manifest(
        photo=name, settings={"top": 0, "truth": name, **settings}, classes=(noted_class(files=files),)
    )
    path = MAPS / f"{name}.{mark}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"schema": 1, **asdict(noted)}))
    os.utime(path, (written, written))
    for each in set(files.values()) - set(missing):
        (path.parent / each).write_bytes(b"x")
    return path


def photos(*names):
    for name in names:
        path = Path("photos", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return find_jobs(["photos"], recursive=True, output_dir=MAPS)


def told(found=None, logs=(), marks=()):
    (status,) = statuses(MAPS, found=found, logs=logs, marks=marks)
    return status


def states(status):
    return {Path(path).name: state for path, state in status.others}


def test_run_of_which_every_photo_has_its_manifest_and_files_is_complete():
    explained("a.jpg")
    explained("sub/b.jpg")
    status = told(photos("a.jpg", "sub/b.jpg"))
    assert (status.complete, status.total, dict(status.photos)) == (True, 2, {State.DONE: 2})


def test_each_photo_is_in_one_state():
    explained("a.jpg", written=2000)
    explained("stale.jpg", top=3, colormap="x")
    explained("lost.jpg", missing=["lost.jpg.scorecam-242-heatmap.png"])
    explained("cut.jpg").write_text('{"schema": 1, "set')
    (MAPS / "killed.jpg.scorecam-242-overlay.png").write_bytes(b"x")
    (MAPS / temporary_name("writing.jpg.scorecam-3-heatmap.png")).write_bytes(b"x")
    names = ("a.jpg", "stale.jpg", "lost.jpg", "cut.jpg", "killed.jpg", "writing.jpg", "new.jpg")
    status = told(photos(*names))
    assert states(status) == {
        "stale.jpg": State.STALE,
        **dict.fromkeys(("lost.jpg", "cut.jpg", "killed.jpg", "writing.jpg"), State.HALF_WRITTEN),
        "new.jpg": State.MISSING,
    }
    assert status.stale_by == {"top": 1, "colormap": 1}
    assert described(status, MAPS) == {
        "schema": 1,
        "folder": "maps",
        "mark": "scorecam",
        "complete": False,
        "photos": 7,
        "done": 1,
        "stale": 1,
        "half_written": 4,
        "failed": 0,
        "missing": 1,
        "reasons": {},
        "stale_by": {"top": 1, "colormap": 1},
    }


def test_what_parts_agreed_on_goes_before_the_manifest_written_last():
    explained("a.jpg", written=1000)
    explained("b.jpg", top=3, written=2000)
    assert states(told()) == {"a.jpg": State.STALE}
    noted = {"schema": 1, "settings": {"top": 0, "truth": "ab" * 32}}
    agreement_path(MAPS, "scorecam").write_text(json.dumps(noted | {"settings": {**noted["settings"]}}))
    status = told()
    assert states(status) == {"b.jpg": State.STALE}
    assert status.stale_by == {"top": 1}


def log(name, *lines):
    head = {"schema": 1, "scorecam": "1", "id": "abc", "request": {"cwd": str(Path.cwd())}}
    Path(name).write_text("".join(f"{json.dumps(line)}\n" for line in (head, *lines)))
    return Path(name)


def line(photo, status="failed", reason="damaged", output=None):
    where = f"maps/{photo}" if output is None else output
    return {
        "schema": 1,
        "photo": f"photos/{photo}",
        "status": status,
        "reason": reason,
        "output": where,
        "request": "abc",
    }


def test_failures_are_those_of_the_last_line_and_like_reasons_are_counted_together():
    explained("again.jpg")
    one = log(
        "one.jsonl", line("bad.jpg"), line("again.jpg"), line("worse.jpg", reason="cannot write maps/worse.jpg.x: full")
    )
    two = log(
        "two.jsonl", line("other.jpg", reason="cannot write maps/other.jpg.x: full"), line("gone.jpg", output=None)
    )
    found = photos("bad.jpg", "again.jpg", "worse.jpg", "other.jpg", "gone.jpg")
    status = told(found, logs=(one, two))
    assert states(status) == dict.fromkeys(("bad.jpg", "worse.jpg", "other.jpg", "gone.jpg"), State.FAILED)
    assert status.reasons == {"damaged": 2, "cannot write PHOTO full": 2}


def test_photo_done_since_it_failed_is_done_and_one_that_no_trace_is_of_is_unknown_without_photos():
    explained("a.jpg")
    status = told(logs=(log("one.jsonl", line("a.jpg"), line("b.jpg"), line("b.jpg", "explained"), line("c.jpg")),))
    assert (status.total, states(status)) == (2, {"c.jpg": State.FAILED})


def test_name_that_leads_nowhere_is_a_failure():
    explained("a.jpg")
    photos("a.jpg")
    status = told(find_jobs(["photos", "photos/typo.jpg"], output_dir=MAPS))
    assert status.reasons == {"no such file": 1}


def test_each_mark_is_told_of_by_itself():
    explained("a.jpg")
    explained("b.jpg")
    explained("a.jpg", mark="grad-cam", top=5)
    found = photos("a.jpg", "b.jpg")
    assert [(each.mark, each.complete) for each in statuses(MAPS, found=found, logs=(), marks=())] == [
        ("grad-cam", False),
        ("scorecam", True),
    ]
    assert told(found, marks=["scorecam"]).complete


def test_strangers_file_with_the_name_of_a_method_is_nothing():
    explained("a.jpg")
    (MAPS / "front.cam.json").write_text("[]")
    assert told().complete


def test_nothing_to_tell_of_is_a_sentence():
    with pytest.raises(NothingFoundError, match="no photo and no manifest in maps"):
        told()
    with pytest.raises(NothingFoundError, match="nowhere is no folder"):
        statuses(Path("nowhere"), found=None, logs=(), marks=())
    Path("x.jsonl").write_text("x\n")
    with pytest.raises(UsageError, match=r"x\.jsonl holds no line of a log"):
        told(logs=(Path("x.jsonl"),))


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("a.b.jpg.scorecam-242-heatmap.png", ("a.b.jpg", "scorecam")),
        ("a.jpg.scorecam-paper.json", ("a.jpg", "scorecam-paper")),
        ("a.jpg.scorecam-against-242-243-overlay.png", ("a.jpg", "scorecam-against")),
        ("a.jpg.scorecam-242-243-panel.png", ("a.jpg", "scorecam")),
        ("a.jpg.grad-cam-3.npy", ("a.jpg", "grad-cam")),
        ("a.jpg", None),
        ("a.jpg.scorecam-242-compare.png", None),
    ],
)
def test_photo_and_mark_are_read_off_a_name(name, of):
    assert photo_and_mark(name) == of
