"""`--retry-failed` needs nothing but the log: the same model, settings and places, from any folder; never another."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

BROKEN = ("b.png", "sub/d.png")


def lines(path):
    """The lines of a log about photos."""
    return [line for line in map(json.loads, path.read_text().splitlines()) if "photo" in line]


@pytest.fixture
def run(scorecam, photo, tiny_model, tmp_path, monkeypatch):
    """A run in a folder of its own, with relative names, in which two of four photos failed and are whole again now."""
    place = tmp_path / "run"
    (place / "in/sub").mkdir(parents=True)
    for name in ("a.png", "sub/c.png"):
        (place / "in" / name).write_bytes(photo.read_bytes())
    for name in BROKEN:
        (place / "in" / name).write_text("no photo")
    (place / "my.keras").write_bytes(tiny_model.read_bytes())
    (place / "names.txt").write_text("circle\nsquare\ntriangle\n")
    monkeypatch.chdir(place)
    arguments = ["in", "-r", "-o", "maps", "-m", "my.keras", "--labels", "names.txt", "-c", "square", "--save", "npy"]
    assert scorecam("explain", *arguments, "--colormap", "inferno", "--log", "run.jsonl").code == 1
    for name in BROKEN:
        (place / "in" / name).write_bytes(photo.read_bytes())
    return place


def test_nothing_but_the_log_is_needed_and_all_is_as_if_nothing_had_failed(scorecam, run, monkeypatch):
    monkeypatch.setenv("SCORECAM_MODEL", "EfficientNetLite0")
    done = scorecam("explain", "--retry-failed", "run.jsonl", "--log", "run.jsonl")
    assert (done.code, done.err.count("square (1)")) == (0, 2)
    assert done.paths == [f"maps/{name}.scorecam{ending}" for name in BROKEN for ending in ("-1.npy", ".json")]
    assert [line["status"] for line in lines(run / "run.jsonl")[4:]] == ["explained", "explained"]
    assert len((run / "run.jsonl").read_text().splitlines()) == 1 + 4 + 2  # one request: nothing in it differs
    arguments = ["in", "-r", "-o", "maps", "-m", "my.keras", "--labels", "names.txt", "-c", "square", "--save", "npy"]
    again = scorecam("explain", *arguments, "--colormap", "inferno")
    assert "4 photos done (4 were up to date)" in again.err
    nothing = scorecam("explain", "--retry-failed", "run.jsonl", "--log", "run.jsonl")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no photo failed in run.jsonl: nothing to do" in nothing.err


def test_it_works_from_the_root_as_a_nightly_job_does(scorecam, run, monkeypatch):
    monkeypatch.chdir("/")
    done = scorecam("explain", "--retry-failed", run / "run.jsonl", "--log", run / "run.jsonl")
    assert done.code == 0
    assert done.paths[-1] == str(run / "maps/sub/d.png.scorecam.json")
    manifest = json.loads(Path(done.paths[-1]).read_text())
    assert (manifest["model"], manifest["classes"][0]["name"]) == (str(run / "my.keras"), "square")
    monkeypatch.chdir(run)
    assert "nothing to do" in scorecam("explain", "--retry-failed", "run.jsonl").err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["-m", "VGG16"], "--model VGG16 contradicts run.jsonl, whose run had --model my.keras"),
        (["-c", "circle"], "--class circle contradicts run.jsonl, whose run had --class square"),
        (["-k", "2"], "--top 2 contradicts run.jsonl, whose run had no --top"),
        (["-o", "elsewhere"], "--output-dir elsewhere contradicts run.jsonl, whose run had --output-dir maps"),
        (["--save", "npy,panel"], "--save npy,panel contradicts run.jsonl, whose run had --save npy"),
        (["--method", "grad-cam"], "--method grad-cam contradicts run.jsonl, whose run had --method score-cam"),
    ],
)
def test_an_option_that_contradicts_the_log_stops_before_anything_is_done(scorecam, run, given, words):
    done = scorecam("explain", "--retry-failed", "run.jsonl", *given)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert not (run / "maps/b.png.scorecam.json").exists()


def test_equal_options_photos_and_the_manner_may_be_given(scorecam, run):
    equal = ["-m", run / "my.keras", "-c", "square", "-o", run / "maps", "--save", "npy", "--batch-size", "2"]
    done = scorecam("explain", "in/sub", "in/a.png", "--retry-failed", "run.jsonl", *equal)
    assert (done.code, done.paths) == (0, ["maps/sub/d.png.scorecam-1.npy", "maps/sub/d.png.scorecam.json"])
    none = scorecam("explain", "in/a.png", "--retry-failed", "run.jsonl")
    assert (none.code, none.out, "no photo named failed" in none.err) == (0, "", True)


def test_a_log_of_an_earlier_version_does_not_say_which_model(scorecam, run, tiny_model):
    _, *rest = (run / "run.jsonl").read_text().splitlines()
    old = [{name: value for name, value in json.loads(line).items() if name != "request"} for line in rest]
    Path("old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in old))
    refused = scorecam("explain", "--retry-failed", "old.jsonl")
    assert (refused.code, "does not tell which model its run had" in refused.err) == (2, True)
    done = scorecam(
        "explain", "--retry-failed", "old.jsonl", "-m", "my.keras", "-o", "maps", "--save", "npy", "-c", "1"
    )
    assert (done.code, len(done.paths)) == (0, 4)


def test_a_request_from_a_disk_is_checked_as_options_are(scorecam, run):
    whole = (run / "run.jsonl").read_text()
    request = json.loads(whole.splitlines()[0])
    for name, value, words in [
        ("alpha", 7, "invalid value for '--alpha'|--alpha 7"),
        ("passes", 0, "--passes 0"),
        ("batch_size", -1, "--batch-size -1"),
        ("device", "moon", "--device moon"),
        ("labels", "gone.txt", "--labels gone.txt"),
        ("method", "witchcraft", "witchcraft"),
        ("seed", "1", "seed"),
        ("colour", "red", "colour"),
        ("cwd", "run", "no absolute path"),
    ]:
        changed = json.dumps({**request, "request": {**request["request"], name: value}})
        Path("changed.jsonl").write_text("\n".join([changed, *whole.splitlines()[1:], ""]))
        done = scorecam("explain", "--retry-failed", "changed.jsonl")
        assert (done.code, done.out) == (2, ""), name
        assert any(word in done.err for word in words.split("|")), done.err


def test_a_photo_is_never_taken_for_a_log(scorecam, run):
    before = (run / "in/a.png").read_bytes()
    done = scorecam("explain", "in/b.png", "-m", "my.keras", "--log", "in/a.png")
    assert (done.code, "is no log and is left as it is" in done.err) == (2, True)
    assert (run / "in/a.png").read_bytes() == before


NAMES = st.sampled_from(
    [
        "",
        "/",
        ".",
        "..",
        "/proc/**",
        "*",
        "[a]",
        "a.png",
        "in/b.png",
        "in",
        "/dev/zero",
        "\0",
        "x\0y",
        "\ud800",
        "\udce9",
        "../out.png",
        "maps/b.png",
        "maps/../../b.png",
        "/b.png",
        "maps/" + "n/" * 1000 + "b.png",
        "n" * 300,
        "in/b.png/",
    ]
) | st.text(max_size=6)
VALUES = NAMES | st.none() | st.booleans() | st.integers() | st.lists(NAMES, max_size=2)
PHOTOS = st.fixed_dictionaries(
    {
        "schema": st.sampled_from([1] * 9 + [2, "1", None]),
        "photo": NAMES,
        "status": st.sampled_from(["failed"] * 9 + [3]),
        "request": st.sampled_from(["same"] * 9 + ["x", "", None]),
    },
    optional={"output": NAMES | VALUES},
)
CHANGES = st.dictionaries(st.sampled_from(["model", "weights", "output_dir", "cwd", "labels", "passes", "x"]), VALUES)


def hostile_log(run, request, photos, changes, end):
    """The bytes of a log that somebody else made."""
    first = {**request, "request": {**request["request"], **changes}}
    about = [
        {**line, "request": request["id"] if line.get("request") == "same" else line.get("request")} for line in photos
    ]
    data = "".join(f"{json.dumps(line)}\n" for line in [first, *about]).encode()
    return data[: max(1, int(len(data) * end))]


def everything_below(folder):
    return sorted(str(Path(at) / name) for at, _, names in os.walk(folder) for name in names)


@settings(
    deadline=None,
    max_examples=int(os.environ.get("SCORECAM_HOSTILE_LOGS", "12")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    photos=st.lists(PHOTOS, min_size=1, max_size=4),
    changes=st.just({}) | st.just({}) | CHANGES,
    end=st.sampled_from([1.0] * 6 + [0.5, 0.99]),
)
def test_a_log_of_another_hand_is_sentences_and_failed_photos(scorecam, run, photos, changes, end):
    request = json.loads((run / "run.jsonl").read_text().splitlines()[0])
    hostile = run / "hostile.jsonl"
    hostile.write_bytes(hostile_log(run, request, photos, changes, end))
    before = [path for path in everything_below(run.parent) if not path.startswith(f"{run}/maps/")]
    began = time.monotonic()
    done = scorecam(
        "explain", "--retry-failed", hostile, "--log", run / "again.jsonl"
    )  # no traceback: the fixture looks
    assert time.monotonic() - began < 10
    event(f"exit code {done.code}")
    assert done.code in (0, 1, 2, 3)
    (run / "again.jsonl").unlink(missing_ok=True)
    after = [path for path in everything_below(run.parent) if not path.startswith(f"{run}/maps/")]
    if "output_dir" not in changes and "cwd" not in changes:
        assert after == before
