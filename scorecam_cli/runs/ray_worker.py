"""What a worker on Ray does: an actor, told by its methods and telling by what they return."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence

from scorecam_cli import __version__
from scorecam_cli.errors import ModelError, ScorecamError
from scorecam_cli.runs.crew import Begun, Broken, Event, Numbered, Ready, Told, Work, Worker

_LEFT_OUT = ("passes_planned", "passes_done")  # a message for each would be most of what the driver hears


class RayWorker:
    """One actor; of all methods `version` alone may be called of another version of this program."""

    def __init__(self) -> None:
        self._told: list[Event] = []
        self._worker: Worker | None = None

    def version(self) -> tuple[str, str]:
        """Of scorecam, here, and the node that this is."""
        import ray

        return __version__, ray.get_runtime_context().get_node_id()

    def begin(self, work: Work, folder: str, threads: int) -> list[Event]:
        """Load the model, and start from the folder that the command was given in."""
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ.setdefault(name, str(threads))

        def load() -> None:
            try:
                os.chdir(folder)
            except OSError as error:
                raise ModelError(
                    f"a worker on {os.uname().nodename} has no folder {folder} ({error.strerror}): the command, its "
                    "photos and its model must be in a folder that all nodes share"
                ) from error
            self._worker = work.begin(self._tell)
            self._tell(Ready())

        return self._all_told(load)

    def explain(self, photos: Sequence[Numbered]) -> list[Event]:
        """What becomes of photos."""
        worker = self._worker
        assert worker is not None
        return self._all_told(lambda: worker.explain(photos))

    def _tell(self, event: Event) -> None:
        if not (isinstance(event, Begun) or (isinstance(event, Told) and event.method in _LEFT_OUT)):
            self._told.append(event)

    def _all_told(self, task: Callable[[], None]) -> list[Event]:
        self._told = []
        try:
            task()
        except Exception as error:
            known = isinstance(error, ScorecamError | MemoryError)
            same = error if known else RuntimeError(f"{type(error).__name__}: {error}")
            same.add_note("".join(traceback.format_exception(error)))
            self._told.append(Broken(same))
        return self._told
