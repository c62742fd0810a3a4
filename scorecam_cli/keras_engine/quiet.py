"""Keeps what TensorFlow's C++ says at its start off the terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 aside: TensorFlow's C++ writes there before any of its settings is read.

    It is lost: what fails raises an exception that says why. SCORECAM_DEBUG=1 shows it.
    """
    if os.environ.get("SCORECAM_DEBUG") == "1":
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # started with stderr closed
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
