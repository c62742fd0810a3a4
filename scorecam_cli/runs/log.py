"""The log of a run: one line of JSON for each outcome, and which photos failed in it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.regular import kind_of, open_regular
from scorecam_cli.files.write import unwritable
from scorecam_cli.records import Failed, Found, Outcome

SCHEMA = 1
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class OutcomeLog:
    """A file to which each outcome is appended as it happens, in one piece, so that several runs can share it.

    A line cut off when a run was killed stays as it is; the next begins on a line of its own.
    """

    def __init__(self, path: Path, *, outputs: Mapping[Path, Path], now: Callable[[], str]) -> None:
        """Open the log, or make it.

        Args:
            path: a plain file, or nothing yet.
            outputs: of each photo, the path that the names of its outputs begin with.
            now: the time that a line carries.

        Raises:
            UsageError: it cannot be opened for writing.
        """
        self.path, self._outputs, self._now = path, outputs, now
        try:
            self._descriptor = os.open(path, _FLAGS | getattr(os, "O_BINARY", 0), 0o666)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a file name"
            raise UsageError(f"--log {path} cannot be written ({reason}); give another file") from error
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise UsageError(f"--log {path} is {kind_of(status.st_mode)}, not a file; give another name")
        whole = status.st_size == 0 or os.pread(self._descriptor, 1, status.st_size - 1) == b"\n"
        self._beginning = b"" if whole else b"\n"

    def note(self, outcome: Outcome) -> None:
        """Append one line: what became of a photo.

        Raises:
            PhotoError: the line cannot be written; an OutputError where the disk is full.
        """
        line = {"schema": SCHEMA, "time": self._now(), **_described(outcome, self._outputs)}
        data = self._beginning + json.dumps(line).encode("ascii") + b"\n"
        self._beginning = b""
        try:
            while data:  # once; again only where the disk took a part, so that the next attempt tells why
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise unwritable(self.path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def failed_photos(path: Path) -> dict[str, Path | None]:
    """The photos whose last line in a log says that they failed, in the order of their first line.

    Returns:
        For each, as it was named, the path that its outputs begin with; None where that was not known.

    Raises:
        UsageError: the log cannot be read, or none of its lines is one of a log.
    """
    last: dict[str, dict[str, Any]] = {}
    try:
        with open_regular(path) as file:
            for line in file:
                found = _parsed(line)
                if found is not None:
                    last[found["photo"]] = found
    except (PhotoError, OSError) as error:
        raise UsageError(f"--retry-failed {path} cannot be read: {error}") from error
    if not last:
        raise UsageError(f"--retry-failed {path} holds no line of a log; give the file of an earlier --log")
    failed = {photo: line.get("output") for photo, line in last.items() if line.get("status") == "failed"}
    return {photo: Path(output) if isinstance(output, str) else None for photo, output in failed.items()}


def only_failed(found: Found, failed: dict[str, Path | None]) -> Found:
    """What of the photos found failed before."""
    return replace(
        found,
        jobs=tuple(job for job in found.jobs if str(job.photo) in failed),
        failures=tuple(each for each in found.failures if str(each.photo) in failed),
    )


def with_logged_outputs(found: Found, failed: dict[str, Path | None]) -> Found:
    """The same photos, with outputs where they would have gone before."""
    jobs = (replace(job, output=failed.get(str(job.photo)) or job.output) for job in found.jobs)
    return replace(found, jobs=tuple(jobs))


def _parsed(line: bytes) -> dict[str, Any] | None:
    """What a line of a log tells; None for one that is torn or somebody else's."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    ours = isinstance(found, dict) and found.get("schema") == SCHEMA and isinstance(found.get("photo"), str)
    return found if ours else None


def _described(outcome: Outcome, outputs: Mapping[Path, Path]) -> dict[str, Any]:
    """The fields of one line; seconds are of this run, so that a photo that was up to date has none."""
    if isinstance(outcome, Failed):
        output = outputs.get(outcome.photo)
        return {
            "photo": str(outcome.photo),
            "status": "failed",
            "reason": outcome.reason,
            "output": None if output is None else str(output),
            "paths": [],
            "seconds": None,
        }
    return {
        "photo": str(outcome.job.photo),
        "status": "up-to-date" if outcome.skipped else "explained",
        "reason": None,
        "output": str(outcome.job.output),
        "paths": [str(path) for path in outcome.paths],
        "seconds": None if outcome.skipped else outcome.manifest.seconds.total,
    }
