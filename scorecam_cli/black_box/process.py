"""The other end of `child`: the process that has a model open, started, asked and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from scorecam_cli.black_box.messages import hear, say
from scorecam_cli.errors import ModelError, PhotoError
from scorecam_cli.inspection.inspect import FileKind
from scorecam_cli.inspection.limits import DAMAGED, FROM_ITS_MAKER

OPEN_SECONDS = 180.0  # to start Python and a runtime on a busy machine, and to open a file of two gigabytes
PASS_SECONDS = 300.0  # of one batch; of 32 photos and the largest networks on one slow processor

_PROGRAM = (
    "import json, sys; request = json.loads(sys.argv[1]); sys.path[:] = request.pop('modules'); "
    "from scorecam_cli.black_box.child import serve; serve(request)"
)
_ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "MALLOC_ARENA_MAX": "4"}


class OutOfMemoryError(Exception):
    """A batch was too large for the memory that the process may take."""


class Process:
    """A model file, open in a process of its own until this object is gone.

    told: what it says of itself: `inputs`, `outputs`, `versions`.
    """

    def __init__(self, path: Path, kind: FileKind) -> None:
        """Open it.

        Raises:
            ModelError: it cannot be opened, or needs a package that is not installed.
        """
        self._path = path
        self._connection, theirs = Pipe()
        request = {
            "kind": kind.name,
            "file": os.fsdecode(path.absolute()),
            "connection": theirs.fileno(),
            "modules": [os.path.abspath(folder) for folder in sys.path],  # noqa: PTH100
        }
        try:
            started = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, json.dumps(request)],
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.PIPE,  # held open: the system ends the process when it is closed
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        except OSError as error:
            raise ModelError(f"{path} needs a process of its own, and none is to be had: {error.strerror}") from error
        finally:
            theirs.close()
        self._started = started
        self._end = weakref.finalize(self, _ended, started, self._connection)
        self.told = self._opened()

    def run(self, arrays: Sequence[NDArray[Any]], *, output: int, together: int | None) -> NDArray[Any]:
        """One output of the model for a batch of photos.

        Args:
            arrays: what each input is given, with the batch axis.
            output: its place.
            together: the batch size that the model is fixed to; None: it takes any.

        Raises:
            OutOfMemoryError: the batch was too large. PhotoError: the model stops, takes too long or its process ends.
        """
        try:
            say(self._connection, {"output": output, "together": together}, arrays)
            message, found = hear(self._connection, PASS_SECONDS)
        except TimeoutError as error:
            self._end()
            raise PhotoError(f"{self._path} took longer than {PASS_SECONDS:g} seconds for a batch of photos") from error
        except (EOFError, OSError, ValueError, KeyError) as error:
            raise PhotoError(f"{self._path} stops: {self._how_it_ended()}") from error
        if message.get("memory"):
            raise OutOfMemoryError
        if "failed" in message or len(found) != 1:
            raise PhotoError(f"{self._path} stops: {_shown(message.get('failed'))}")
        return found[0]

    def end(self) -> None:
        """Close the file and end the process."""
        self._end()

    def _opened(self) -> dict[str, Any]:
        try:
            message, _ = hear(self._connection, OPEN_SECONDS)
        except TimeoutError as error:
            self._end()
            raise ModelError(f"{self._path} was not open after {OPEN_SECONDS:g} seconds; {FROM_ITS_MAKER}") from error
        except (EOFError, OSError, ValueError, KeyError) as error:
            raise ModelError(f"{self._path} {DAMAGED}: {self._how_it_ended()}") from error
        if "missing" in message:
            raise ModelError(f"{self._path} needs onnxruntime, which is not installed: pip install 'scorecam[onnx]'")
        if "refused" in message:
            self._end()
            raise ModelError(f"{self._path} cannot be opened: {_shown(message['refused'])}")
        return message

    def _how_it_ended(self) -> str:
        self._end()
        status = self._started.returncode
        if status is not None and status < 0 and status != -signal.SIGKILL:
            return f"the process that ran it crashed ({signal.Signals(-status).name})"
        return "the process that ran it ended; perhaps memory ran out"


def _ended(started: subprocess.Popen[bytes], connection: Connection) -> None:
    connection.close()
    try:
        started.wait(0.5)  # it may be ending by itself: by what?
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait(5)
    if started.stdin is not None:
        started.stdin.close()


def _shown(text: Any) -> str:
    """Words of a runtime about a stranger's file, as a terminal may show them."""
    letters = "".join(letter for letter in str(text) if letter.isprintable())
    return letters[:200].rstrip(" .") or "its runtime says nothing"
