"""HDF5 files of strangers, looked into by a process of its own: a damaged one can make the library loop or crash."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.hdf5_structure import Contents, look_into
from scorecam_cli.inspection.limits import DAMAGED, LOOK_BYTES, LOOK_SECONDS
from scorecam_cli.inspection.sandbox import only_read

_PROGRAM = (
    "import json, sys; request = json.loads(sys.argv[1]); sys.path[:] = request.pop('modules'); "
    "from scorecam_cli.inspection.child import answer_within_limits; print(answer_within_limits(request))"
)


class Part(NamedTuple):
    """Where an HDF5 file lies: a whole file, or in an archive `size` bytes from `first` on."""

    file: Path
    first: int = 0
    size: int | None = None


def look_into_hdf5(part: Part, *, path: Path) -> Contents:
    """Check an HDF5 file and tell what it holds, as `hdf5_structure.look_into` does, whatever it does to the library.

    Args:
        part: where it lies. path: the file that the user named, which holds it.

    Raises:
        ModelError: it reaches outside itself, unpacks to far more than it stores, or is damaged.
    """
    changed = part.file.stat().st_mtime_ns
    answer = _answer(json.dumps(_request(part, path)), changed)
    if "refused" in answer:
        raise ModelError(str(answer["refused"]))
    return Contents(int(answer["numbers"]), answer["holds"])


def _request(part: Part, path: Path) -> dict[str, Any]:
    return {
        "file": os.fsdecode(part.file.absolute()),
        "first": part.first,
        "size": part.size,
        "path": os.fsdecode(path),
        "file_bytes": path.stat().st_size,
    }


@lru_cache(maxsize=8)  # a file is looked into once to tell its kind and once to check it
def _answer(request: str, changed: int) -> dict[str, Any]:
    asked = json.loads(request)
    try:
        text = ask_another_process(asked)
    except OSError:  # no process to be had: better in this one than not at all
        text = answer(asked)
    found = json.loads(text) if text else {"refused": f"{asked['path']} {DAMAGED}"}
    return dict(found)


def ask_another_process(request: dict[str, Any]) -> str:
    """The answer of a new Python, JSON; empty where it was ended by a limit or by a fault of the library."""
    with_modules = json.dumps({**request, "modules": [os.path.abspath(folder) for folder in sys.path]})  # noqa: PTH100
    done = subprocess.run(
        [sys.executable, "-I", "-c", _PROGRAM, with_modules],
        env={**os.environ, "HDF5_PLUGIN_PRELOAD": "::"},  # HDF5 loads no plug-ins
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode() if done.returncode == 0 else ""


def answer_within_limits(request: dict[str, Any]) -> str:
    """`answer`, by a process that ends when it takes LOOK_SECONDS of CPU or LOOK_BYTES more memory, and only reads."""
    import h5py  # noqa: F401 - before its memory is counted

    with contextlib.suppress(ImportError, ValueError, OSError):  # where the system has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        end = int(time.process_time()) + LOOK_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + LOOK_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    only_read()
    return answer(request)


def answer(request: dict[str, Any]) -> str:
    """What `look_into` finds in the file of a request, or the sentence of its refusal, as JSON."""
    import h5py

    path, size = Path(request["path"]), request["size"]
    try:
        with Path(request["file"]).open("rb") as file:
            source: Any = request["file"] if size is None else _Slice(file, request["first"], size)
            with h5py.File(source, "r") as h5:
                found = look_into(h5, path, file_bytes=request["file_bytes"])
        return json.dumps({"numbers": found.numbers, "holds": found.holds})
    except ModelError as error:
        return json.dumps({"refused": str(error)})
    except BlockingIOError:  # HDF5 locks a file while a training run writes it
        return json.dumps({"refused": f"{path} is being written by another program; wait until that is done"})
    except Exception:  # the library reports what it finds in many types
        return json.dumps({"refused": f"{path} {DAMAGED}"})


class _Slice(io.RawIOBase):
    """`size` bytes of a file from `first` on, as a file."""

    def __init__(self, file: IO[bytes], first: int, size: int) -> None:
        self._file, self._first, self._size, self._at = file, first, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        self._file.seek(self._first + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
