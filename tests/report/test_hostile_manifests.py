"""Manifests of any hand, whole, changed and cut short: explain redoes, the page says so, and nothing is a traceback."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorecam_cli.cli.console import Console
from scorecam_cli.manifest import Manifest, NotedClass, WrittenFile
from scorecam_cli.outcomes import Explained, Redone
from scorecam_cli.photos.manifest import json_values
from scorecam_cli.photos.names import manifest_path
from scorecam_cli.records import PhotoJob
from scorecam_cli.report.collect import State, collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from scorecam_cli.runs.current import look_up
from tests.report.samples import blob, explained, save_photo

CASES = int(os.environ.get("SCORECAM_CASES", "60"))
SETTINGS = {"colormap": "turbo", "alpha": 0.5}

TEXTS = st.one_of(
    st.sampled_from(
        ["", "/", ".", "..", "a/..", "../dog.png", "/etc/passwd", "x\0y", "\ud800.jpg", "\udce9", "y/" * 5000]
    ),
    st.sampled_from(["turbo", "x" * 5000, "\x1b[31m", "<script>", "dog.png.scorecam-1-heatmap.png", "NaN"]),
    st.text(max_size=20),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**63, 2**64, 10**400, -(10**30), 1e308, -0.0, float("inf"), float("nan"), True]),
    st.floats(),
)
VALUES = st.recursive(
    st.one_of(st.none(), TEXTS, NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)
TOP = st.sampled_from([*(field.name for field in dataclasses.fields(Manifest)), "schema", "file_sizes", "other"])
OF_CLASS = st.sampled_from([field.name for field in dataclasses.fields(NotedClass)])
OF_FILE = st.sampled_from([field.name for field in dataclasses.fields(WrittenFile)])


@st.composite
def changes(draw):
    """What is done to a whole manifest: a field set or taken away at some depth, classes repeated, the text cut."""
    return [
        draw(
            st.one_of(
                st.tuples(st.just("set"), TOP, VALUES),
                st.tuples(st.just("drop"), TOP, st.none()),
                st.tuples(st.just("set class"), OF_CLASS, VALUES),
                st.tuples(st.just("drop class"), OF_CLASS, st.none()),
                st.tuples(st.just("set files"), TEXTS, VALUES),
                st.tuples(st.just("set file"), OF_FILE, VALUES),
                st.tuples(st.just("set setting"), st.sampled_from(["colormap", "alpha", "save"]), VALUES),
                st.tuples(st.just("set seconds"), st.sampled_from(["passes", "total"]), VALUES),
                st.tuples(st.just("repeat"), st.sampled_from(["classes", "predictions", "warnings"]), st.just(3000)),
                st.tuples(st.just("cut"), st.just(""), st.floats(0, 1)),
                st.tuples(st.just("bytes"), st.just(""), st.binary(max_size=30)),
            )
        )
        for _ in range(draw(st.integers(1, 3)))
    ]


def changed(whole, wanted):
    """The bytes of a manifest after the changes."""
    value, last = json.loads(whole), None
    for act, name, what in wanted:
        first = value["classes"][0] if isinstance(value.get("classes"), list) and value["classes"] else {}
        places = {
            "set": value,
            "drop": value,
            "set class": first,
            "drop class": first,
            "set files": first.get("files") if isinstance(first, dict) else None,
            "set setting": value.get("settings"),
            "set seconds": value.get("seconds"),
        }
        if act == "set file" and isinstance(value.get("outputs"), dict):
            for each in value["outputs"].values():
                if isinstance(each, dict):
                    each[name] = what
        elif act == "repeat" and isinstance(value.get(name), list):
            value[name] = (value[name] * what)[:what]
        elif act in ("cut", "bytes"):
            last = (act, what)
        elif isinstance(places.get(act), dict):
            places[act].pop(name, None) if act.startswith("drop") else places[act].update({name: what})
    data = json.dumps(value).encode("ascii")
    if last is None:
        return data
    return data[: int(len(data) * last[1])] if last[0] == "cut" else data[:40] + last[1] + data[40:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A photo that was explained, with digests of its files."""
    place = tmp_path_factory.mktemp("explained")
    photo = save_photo(place / "dog.png")
    names = [f"dog.png.scorecam-1-{kind}.png" for kind in ("heatmap", "overlay")]
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    found = json.loads(path.read_text())
    found["outputs"] = {name: _written(place / name) for name in names}
    path.write_text(json.dumps(found))
    assert isinstance(look_up(PhotoJob(photo, photo), SETTINGS), Explained)
    return place, path.read_bytes()


def _written(path: Path):
    status = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"size": status.st_size, "sha256": digest, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}


@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(wanted=changes())
def test_a_manifest_of_any_hand_is_redone_or_told_in_bounded_time(folder, wanted, capfd):
    place, whole = folder
    photo = place / "dog.png"
    path = manifest_path(photo)
    path.write_bytes(changed(whole, wanted))
    began = time.process_time()
    outcome = look_up(PhotoJob(photo, photo), SETTINGS)
    console = Console(verbosity=1, total=1)
    if isinstance(outcome, Explained):
        console.explained(outcome)
        json.dumps(json_values(outcome.manifest), allow_nan=False)
        assert all(each.parent == place for each in outcome.paths)
    else:
        assert isinstance(outcome, Redone)
        assert 0 < len(outcome.reason) < 1000
    found = collect([str(path)])
    made = make_report(ReportConfig(place / "page.html"), found.entries)
    assert made.photos == 1
    assert all(entry.manifest is not None or entry.state is State.INCOMPLETE for entry in found.entries)
    assert (place / "page.html").stat().st_size < 5_000_000
    assert time.process_time() - began < 5
    capfd.readouterr()
