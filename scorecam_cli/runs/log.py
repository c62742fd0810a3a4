"""The log of a run: a line of JSON with what was asked, then one for each outcome; and which photos failed in it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from scorecam_cli import __version__
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.looks import is_link
from scorecam_cli.files.regular import kind_of, open_regular
from scorecam_cli.files.small_files import LOG, require_plain, too_large, unreadable
from scorecam_cli.files.write import unwritable
from scorecam_cli.outcomes import Failed, Outcome
from scorecam_cli.runs.logged_request import LoggedRequest, as_json, checked_request, identity, present_folder

SCHEMA = 1
MAX_LINE = 2**24  # bytes; a thousand classes of six files each, with long paths, have 3 MB
MAX_NAME = 2**16  # characters of a path; systems end at 4,096

_BEGINNING = f'{{"schema": {SCHEMA}, '.encode("ascii")  # of each line, even of one that was cut off
_PIECE = 2**16  # bytes
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class OutcomeLog:
    """A file to which each outcome is appended as it happens, in one piece, so that several runs can share it.

    A line cut off when a run was killed stays as it is; the next begins on a line of its own.
    """

    def __init__(
        self,
        path: Path,
        *,
        request: LoggedRequest,
        outputs: Mapping[PurePath, PurePath],
        now: Callable[[], str],
        origin: Mapping[str, str | None],
    ) -> None:
        """Open the log, or make it, and note the request where the log does not begin with the same one.

        Args:
            path: a log, an empty plain file, or nothing yet; a symbolic link only to a log.
            request: what this run was asked to do.
            outputs: of each photo, the path that the names of its outputs begin with.
            now: the time that a line carries.
            origin: what else a line carries of the run: the machine, the part.

        Raises:
            UsageError: it cannot be opened for writing, or something else is in it.
            PhotoError: it cannot be written; an OutputError where the disk is full.
        """
        self.path, self._outputs, self._now, self._origin = path, outputs, now, dict(origin)
        self._request = identity(request)
        self._descriptor = _opened(path)
        try:
            first, size = _first_line(self._descriptor), os.fstat(self._descriptor).st_size
            if not _begins_a_log(first) and (size or is_link(path)):
                raise UsageError(f"--log {path} is no log and is left as it is; give a new name, or that of a log")
            whole = size == 0 or os.pread(self._descriptor, 1, size - 1) == b"\n"
            self._beginning = b"" if whole else b"\n"
            if (_parsed(first) or {}).get("id") != self._request:
                self._append({"scorecam": __version__, "id": self._request, "request": as_json(request)})
        except BaseException:
            self.close()
            raise

    def note(self, outcome: Outcome) -> None:
        """Append one line: what became of a photo.

        Raises:
            PhotoError: the line cannot be written; an OutputError where the disk is full.
        """
        described = _described(outcome, self._outputs)
        self._append({"time": self._now(), **self._origin, **described, "request": self._request})

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _append(self, line: Mapping[str, Any]) -> None:
        data = self._beginning + json.dumps({"schema": SCHEMA, **line}).encode("ascii") + b"\n"
        self._beginning = b""
        try:
            while data:  # once; again only where the disk took a part, so that the next attempt tells why
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise unwritable(self.path, error) from error


@dataclass(frozen=True)
class FailedBefore:
    """A photo whose last line in a log says that it failed.

    photo, output: as the line has them; output, the path that its outputs begin with, is None where it was not known.
    cwd: the folder that both start from. request: what was asked, None in a log that does not tell.
    """

    photo: str
    output: str | None
    cwd: Path
    request: LoggedRequest | None


def failed_before(path: Path) -> tuple[FailedBefore, ...]:
    """The photos whose last line in a log says that they failed, in the order of their first line.

    Raises:
        UsageError: the log cannot be read, none of its lines is one of a log, or the request of a photo that failed
            makes no sense.
    """
    here = present_folder()
    requests: dict[str, Mapping[str, Any]] = {}
    folders: dict[str, Path] = {}
    last: dict[str, tuple[str, str | None, str] | None] = {}  # photo, output, request; None for one that is done
    for line in _lines(path):
        found = _parsed(line)
        if found is None:
            continue
        if "photo" not in found:
            requests[found["id"]] = found["request"]
            folders[found["id"]] = _folder(found["request"])
        else:
            told = found["photo"], found["output"], found["request"]
            place = os.path.join(folders.get(found["request"], here), found["photo"])  # noqa: PTH118 - a million times
            last[place] = told if found.get("status") == "failed" else None
    if not last and not requests:
        raise UsageError(f"--retry-failed {path} holds no line of a log; give {LOG.wanted}")
    failed = [told for told in last.values() if told is not None]
    needed = {request: requests[request] for _, _, request in failed if request in requests}
    checked = {name: checked_request(request, path) for name, request in needed.items()}
    return tuple(
        FailedBefore(photo, output, folders.get(request, here), checked.get(request))
        for photo, output, request in failed
    )


def last_failures(path: Path) -> dict[str, str]:
    """Of the photos whose last line in a log says that they failed: why, by the path that their outputs begin with.

    Paths are absolute; of a name that led to no photo it is the name's own.

    Raises:
        UsageError: the log cannot be read, or none of its lines is one of a log.
    """
    here, any_line = present_folder(), False
    folders: dict[str, Path] = {}
    last: dict[str, str] = {}
    for line in _lines(path):
        found = _parsed(line)
        if found is None:
            continue
        any_line = True
        if "photo" not in found:
            folders[found["id"]] = _folder(found["request"])
            continue
        place = os.path.join(folders.get(found["request"], here), found["output"] or found["photo"])  # noqa: PTH118
        if found.get("status") == "failed":
            last[place] = str(found.get("reason"))[:MAX_NAME]
        else:
            last.pop(place, None)
    if not any_line:
        raise UsageError(f"{path} holds no line of a log; give {LOG.wanted}")
    return last


def _opened(path: Path) -> int:
    """The log, open for reading and appending, made where nothing is."""
    link = is_link(path)  # followed, but never to make what it leads to
    try:
        flags = _FLAGS if link else _FLAGS | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"--log {path} cannot be written ({reason}); give another file") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UsageError(f"--log {path} is {kind_of(mode)}, not a file; give another name")
    return descriptor


def _first_line(descriptor: int) -> bytes:
    data = bytearray()
    while (piece := os.pread(descriptor, _PIECE, len(data))) and len(data) < MAX_LINE:
        data += piece
        if b"\n" in piece or not data.startswith(_BEGINNING):  # what is no log is not read on
            break
    return bytes(data).partition(b"\n")[0]


def _begins_a_log(first: bytes) -> bool:
    """Whether the first line of a file is one of a log, be it cut off."""
    if (found := _parsed(first)) is not None:
        return "status" in found or "photo" not in found
    cut_off = first.startswith(_BEGINNING) or (first != b"" and _BEGINNING.startswith(first))
    return cut_off and _loaded(first) is None


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a log; of one that is longer than any, its parts."""
    require_plain(path, LOG)
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > LOG.most_bytes:
                raise too_large(f"--retry-failed {path}", LOG)
            while line := file.readline(MAX_LINE):
                yield line
    except (PhotoError, OSError) as error:
        raise unreadable(f"--retry-failed {path}", LOG, str(error)) from error


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line about a photo, with `output` and `request` in any case, or one with a request and its `id`.

    None for one that is torn or somebody else's.
    """
    found = _loaded(line)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return None
    if isinstance(found.get("request"), dict) and isinstance(found.get("id"), str) and "photo" not in found:
        return found
    photo, output, request = (found.get(name) for name in ("photo", "output", "request"))
    if not isinstance(photo, str) or len(photo) > MAX_NAME:
        return None
    named = output if output is None or (isinstance(output, str) and len(output) <= MAX_NAME) else ""
    return {**found, "output": named, "request": request if isinstance(request, str) else ""}


def _loaded(line: bytes) -> Any:
    """The JSON of a line, without NaN and the like; None where there is none."""
    try:
        return json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _folder(request: Mapping[str, Any]) -> Path:
    """Where the paths of a run start from: its folder, or the present one where that is not told."""
    cwd = request.get("cwd")
    return Path(cwd) if isinstance(cwd, str) and Path(cwd).is_absolute() else present_folder()


def _described(outcome: Outcome, outputs: Mapping[PurePath, PurePath]) -> dict[str, Any]:
    """The fields of one line; seconds are of this run, so that a photo that was up to date has none."""
    if isinstance(outcome, Failed):
        output = outcome.output or outputs.get(outcome.photo)
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
