"""Photos under way: the next are read and the last ones written while the model, in the calling thread, computes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from scorecam_cli.config import PhotoSettings
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.outcomes import Failed, Redone
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import Photo, PhotoJob
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.outputs import HaltError, Stop
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import WRITERS, Admit, in_stages

# Of all photos between reading and the end of writing: each pixel takes 3 bytes, and 5 while it is written. 800 MB.
PIXELS_UNDER_WAY = 100_000_000

_Ready = TypeVar("_Ready")
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class ReadPhoto:
    """A photo that is to be computed; seconds: of reading it. redone: why, where an earlier run has made some."""

    job: PhotoJob
    photo: Photo
    seconds: float
    redone: Redone | None = None


@dataclass(frozen=True)
class Work(Generic[_Ready, _Done]):
    """What a command does to each photo; a PhotoError, or too little memory, is of that photo alone.

    read: in a thread of its own; what needs no computing is handed on to `write`.
    compute: in the calling thread.
    write: in threads of its own; an OutputError, or a Stop in its place, ends the run.
    writers: how many photos are written at once; 1: in their order.
    halt: set at the end; a `write` that takes long looks at it and gives up between two files, by a HaltError.
    """

    read: Callable[[PhotoJob, Admit], ReadPhoto | _Ready]
    compute: Callable[[ReadPhoto], _Ready]
    write: Callable[[_Ready], _Done | Failed | Stop]
    writers: int = WRITERS
    halt: threading.Event = field(default_factory=threading.Event)

    def on_each(self, session: Session, jobs: Iterable[PhotoJob]) -> Generator[_Done | Failed, None, None]:
        """What became of each photo, in the order of the photos; one that fails does not stop the others.

        Where the run shall compute with one thread, nothing is read or written meanwhile. To stop early, close the
        iterator: no file is left torn.

        Raises:
            UsageError, ModelError: the request cannot be met for any photo.
            OutputError: nothing more can be written, as the photo that failed last says.
        """
        in_turn = (self.on_one(session, job) for job in jobs)
        with closing(in_turn if session.threads == 1 else self._staged(session, jobs)) as outcomes:
            for outcome in outcomes:
                if isinstance(outcome, Stop):
                    yield outcome.failed
                    raise OutputError(
                        f"the run stops here: {outcome.failed.reason}, and so it would be for every photo; put that "
                        "right and run the same command again to go on"
                    )
                yield outcome

    def on_one(self, session: Session, job: PhotoJob) -> _Done | Failed | Stop:
        """What became of one photo, all in the calling thread."""
        return self._written(self._computed(session, self._found(job, lambda pixels: None)))

    def _staged(self, session: Session, jobs: Iterable[PhotoJob]) -> Generator[_Done | Failed | Stop, None, None]:
        return in_stages(
            jobs,
            read=self._found,
            compute=partial(self._computed, session),
            write=self._written,
            halt=self.halt,
            clock=session.clock,
            most_weight=PIXELS_UNDER_WAY / session.share,
            writers=min(self.writers, session.threads or self.writers),
        )

    def _found(self, job: PhotoJob, admit: Admit) -> tuple[PhotoJob, ReadPhoto | _Ready | Failed]:
        return job, _failing_alone(job, lambda: self.read(job, admit))

    def _computed(
        self, session: Session, item: tuple[PhotoJob, ReadPhoto | _Ready | Failed]
    ) -> tuple[PhotoJob, _Ready | Failed]:
        job, found = item
        if not isinstance(found, ReadPhoto):
            return job, found
        session.begun(job.photo)
        return job, _failing_alone(job, lambda: self.compute(found))

    def _written(self, item: tuple[PhotoJob, _Ready | Failed]) -> _Done | Failed | Stop:
        job, ready = item
        if isinstance(ready, Failed):
            return ready
        if self.halt.is_set():
            raise HaltError
        try:
            written = _failing_alone(job, lambda: self.write(ready))
        except OutputError as error:
            written = Stop(Failed(job.photo, str(error)))
        if isinstance(written, Stop):
            self.halt.set()
        return written


def read_timed(
    job: PhotoJob, limits: PhotoSettings, *, clock: Callable[[], float], admit: Admit
) -> tuple[Photo, float]:
    """A photo, and the seconds that it took to read it, without those that it waited for room.

    Raises:
        PhotoError: it cannot be read.
    """
    waited = 0.0

    def wait_for_room(pixels: int) -> None:
        nonlocal waited
        since = clock()
        admit(pixels)
        waited += clock() - since

    began = clock()
    photo = read_photo(job.bytes_at, max_pixels=limits.max_pixels, seconds=limits.seconds, admit=wait_for_room)
    return photo, clock() - began - waited


def _failing_alone(job: PhotoJob, task: Callable[[], _Done]) -> _Done | Failed:
    """What the task makes of a photo, or why it fails for this photo alone.

    Raises:
        OutputError: nothing more can be written.
    """
    try:
        with shortage_as_photo_error():
            return task()
    except OutputError:
        raise
    except PhotoError as error:
        return Failed(job.photo, str(error))
