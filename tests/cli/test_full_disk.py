"""Where nothing more can be written the run stops, says so, and leaves nothing torn; else it goes on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

COMMAND = [sys.executable, "-m", "scorecam_cli"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 200 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", place], capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def batch(tmp_path):
    """Six photos whose heatmaps and overlays have about 50 kB together."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abcdef":
        Image.effect_noise((160, 160), 90).save(folder / f"{name}.png")
    return folder


def assert_whole(folder):
    assert not [path.name for path in folder.rglob("*") if "scorecam-tmp" in path.name]
    for path in folder.rglob("*.png"):
        Image.open(path).load()
    for path in folder.rglob("*.json"):
        json.loads(path.read_text())


def test_full_disk_ends_the_run_and_a_second_one_goes_on(scorecam, batch, tiny_model, small_disk, tmp_path):
    arguments = ["explain", batch, "-m", tiny_model, "-c", 1, "-o", small_disk, "--log", tmp_path / "log"]
    done = scorecam(*arguments)
    assert done.code == 1
    statuses = [json.loads(line)["status"] for line in (tmp_path / "log").read_text().splitlines()[1:]]
    assert statuses[-1] == "failed"
    assert statuses.count("failed") == 1
    assert len(statuses) < 6
    last = done.err.splitlines()[-1]
    assert last.startswith(f"scorecam: the run stops here: cannot write {small_disk}/")
    assert "the disk is full" in last
    assert "not reached" in done.err
    assert_whole(small_disk)
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    again = scorecam(*arguments)
    assert again.code == 0
    assert len(again.paths) == 18
    assert re.search(r"6 photos done \([1-5] (was|were) up to date\), 0 failed", again.err)
    assert_whole(small_disk)


def test_read_only_file_system_is_told_before_the_model_is_loaded(scorecam, batch, tiny_model, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = scorecam("explain", batch, "-m", tiny_model, "-c", 1, "-o", small_disk / "maps")
    assert (done.code, done.out) == (2, "")
    assert "loading" not in done.err
    assert "the file system is read-only; give another --output-dir" in done.err.splitlines()[-1]


def test_comparison_on_a_read_only_file_system_is_told_before_the_model_is_loaded(scorecam, photo, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = scorecam("compare", photo, "-m", "VGG16", "-o", small_disk / "maps")
    assert (done.code, done.out) == (2, "")
    assert "the file system is read-only; give another --output-dir" in done.err


def test_comparison_on_a_full_disk_ends_as_well(scorecam, batch, tiny_model, small_disk):
    with (small_disk / "filling").open("wb") as filling, pytest.raises(OSError, match="No space left"):
        filling.write(bytes(2**20))
    done = scorecam("compare", batch, "-m", tiny_model, "-c", 1, "-o", small_disk, "--methods", "score-cam,random")
    assert done.code == 1
    assert done.err.count("failed: cannot write") == 1
    assert "the disk is full" in done.err.splitlines()[-1]
    assert_whole(small_disk)


def test_log_on_a_full_disk_ends_the_run(scorecam, batch, tiny_model, small_disk, tmp_path):
    with (small_disk / "filling").open("wb") as filling, pytest.raises(OSError, match="No space left"):
        filling.write(bytes(2**20))
    done = scorecam("explain", batch, "-m", tiny_model, "-c", 1, "-o", tmp_path / "maps", "--log", small_disk / "log")
    assert done.code == 1
    assert f"scorecam: cannot write {small_disk}/log: the disk is full" in done.err
    assert_whole(tmp_path / "maps")


def test_output_folder_that_is_removed_meanwhile_is_made_again(scorecam, batch, tiny_model, tmp_path, monkeypatch):
    from scorecam_cli.files import write

    maps, calls = tmp_path / "maps", []

    def write_json(path, described, real=write.write_json):
        real(path, described)
        calls.append(path)
        if len(calls) == 3:
            maps.rename(tmp_path / "elsewhere")

    monkeypatch.setattr(write, "write_json", write_json)
    done = scorecam("explain", batch, "-m", tiny_model, "-c", 1, "-o", maps)
    assert done.code in (0, 1)
    found = {path.name for folder in (maps, tmp_path / "elsewhere") for path in folder.glob("*.json")}
    told = sum(": failed: cannot write" in line or "cannot be found again" in line for line in done.err.splitlines())
    assert len(found) + told == 6
    assert_whole(maps)
    for left in (tmp_path / "elsewhere").glob(".*scorecam-tmp*"):  # that file's folder went away under it
        left.unlink()
    assert_whole(tmp_path / "elsewhere")


def test_file_size_limit_fails_the_large_photos_and_not_the_small(batch, tiny_model, tmp_path):
    Image.new("RGB", (16, 16), (9, 90, 200)).save(batch / "small.png")
    limited = f'ulimit -f 8; exec "$0" -m scorecam_cli explain {batch} -m {tiny_model} -c 1 -o {tmp_path / "maps"}'
    done = subprocess.run(["bash", "-c", limited, sys.executable], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("the system allows no shared file of that size (File too large)") == 6
    assert "1 photo done (0 were up to date), 6 failed" in done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert_whole(tmp_path / "maps")
    assert not list(Path(batch).glob("*scorecam*"))
