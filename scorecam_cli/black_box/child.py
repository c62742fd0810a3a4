"""The process that runs a model seen from outside: it opens one file, and from then on only computes.

A runtime is C++ on a stranger's bytes. Before it sees them, its process gives up the right to write, to connect and to
start programs (Linux on x86-64 and aarch64), and may take bounded memory; a fault of it ends this process alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.black_box.messages import hear, say
from scorecam_cli.files.parent import end_with_parent
from scorecam_cli.inspection.sandbox import only_read

RUNTIMES = {"TFLITE": "tflite_runtime", "ONNX": "onnx_runtime", "SAVED_MODEL": "saved_model_runtime"}
SPARE_BYTES = 4 << 30  # of address space, beside the runtime itself: for a batch of photos and what is made of them
FILE_COPIES = 4


class Opened(Protocol):
    """A model that a runtime has opened."""

    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]

    def run(self, inputs: list[NDArray[Any]], output: int) -> NDArray[Any]:
        """One output for a batch; every input has the batch axis."""


def serve(request: dict[str, Any]) -> None:
    """Open the file of a request and answer until the other side closes.

    Args:
        request: `kind`, a name in RUNTIMES; `file`, a file or folder; `connection`, a descriptor.
    """
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to deal with
    connection = Connection(request["connection"])
    with contextlib.suppress(EOFError, OSError):
        try:
            runtime = import_module(f"scorecam_cli.black_box.{RUNTIMES[request['kind']]}")
            runtime.load()
        except ImportError as error:
            say(connection, {"missing": str(error.name)})
            return
        path = Path(request["file"])
        _bound(_size(path))
        only_read()
        try:
            opened: Opened = runtime.open_model(path)
            say(connection, {"inputs": opened.inputs, "outputs": opened.outputs, "versions": runtime.versions()})
        except Exception as error:  # a runtime reports what it finds in many types
            say(connection, {"refused": _one_line(error)})
            return
        while True:
            message, arrays = hear(connection)
            say(connection, *_answer(opened, message, arrays))


def _answer(opened: Opened, message: dict[str, Any], arrays: list[NDArray[Any]]) -> tuple[dict[str, Any], list[Any]]:
    try:
        return {}, [_in_batches(opened, arrays, output=message["output"], together=message["together"])]
    except MemoryError:
        return {"memory": True}, []
    except Exception as error:
        text = _one_line(error)
        return {"memory": True} if "bad_alloc" in text or "allocate" in text else {"failed": text}, []


def _in_batches(opened: Opened, arrays: list[NDArray[Any]], *, output: int, together: int | None) -> NDArray[Any]:
    """All photos in batches of the size that the model is fixed to; the last one filled up with its last photo."""
    count = len(arrays[0])
    if together is None:
        return opened.run(arrays, output)
    parts = []
    for first in range(0, count, together):
        places = np.minimum(np.arange(first, first + together), count - 1)
        parts.append(opened.run([each[places] for each in arrays], output)[: count - first])
    return np.concatenate(parts)


def _bound(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # where the system has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + SPARE_BYTES + FILE_COPIES * size
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _one_line(error: Exception) -> str:
    """The first line of its message that says anything, printable and short."""
    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return "".join(letter for letter in " ".join(line.split()) if letter.isprintable())[:200]


def threads() -> int:
    """Of a runtime: as many as TensorFlow is told to use, else as the processors that this process may use."""
    asked = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
