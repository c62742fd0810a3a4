"""Killed, or refused by the system, at each call that writes a photo's files: nothing torn, a new run mends."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scorecam_cli.files import write
from scorecam_cli.outcomes import Explained
from tests.faults.one_photo import NAMES, is_current, write_photo

ROOT = Path(__file__).parents[2]
CALLS = ("mkdir", "unlink", "openat", "write", "fsync", "rename")
FAULTS = {"signal=KILL": -9, "error=ENOSPC": 3, "error=EIO": 1, "error=EACCES": 1}
RARE = ("error=EIO", "error=EACCES")  # handled as ENOSPC is, but for the run going on
KILLED_IN = "rename"  # as in any other call: there the files of two runs stand beside each other
AROUND = ("mkdir", "unlink")  # of the folder and of what dead processes left: no file of this photo
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


def traced(folder, trace, *arguments):
    """Write the photo under strace; exit code, and the calls as (name, number among its like, the rest of its line)."""
    done = subprocess.run(
        [
            *("strace", "-q", "-y", "-s", "0", "-o", trace, "-e", f"trace={','.join(CALLS)}"),
            *arguments,
            *(sys.executable, "-B", "-m", "tests.faults.one_photo", folder),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    counts = dict.fromkeys(CALLS, 0)
    calls = []
    for line in trace.read_text("utf-8", "replace").splitlines():
        found = CALL.match(line)
        if found and found[1] in counts:
            counts[found[1]] += 1
            calls.append((found[1], counts[found[1]], found[2]))
    return done.returncode, calls, done.stderr


def lasting(data):
    """What a file holds; of a manifest all but when, and as which inode, the others were written."""
    try:
        return json.loads(data, object_hook=lambda found: {**found, "mtime_ns": None, "inode": None})
    except ValueError:
        return data


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The calls that a run makes in the outputs' folder, found by watching one: names and numbers."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    folder = tmp_path_factory.mktemp("watched")
    code, calls, told = traced(folder / "maps", folder / "trace")
    if code and "ptrace" in told:
        pytest.skip(f"strace may not trace here: {told.splitlines()[-1]}")
    assert code == 0, told
    return [(name, number) for name, number, rest in calls if f"{folder}/maps" in rest]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of an undisturbed run: of an earlier one with other settings, and of the present one."""
    made = []
    for seed in (0, 1):
        folder = tmp_path_factory.mktemp(f"whole{seed}")
        assert isinstance(write_photo(folder, seed), Explained)
        made.append({name: (folder / name).read_bytes() for name in NAMES})
    return made


def test_the_plan_names_every_write_fsync_and_rename(plan):
    counts = {call: [name for name, _ in plan].count(call) for call in CALLS}
    assert {name: counts[name] for name in ("write", "fsync", "rename")} == dict.fromkeys(
        ("write", "fsync", "rename"), 4
    )
    assert counts["mkdir"] >= 1
    assert counts["unlink"] == 1
    assert counts["openat"] >= 4


def is_slow(call, fault):
    """Whether the ordinary tests have another like it."""
    return fault in RARE or call in AROUND or (fault == "signal=KILL" and call != KILLED_IN)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        pytest.param(call, fault, marks=pytest.mark.slow if is_slow(call, fault) else ())
        for call in CALLS
        for fault in FAULTS
    ],
)
def test_nothing_is_torn_and_the_next_run_mends(plan, whole, tmp_path, call, fault):
    numbers = [number for name, number in plan if name == call]
    for number in numbers:
        folder = tmp_path / f"{call}{number}"
        if call != "mkdir":  # files of an earlier run are there
            folder.mkdir()
            for name, data in whole[0].items():
                (folder / name).write_bytes(data)
        code, _, told = traced(folder, tmp_path / "trace", "-e", f"inject={call}:{fault}:when={number}")
        trace = (tmp_path / "trace").read_text("utf-8", "replace")
        assert ("+++ killed by SIGKILL" if fault == "signal=KILL" else "(INJECTED)") in trace
        assert "Traceback" not in told
        if code != 0:  # a call whose failure does not matter: listing what dead processes left
            assert code == FAULTS[fault], told
        for name in NAMES if folder.is_dir() else ():
            if (folder / name).exists():
                found = lasting((folder / name).read_bytes())
                assert found in [lasting(each[name]) for each in whole], f"{name} is torn after {call} {number}"
        assert code == 0 or not is_current(folder, 1)
        assert not is_current(folder, 0) or all((folder / name).read_bytes() == whole[0][name] for name in NAMES)
        write._swept.discard(folder)
        assert isinstance(write_photo(folder), Explained)
        left = {path.name: lasting(path.read_bytes()) for path in folder.iterdir()}
        assert left == {name: lasting(data) for name, data in whole[1].items()}, f"after {call} {number}"


def test_files_of_one_run_never_stand_beside_the_manifest_of_another(tmp_path, monkeypatch):
    """Two runs with different settings can write files of the same size, which a manifest could not tell apart."""
    assert isinstance(write_photo(tmp_path, 0, save=("npy",)), Explained)
    assert is_current(tmp_path, 0)

    def stopped(path, described):
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "write_json", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_photo(tmp_path, 1, save=("npy",))
    assert not is_current(tmp_path, 0)
    assert not is_current(tmp_path, 1)
