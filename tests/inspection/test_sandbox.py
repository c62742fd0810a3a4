"""What a process that gave its rights away can no longer do; each trial in a process of its own, in one table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scorecam_cli.inspection import sandbox

PROGRAM = """
import json, os, socket, subprocess, sys, threading
sys.path.insert(0, sys.argv[2])
from scorecam_cli.inspection import sandbox

kept, new = "kept", "new"
trials = {
    "read a file": lambda: open(kept).read(),
    "list a folder": lambda: os.listdir("."),
    "make a file": lambda: open(new, "w"),
    "append to a file": lambda: open(kept, "a"),
    "open a file to change it": lambda: os.open(kept, os.O_RDWR),
    "empty a file": lambda: os.open(kept, os.O_RDONLY | os.O_TRUNC),
    "make a file without a name": lambda: os.open(".", os.O_TMPFILE | os.O_RDWR),
    "cut a file": lambda: os.truncate(kept, 0),
    "delete a file": lambda: os.unlink("other"),
    "rename a file": lambda: os.rename(kept, new),
    "make a folder": lambda: os.mkdir(new),
    "delete a folder": lambda: os.rmdir("folder"),
    "link": lambda: os.link(kept, new),
    "link by name": lambda: os.symlink(kept, new),
    "make a pipe": lambda: os.mkfifo(new),
    "change rights": lambda: os.chmod(kept, 0o600),
    "change times": lambda: os.utime(kept),
    "open a socket of IP": lambda: socket.socket(),
    "open a socket of IPv6": lambda: socket.socket(socket.AF_INET6),
    "open a socket of datagrams": lambda: socket.socket(type=socket.SOCK_DGRAM),
    "open a local socket": lambda: socket.socket(socket.AF_UNIX),
    "start a program": lambda: subprocess.run(["true"]),
    "signal another": lambda: os.kill(os.getppid(), 0),
}

def tried(trial):
    try:
        trial()
    except PermissionError:
        return False
    except OSError:  # it was tried
        return True
    return True

def in_a_thread(trial):
    found = []
    thread = threading.Thread(target=lambda: found.append(tried(trial)))
    thread.start()
    thread.join()
    return found[0]

open(kept, "w").close(), open("other", "w").close(), os.mkdir("folder")
holds = getattr(sandbox, sys.argv[1])()
answers = {name: tried(trial) for name, trial in trials.items()}
answers["open a socket in a thread"] = in_a_thread(trials["open a socket of IP"])
print(json.dumps([holds, answers]))
"""
READING = {"read a file", "list a folder"}
NETWORK = {
    "open a socket of IP",
    "open a socket of IPv6",
    "open a socket of datagrams",
    "open a socket in a thread",
}


def can_do(rights: str, folder: Path) -> tuple[set[str], set[str]]:
    """What the process can do and what it cannot."""
    arguments = [sys.executable, "-c", PROGRAM, rights, str(Path(__file__).parents[2])]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    holds, answers = json.loads(done.stdout)
    if not holds:
        pytest.skip("this system keeps no process from anything")
    return {name for name, able in answers.items() if able}, {name for name, able in answers.items() if not able}


def test_a_process_that_only_reads_does_nothing_else(tmp_path: Path) -> None:
    able, kept_from = can_do("only_read", tmp_path)
    assert able == READING
    assert len(kept_from) == 22
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "kept", "other"]


def test_a_process_without_network_does_all_else(tmp_path: Path) -> None:
    _, kept_from = can_do("without_network", tmp_path)
    assert kept_from == NETWORK


def test_an_unknown_processor_takes_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_SYSTEMS", {})
    assert not sandbox.only_read()
    assert not sandbox.without_network()
