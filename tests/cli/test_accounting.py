"""Every photo found is accounted for: in the log, in the exit code, and when what failed is tried again."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scorecam_cli.photos import find
from tests.loading import model_zoo

COMMAND = [sys.executable, "-m", "scorecam_cli"]


def lines(path):
    """The lines of a log about photos."""
    return [line for line in map(json.loads, path.read_text().splitlines()) if "photo" in line]


def statuses(path):
    return {Path(line["photo"]).name: line["status"] for line in lines(path)}


@pytest.fixture
def batch(tmp_path, photo):
    """Three good photos, one of them in a subfolder, and two bad ones."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "c.png", "sub/e.png"):
        (folder / name).write_bytes(photo.read_bytes())
    for name in ("b.png", "sub/d.png"):
        (folder / name).write_text("no photo")
    return folder


def test_log_has_a_line_for_each_outcome_and_grows_with_each_run(scorecam, batch, tiny_model, tmp_path):
    log = tmp_path / "run.jsonl"
    arguments = ["explain", batch, "-r", batch / "gone.png", "-m", tiny_model, "-c", 1, "-o", tmp_path / "maps"]
    first = scorecam(*arguments, "--log", log)
    assert first.code == 1
    expected = {"a": "explained", "b": "failed", "c": "explained", "d": "failed", "e": "explained", "gone": "failed"}
    assert statuses(log) == {f"{name}.png": status for name, status in expected.items()}
    assert [path for line in lines(log) for path in line["paths"]] == first.paths
    for line in lines(log):
        assert (line["reason"] is not None) == (line["status"] == "failed")
        assert (line["seconds"] is not None) == (line["status"] == "explained")
    again = scorecam(*arguments, "--log", log)
    assert again.out == first.out
    assert len(lines(log)) == 12
    assert [line["status"] for line in lines(log)[6:]].count("up-to-date") == 3


def test_fail_fast_stops_at_the_first_failure(scorecam, batch, tiny_model, tmp_path):
    for name in ("0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png"):
        (batch / f"z{name}").write_bytes((batch / "a.png").read_bytes())
    done = scorecam("explain", batch, "-m", tiny_model, "-c", 1, "--fail-fast", "--log", tmp_path / "log")
    assert done.code == 1
    assert statuses(tmp_path / "log") == {"a.png": "explained", "b.png": "failed"}
    assert len(done.paths) == 3
    assert "1 photo done (0 were up to date), 1 failed, 9 not reached" in done.err
    assert not (batch / "z7.png.scorecam.json").exists()
    assert not [path for path in batch.iterdir() if "scorecam-tmp" in path.name]


def test_fail_fast_changes_nothing_where_nothing_fails(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, "-m", tiny_model, "-c", 1, "--fail-fast")
    assert (done.code, len(done.paths)) == (0, 3)


@pytest.mark.parametrize("named", ["the same photos", "nothing"])
def test_what_failed_is_tried_again_and_goes_where_it_should_have_gone(scorecam, batch, tiny_model, tmp_path, named):
    log = tmp_path / "run.jsonl"
    arguments = ["-m", tiny_model, "-c", 1, "--log", log]
    places = [batch, "-r", "-o", tmp_path / "maps"]
    scorecam("explain", *places, *arguments)
    for name in ("b.png", "sub/d.png"):
        (batch / name).write_bytes((batch / "a.png").read_bytes())
    done = scorecam(
        "explain", *(places if named == "the same photos" else ()), *arguments, "--force", "--retry-failed", log
    )
    assert done.code == 0
    assert [line["photo"] for line in lines(log)[5:]] == [str(batch / "b.png"), str(batch / "sub/d.png")]
    assert (tmp_path / "maps/sub/d.png.scorecam.json").is_file()
    assert [path for path in done.paths if path.endswith(".json")] == [
        str(tmp_path / "maps/b.png.scorecam.json"),
        str(tmp_path / "maps/sub/d.png.scorecam.json"),
    ]
    nothing = scorecam("explain", *arguments, "--retry-failed", log)
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing to do" in nothing.err


def test_a_log_that_is_none_is_refused_before_anything_is_done(scorecam, photo, tiny_model, tmp_path):
    for option in ("--log", "--retry-failed"):
        done = scorecam("explain", photo, "-m", tiny_model, option, photo.parent)
        assert (done.code, done.out) == (2, "")
    done = scorecam("explain", photo, "-m", tiny_model, "--retry-failed", photo)
    assert (done.code, "holds no line of a log" in done.err) == (2, True)
    done = scorecam("explain", photo, "-m", tiny_model, "--log", tmp_path / "none" / "log")
    assert (done.code, "No such file or directory" in done.err) == (2, True)
    assert not (photo.parent / "dog.png.scorecam.json").exists()


@pytest.mark.parametrize("command", ["explain", "predict"])
def test_pixel_limit_is_the_users(scorecam, photo, tiny_model, command):
    done = scorecam(command, photo, "-m", tiny_model, "--max-pixels", 48 * 32 - 1)
    assert done.code == 1
    assert "48 x 32 pixels are too large: at most 1,535 pixels are read" in done.err
    assert scorecam(command, photo, "-m", tiny_model, "--max-pixels", 48 * 32).code == 0


def test_limit_above_that_of_the_decoder_is_taken_at_its_word(scorecam, tmp_path, tiny_model, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # the decoder refuses twice as many
    Image.new("RGB", (40, 40), (9, 90, 200)).save(tmp_path / "a.png")
    refused = scorecam("predict", tmp_path / "a.png", "-m", tiny_model, "--max-pixels", 1000)
    assert (refused.code, "40 x 40 pixels are too large" in refused.err) == (1, True)
    assert scorecam("predict", tmp_path / "a.png", "-m", tiny_model, "--max-pixels", 1600).code == 0
    assert Image.MAX_IMAGE_PIXELS == 500


def test_code_in_a_model_file_runs_only_where_that_is_asked_for(scorecam, photo, tmp_path):
    marker = tmp_path / "ran"
    path = model_zoo.write_lambda_archive(tmp_path, marker)
    arguments = ["explain", photo, "-m", path, "--preprocess", "unit", "-c", 1]
    refused = scorecam(*arguments)
    assert (refused.code, marker.exists()) == (3, False)
    assert scorecam(*arguments, "--unsafe-model").code == 0
    assert marker.exists()
    done = scorecam("explain", photo, "-m", "VGG16", "--unsafe-model")
    assert (done.code, "brings no code" in done.err) == (2, True)


def test_environment_cannot_allow_code_in_a_model_file(scorecam, photo, tmp_path, monkeypatch):
    for name in (
        "SCORECAM_UNSAFE_MODEL",
        "SCORECAM_UNSAFE",
        "SCORECAM_EXPLAIN_UNSAFE",
        "SCORECAM_EXPLAIN_UNSAFE_MODEL",
    ):
        monkeypatch.setenv(name, "1")
    path = model_zoo.write_lambda_archive(tmp_path, tmp_path / "ran")
    assert scorecam("explain", photo, "-m", path, "--preprocess", "unit").code == 3


def test_interrupted_run_sums_up_and_its_log_agrees_with_what_is_there(photo, tiny_model, tmp_path):
    count = 2000
    for number in range(count - 1):
        os.link(photo, photo.parent / f"{number}.png")
    arguments = [*COMMAND, "explain", photo.parent, "-m", tiny_model, "-c", "1", "--save", "npy"]
    process = subprocess.Popen(
        [*arguments, "-o", tmp_path / "maps", "--log", tmp_path / "log"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    noted = lines(tmp_path / "log")
    done = len(noted)
    assert re.search(rf"^{done} photos? done \(0 were up to date\), 0 failed, {count - done} not reached$", err, re.M)
    assert err.splitlines()[-1].startswith("scorecam: interrupted")
    assert all(Path(path).is_file() for line in noted for path in line["paths"])


RERUN = """
import sys
from scorecam_cli.cli.app import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not [name for name in ("tensorflow", "keras") if name in sys.modules]
    raise
"""


def test_fifty_photos_up_to_date_need_no_tensorflow(scorecam, photo, tiny_model):
    for number in range(49):
        os.link(photo, photo.parent / f"{number}.png")
    arguments = ["explain", str(photo.parent), "-m", str(tiny_model), "-c", "1", "--save", "npy"]
    first = scorecam(*arguments)
    assert len(first.paths) == 100
    done = subprocess.run([sys.executable, "-c", RERUN, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == first.out
    assert "50 photos done (50 were up to date), 0 failed" in done.stderr


def test_photos_that_change_between_the_listing_and_the_reading_fail_alone(scorecam, photo, tiny_model, monkeypatch):
    folder = photo.parent
    for name in ("pipe", "cut", "folder", "gone", "text", "unlinked"):
        (folder / f"{name}.png").write_bytes(photo.read_bytes())
    alone = scorecam("explain", photo, "-m", tiny_model, "-c", 1, "--save", "npy")
    expected = Path(alone.paths[0]).read_bytes()

    def listed(*arguments, real=find.find_jobs, **options):
        found = real(*arguments, **options)
        os.truncate(folder / "cut.png", 700)
        (folder / "text.png").write_text("no photo any more")
        for name in ("pipe", "folder", "gone", "unlinked"):
            (folder / f"{name}.png").unlink()
        os.mkfifo(folder / "pipe.png")
        (folder / "folder.png").mkdir()
        (folder / "unlinked.png").symlink_to("nowhere.png")
        return found

    monkeypatch.setattr(find, "find_jobs", listed)
    done = scorecam("explain", folder, "-m", tiny_model, "-c", 1, "--save", "npy", "--force")
    assert done.code == 1
    assert Path(alone.paths[0]).read_bytes() == expected
    for name, words in {
        "pipe": "a named pipe, not a photo",
        "cut": "the PNG file is damaged or cut short",
        "folder": "a folder, not a photo",
        "gone": "no such file",
        "text": "not a photo: it looks like text",
        "unlinked": "no such file",
    }.items():
        assert f"{folder / name}.png: failed: {words}" in done.err
    assert "1 photo done (0 were up to date), 6 failed" in done.err
