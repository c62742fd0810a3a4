"""Names of files that are being written, and what dead processes left of theirs.

A name tells who writes: `.dog.png.scorecam-tmp-PID-HEX`. The first half of HEX stands for the machine since it was
started, so that a process number is only asked about where it means something; the second half is random.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
import time
from pathlib import Path

import psutil

NAME_BYTES = 255  # the most that Linux, macOS and Windows file systems allow for one name
ABANDONED_SECONDS = 3600.0  # a temporary is written in seconds; one of another machine, untouched for so long, is dead
CLOCK_SECONDS = 2.0  # how far the clocks of a file system and of processes are trusted to agree

_NAME = re.compile(r"\A\.(?P<stem>.*)\.scorecam-tmp-(?P<pid>\d{1,10})-(?P<machine>[0-9a-f]{8})[0-9a-f]{8}\Z", re.DOTALL)


def temporary_name(name: str) -> str:
    """A hidden name of this process alone for the same folder, no longer than a file system allows."""
    ending = f".scorecam-tmp-{os.getpid()}-{_machine()}{secrets.token_hex(4)}"
    stem = name
    # A name that is itself too long keeps its fault, to be told of it by the system when the file is moved.
    while len(os.fsencode(f".{stem}{ending}")) > NAME_BYTES:
        stem = stem[:-1]
    return f".{stem}{ending}"


def name_being_written(name: str) -> str | None:
    """What a temporary becomes once it is whole, cut short where that is a long name; None for any other file."""
    found = _NAME.match(name)
    return None if found is None else found["stem"]


def sweep(folder: Path) -> int:
    """Remove the temporaries that dead processes left in a folder; how many they were.

    Those of a process that lives are never touched, nor those of another machine or container that writes to the same
    folder, unless they are older than `ABANDONED_SECONDS`. What cannot be looked at or removed stays.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.match(entry.name)
            with contextlib.suppress(OSError):
                if found and _is_stale(entry.stat(follow_symlinks=False), int(found["pid"]), machine=found["machine"]):
                    Path(entry.path).unlink()
                    removed += 1
    return removed


def new_folder() -> Path:
    """An empty folder of this process alone where the system keeps temporaries; whoever asked removes it.

    Those that dead processes of this user left there are removed first.

    Raises:
        OSError: it cannot be made.
    """
    place = Path(tempfile.gettempdir())
    _swept_once(place)
    folder = place / temporary_name("scorecam")
    folder.mkdir(mode=0o700)
    return folder


def sweep_folders(place: Path) -> int:
    """Remove the folders of `new_folder` that dead processes of this user left; how many they were."""
    removed = 0
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            found = _NAME.match(entry.name)
            with contextlib.suppress(OSError):
                if found and _is_ours_and_dead(
                    entry.stat(follow_symlinks=False), int(found["pid"]), machine=found["machine"]
                ):
                    shutil.rmtree(entry.path)
                    removed += 1
    return removed


_swept_once = functools.cache(sweep_folders)


def _is_ours_and_dead(status: os.stat_result, process: int, *, machine: str) -> bool:
    ours = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return stat.S_ISDIR(status.st_mode) and ours and _is_dead(status, process, machine=machine)


def _is_stale(status: os.stat_result, process: int, *, machine: str) -> bool:
    return stat.S_ISREG(status.st_mode) and _is_dead(status, process, machine=machine)


def _is_dead(status: os.stat_result, process: int, *, machine: str) -> bool:
    if machine != _machine():
        return time.time() - status.st_mtime > ABANDONED_SECONDS
    started = _started(process)
    # A process that was started after the last write only bears the number of the one that wrote.
    return started is None or status.st_mtime < started - CLOCK_SECONDS


def _started(process: int) -> float | None:
    """When a process was started, as seconds since 1970; None where there is none, 0 where it cannot be told."""
    try:
        found = psutil.Process(process)
        if found.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):  # it only waits for its parent to ask how
            return None
        return float(found.create_time())
    except (psutil.NoSuchProcess, OverflowError):
        return None
    except psutil.Error:  # it lives, and belongs to somebody else
        return 0.0


@functools.cache
def _machine() -> str:
    """8 hexadecimal digits: this machine since it was started, and within it the world its process numbers are of."""
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:8]
