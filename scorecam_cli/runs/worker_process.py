"""What a process of `processes` does: it loads the model, and explains photos until nobody is there to give any."""

from __future__ import annotations

import contextlib
import signal
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from scorecam_cli import own_process
from scorecam_cli.errors import ScorecamError
from scorecam_cli.files.parent import end_with_parent
from scorecam_cli.runs.crew import Broken, Event, Numbered, Ready

SOONER = "500"  # of -1000 to 1000: where memory runs out, the system is to kill a worker and not the run


class Dismissed(BaseException):
    """Nobody wants more of this process; raised in the main thread so that files being written are cleaned up."""


def serve(descriptor: int) -> None:
    """Work until SIGTERM arrives, or the other side of the connection closes."""
    signal.signal(signal.SIGTERM, _dismiss)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to deal with
    end_with_parent()
    _be_killed_first()
    own_process.begin()
    with Connection(descriptor) as connection, contextlib.suppress(Dismissed):
        run = _Connected(connection)
        try:
            worker = run.receive().begin(run.tell)
            run.tell(Ready())
            while True:
                worker.explain(run.photos())
        except Exception as error:
            run.tell(Broken(_portable(error)))
    own_process.end()


class _Connected:
    """The run at the other end of a connection; where it has ended, this process does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError) as error:
            raise Dismissed from error

    def tell(self, event: Event) -> None:
        try:
            self._connection.send(event)
        except OSError as error:
            raise Dismissed from error

    def photos(self) -> Iterator[Numbered]:
        """Photos as long as there are some: what is computed must not wait for the next."""
        yield from self.receive()
        while self._connection.poll():
            yield from self.receive()


def _be_killed_first() -> None:
    """Offer this process where memory runs out, and leave no picture of its memory on the disk."""
    with contextlib.suppress(OSError):  # where there is no such file
        Path("/proc/self/oom_score_adj").write_text(SOONER, "ascii")
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _portable(error: Exception) -> Exception:
    """The error as another process can have it, with where it arose."""
    known = isinstance(error, ScorecamError | MemoryError)
    same = error if known else RuntimeError(f"{type(error).__name__}: {error}")
    same.add_note("".join(traceback.format_exception(error)))
    return same


def _dismiss(_number: int, _frame: FrameType | None) -> None:
    raise Dismissed
