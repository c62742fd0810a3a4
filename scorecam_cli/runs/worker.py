"""What a worker does, wherever it runs: photos as they come, outcomes as they are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from scorecam_cli.keras_engine.sharing import share_memory_among
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.crew import Begun, Done, Numbered, Tell, Told
from scorecam_cli.runs.request import Request
from scorecam_cli.runs.session import Session

Run = Callable[[Any, Session, Iterable[PhotoJob]], Generator[Any, None, None]]  # explain_photos, say


@dataclass(frozen=True)
class PhotoWork:
    """A request over photos.

    run: the outcomes of photos, in their order. clock: seconds, from any beginning.
    share: how many workers share the memory of a machine.
    """

    run: Run
    request: Request[Any]
    clock: Callable[[], float]
    share: int = 1

    def begin(self, tell: Tell) -> PhotoWorker:
        """Load the model.

        Raises:
            UsageError, ModelError: the request cannot be met for any photo.
        """
        share_memory_among(self.share)
        return PhotoWorker(self, tell)


class PhotoWorker:
    """One that has the model loaded."""

    def __init__(self, work: PhotoWork, tell: Tell) -> None:
        self._work, self._tell = work, tell
        self._fed: deque[Numbered] = deque()  # without an outcome so far
        self._session = Session(work.request, work.clock, _Telling(tell), begun=self._begun, share=work.share)
        _ = self._session.classifier

    def explain(self, photos: Iterable[Numbered]) -> None:
        """Tell what becomes of each photo.

        Raises:
            UsageError, ModelError, OutputError: it holds for every photo.
        """
        for outcome in self._work.run(self._work.request, self._session, self._feed(photos)):
            number, _job = self._fed.popleft()
            self._tell(Done(number, outcome))

    def _feed(self, photos: Iterable[Numbered]) -> Iterator[PhotoJob]:
        for numbered in photos:
            self._fed.append(numbered)
            yield numbered[1]

    def _begun(self, photo: PurePath) -> None:
        self._tell(Begun(next(number for number, job in self._fed if job.photo == photo)))


class _Telling:
    """A watcher that is somewhere else."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def model_loading(self, name: str) -> None:
        self._tell(Told("model_loading", (name,)))

    def model_doubted(self, doubts: Sequence[str]) -> None:
        self._tell(Told("model_doubted", (tuple(doubts),)))

    def advised(self, sentence: str) -> None:
        self._tell(Told("advised", (sentence,)))

    def passes_planned(self, photo: PurePath, passes: int) -> None:
        self._tell(Told("passes_planned", (photo, passes)))

    def passes_done(self, passes: int) -> None:
        self._tell(Told("passes_done", (passes,)))
