"""A process that decodes photos: it can be ended when one takes too long, and a fault of a library ends it alone."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.bands import split
from scorecam_cli.photos.messages import receive, send
from scorecam_cli.records import Photo

POSSIBLE = hasattr(socket, "AF_UNIX") and hasattr(socket, "send_fds")
START_SECONDS = 120.0  # a busy disk; a third of a second otherwise
NOISE_BYTES = 2**16  # of what the libraries print about one photo
MOST_LINES = 3  # of them in the warnings of a photo

_PROGRAM = (
    "import json, sys; asked = json.loads(sys.argv[1]); sys.path[:] = asked['modules']; "
    "from scorecam_cli.photos.decoder_process import serve; serve(asked['connection'])"
)
# One thread and few arenas, so that a limit of address space means memory; large pieces go back to the system at once.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(2**20)}


class GoneError(Exception):
    """The process has ended in the middle of a photo; `status` as subprocess gives it."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"the decoder ended with {status}")
        self.status = status


class Decoder:
    """One process, asked for one photo at a time.

    It ends with this process, however that ends: its standard input is a pipe that nobody writes to, and the system
    ends it when the other end is closed.
    """

    def __init__(self) -> None:
        """Start the process; it is waited for when it is asked first.

        Raises:
            OSError: no process is to be had.
        """
        self.owner = os.getpid()
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._noise, noise = os.pipe()
        try:
            os.set_blocking(self._noise, False)
            os.set_blocking(noise, False)  # nobody reads while a photo is decoded: what does not fit is lost
            modules = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100
            asked = json.dumps({"modules": modules, "connection": theirs.fileno()})
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, asked],
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=noise,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            self._connection.close()
            os.close(self._noise)
            raise
        finally:
            theirs.close()
            os.close(noise)
        self._ready = False
        self._ending = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether it can be asked: it runs, and is no copy that a fork made of another process's."""
        return self.owner == os.getpid() and self._process.poll() is None

    def read(
        self, descriptor: int, *, limits: dict[str, int], seconds: float | None, admit: Callable[[int], None]
    ) -> Photo:
        """The photo in an open file; what the libraries print about it is among its warnings.

        Args:
            descriptor: of a plain file, at its beginning.
            limits: `max_bytes` of the file and `max_pixels`.
            seconds: the most that it may take, without what `admit` takes; None for no limit.
            admit: called with the number of pixels, where it is more than a few, before they are decoded.

        Raises:
            PhotoError: no photo that can be read.
            GoneError: the process has ended.
            TimeoutError: it took longer, and was ended.
        """
        try:
            if not self._ready:
                receive(self._connection, START_SECONDS)
                self._ready = True
            send(self._connection, limits, descriptor)
            began = time.monotonic()
            answer, pixels = receive(self._connection, seconds)
            if "pixels" in answer:
                left = None if seconds is None else seconds - (time.monotonic() - began)
                admit(int(answer["pixels"]))
                send(self._connection, {})
                answer, pixels = receive(self._connection, left)
        except (ConnectionError, EOFError) as error:
            raise GoneError(self.end(patience=1)) from error  # it is ending: by what?
        except BaseException:  # in the middle of a conversation it is of no use any more
            self.end()
            raise
        lines = self._lines()
        if pixels is None:
            said = f"; the decoder says: {lines[0]}" if lines else ""
            raise PhotoError(f"{answer['refused']}{said}")
        return _photo(answer, pixels, lines)

    def end(self, patience: float = 0) -> int | None:
        """End the process at once, where it has not ended by itself; its status."""
        with self._ending:
            if self.owner != os.getpid() or self._noise < 0:
                return None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # a disk that never answers
                self._process.wait(1)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._connection.close()
            os.close(self._noise)
            self._noise = -1
            return self._process.returncode

    def kill(self) -> None:
        """End the process at once; who waits for a photo learns that it is gone."""
        if self.owner == os.getpid():
            self._process.kill()

    def _lines(self) -> list[str]:
        """What the libraries have printed since they were asked last, each line once."""
        printed = b""
        with contextlib.suppress(BlockingIOError):
            printed = os.read(self._noise, NOISE_BYTES)
        lines = (" ".join(line.split())[:120] for line in printed.decode("utf-8", "replace").splitlines())
        return list(dict.fromkeys(line for line in lines if line))


def _photo(answer: dict[str, Any], descriptor: int, lines: list[str]) -> Photo:
    """The photo whose pixels are in memory that the other process has filled."""
    try:
        mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
    rgb = np.frombuffer(mapped, np.uint8).reshape(answer["shape"])  # [H0, W0, 3]
    if "bands" in answer:
        return split(rgb, dtype=answer["bands"], sha256=answer["sha256"])
    notes = [f"the decoder says: {line}" for line in lines[:MOST_LINES]]
    return Photo(rgb, answer["sha256"], (*answer["warnings"], *notes))
