"""A process that does not outlive the one that started it."""

from __future__ import annotations

import contextlib
import os
import signal


def end_with_parent() -> None:
    """Be ended by the system as soon as nobody holds the other end of standard input, whatever it is doing."""
    import fcntl

    signal.signal(signal.SIGIO, signal.SIG_DFL)  # which ends the process
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
