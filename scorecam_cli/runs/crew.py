"""Workers that explain photos elsewhere, as the run sees them: what they are given, what they tell, how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scorecam_cli.records import PhotoJob

Numbered = tuple[int, PhotoJob]


@dataclass(frozen=True)
class Ready:
    """The model is loaded."""


@dataclass(frozen=True)
class Begun:
    """A photo is about to be computed."""

    number: int


@dataclass(frozen=True)
class Done:
    """What became of a photo."""

    number: int
    outcome: Any


@dataclass(frozen=True)
class Told:
    """A call of a method of `Watcher`."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Broken:
    """What ends the run: it holds for every photo."""

    error: Exception


@dataclass(frozen=True)
class Died:
    """The worker has ended, and nobody asked it to.

    how: in words, after "was". innocent: no photo can have caused it.
    """

    how: str
    innocent: bool = False


Event = Ready | Begun | Done | Told | Broken | Died
Tell = Callable[[Event], None]


class Worker(Protocol):
    """One that has the model loaded."""

    def explain(self, photos: Iterable[Numbered]) -> None:
        """Tell what becomes of each photo.

        Raises:
            ScorecamError: it holds for every photo.
        """


class Work(Protocol):
    """What every worker is given first; it can be pickled."""

    def begin(self, tell: Tell) -> Worker:
        """Load the model.

        Args:
            tell: called in the thread that calls.

        Raises:
            ScorecamError: it holds for every photo.
        """


class Crew(Protocol):
    """Workers by number, from 0 on. What they do goes on while nobody asks."""

    count: int
    most: int  # photos in a batch
    ahead: int  # batches that a worker has beside those that it has begun

    def start(self, worker: int) -> None:
        """Start it, or start it again.

        Raises:
            ModelError: no worker is to be had.
        """

    def give(self, worker: int, batch: Sequence[Numbered]) -> None:
        """Photos for a worker that is ready; one that has died meanwhile tells so."""

    def events(self, *, wait: bool) -> Sequence[tuple[int, Event]]:
        """What workers have told since; waits until there is something, or tells what there is."""

    def close(self) -> None:
        """End all; files that are being written are finished or taken away."""
