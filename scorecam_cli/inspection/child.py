"""A process of its own for each file of a stranger: a damaged one can make a library loop, crash or take all memory."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.limits import DAMAGED, LOOK_BYTES, LOOK_SECONDS, LOOK_SPEED
from scorecam_cli.inspection.sandbox import only_read

_PROGRAM = (
    "import json, sys; request = json.loads(sys.argv[1]); sys.path[:] = request.pop('modules'); "
    "from scorecam_cli.inspection.child import answer_within_limits; print(answer_within_limits(request))"
)


def ask(path: Path) -> dict[str, Any]:
    """What `look.look` finds in a file, as JSON values, or `{"refused": sentence}`, whatever it does to a library.

    Args:
        path: a plain file, as the user named it.
    """
    request = {"path": os.fsdecode(path), "file": os.fsdecode(path.absolute())}
    try:
        text = ask_another_process(request)
    except OSError:  # no process to be had: better in this one than not at all
        with tempfile.TemporaryFile() as spare:
            text = answer(request, spare)
    found = json.loads(text) if text else {"refused": f"{path} {DAMAGED}"}
    return dict(found)


def ask_another_process(request: dict[str, Any]) -> str:
    """The answer of a new Python, JSON; empty where it was ended by a limit or by a fault of a library."""
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
    """`answer`, by a process that takes bounded CPU time and memory more than now, and from then on only reads."""
    import h5py  # noqa: F401 - before its memory is counted

    with tempfile.TemporaryFile() as spare:
        with contextlib.suppress(ImportError, ValueError, OSError):  # where the system has no such limits
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            seconds = LOOK_SECONDS + Path(request["file"]).stat().st_size // LOOK_SPEED
            end = int(time.process_time()) + seconds
            resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
            most = pages * resource.getpagesize() + LOOK_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        only_read()
        return answer(request, spare)


def answer(request: dict[str, Any], spare: IO[bytes]) -> str:
    """What is found in the file of a request, or the sentence of its refusal, as JSON.

    Args:
        request: `path`, what the user calls the file, and `file`, where it lies.
        spare: an empty file, for weights that have to be unpacked.
    """
    from scorecam_cli.inspection.look import look

    path = Path(request["path"])
    try:
        return json.dumps(look(path, Path(request["file"]), spare))
    except ModelError as error:
        return json.dumps({"refused": str(error)})
    except BlockingIOError:  # HDF5 locks a file while a training run writes it
        return json.dumps({"refused": f"{path} is being written by another program; wait until that is done"})
    except OSError as error:
        if error.strerror and error.filename == request["file"]:  # ours: a library's has neither
            return json.dumps({"refused": f"{path} cannot be read ({error.strerror}); check its permissions"})
        return json.dumps({"refused": f"{path} {DAMAGED}"})
    except Exception:  # the libraries report what they find in many types
        return json.dumps({"refused": f"{path} {DAMAGED}"})
