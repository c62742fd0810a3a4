"""What dead processes left half-written goes; what a living one is writing stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scorecam_cli.files import write
from scorecam_cli.files.temporaries import new_folder, sweep, sweep_folders, temporary_name

PROGRAM = """
import sys, time
from pathlib import Path
from scorecam_cli.files.temporaries import temporary_name
path = Path(sys.argv[1]) / temporary_name("dog.png")
path.write_bytes(b"half")
print(path.name, flush=True)
time.sleep(float(sys.argv[2]))
"""


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def writer(tmp_path):
    """Start a process that has a temporary in the folder; the process and the name."""
    processes = []

    def start(seconds: float) -> tuple[subprocess.Popen[str], str]:
        arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), str(seconds)]
        processes.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True))
        return processes[-1], processes[-1].stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_temporary_of_a_living_process_stays_and_goes_once_it_is_killed(tmp_path, writer):
    process, name = writer(60)
    assert sweep(tmp_path) == 0
    assert left(tmp_path) == [name]
    process.kill()
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert sweep(tmp_path) == 1, "it has ended, though nobody has asked how"
    process.wait()
    assert left(tmp_path) == []


def test_our_own_stay(tmp_path):
    (tmp_path / temporary_name("a.png")).touch()
    assert sweep(tmp_path) == 0


def test_process_that_only_bears_the_number_of_a_dead_one_protects_nothing(tmp_path, writer):
    process, name = writer(60)
    hour_before = time.time() - 3600
    os.utime(tmp_path / name, (hour_before, hour_before))
    assert sweep(tmp_path) == 1
    assert process.poll() is None


def test_those_of_another_machine_or_boot_are_only_taken_when_old(tmp_path):
    dead = tmp_path / ".a.png.scorecam-tmp-1-0123456789abcdef"
    for minutes, removed in ((50, 0), (70, 1)):
        dead.touch()
        written = time.time() - 60 * minutes
        os.utime(dead, (written, written))
        assert sweep(tmp_path) == removed, minutes


def test_nothing_else_is_touched(tmp_path):
    ours = temporary_name("a.png").replace(f"-tmp-{os.getpid()}-", "-tmp-999999999-")
    for name in (
        ours[1:],  # not hidden
        ours + "x",
        ours.replace("999999999", "self"),
        ours.replace("-tmp-", "-242-"),
        ".a.png.scorecam-tmp-1-0123",
        "dog.jpg",
    ):
        (tmp_path / name).touch()
    (tmp_path / ours).mkdir()
    (tmp_path / ours.replace(".a.", ".b.")).symlink_to("dog.jpg")
    before = left(tmp_path)
    assert sweep(tmp_path) == 0
    assert left(tmp_path) == before
    (tmp_path / ours.replace(".a.", ".c\n.")).touch()
    assert sweep(tmp_path) == 1, "a name with a line break is ours all the same"


def test_folder_that_cannot_be_listed_is_no_harm(tmp_path):
    assert sweep(tmp_path / "none") == 0
    (tmp_path / "file").touch()
    assert sweep(tmp_path / "file") == 0


def test_first_file_written_to_a_folder_sweeps_it(tmp_path, writer):
    process, name = writer(0)
    process.wait()
    (tmp_path / "sub").mkdir()
    (tmp_path / name).rename(tmp_path / "sub" / name)
    write.write_json(tmp_path / "a.json", {})
    assert left(tmp_path / "sub") == [name]
    write.write_json(tmp_path / "sub" / "a.json", {})
    assert left(tmp_path / "sub") == ["a.json"]


def test_name_tells_the_process_and_never_comes_twice():
    names = {temporary_name("a.png") for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith(f".a.png.scorecam-tmp-{os.getpid()}-") for name in names)
    assert len(os.fsencode(temporary_name("é" * 127))) <= 255


def test_folders_of_the_dead_are_removed_and_of_the_living_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living = new_folder()
    dead = tmp_path / living.name.replace(f"-{os.getpid()}-", "-999999999-")
    dead.mkdir()
    (dead / "map.png").touch()
    (tmp_path / dead.name.replace(".scorecam.", ".other.")).symlink_to(living)
    assert sweep_folders(tmp_path) == 1
    assert left(tmp_path) == sorted([living.name, dead.name.replace(".scorecam.", ".other.")])
    assert living.stat().st_mode & 0o777 == 0o700
