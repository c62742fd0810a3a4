"""Joins a crew of workers to one run: photos are handed out, outcomes come back in the order of the photos."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any, Generic, TypeVar

from scorecam_cli.errors import ModelError
from scorecam_cli.outcomes import Explained, Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.crew import Begun, Broken, Crew, Died, Done, Event, Ready, Told
from scorecam_cli.runs.following import Following
from scorecam_cli.runs.handing_out import HandingOut
from scorecam_cli.runs.session import Watcher

LOOKED_UP = 32  # photos at a time that are looked up, and then others have their turn
LOOKING = 4  # threads: digests are made beside each other
# Deaths in a row of a worker that has not loaded the model, after which it is not started again: while none has ever
# loaded it, and where others could, so that these were accidents.
MOST_AT_LOADING, MOST_ACCIDENTS = 2, 5
MOST_IN_A_ROW = 20  # deaths without a photo explained in between, and two more for each worker: the run ends
LEAST_KEPT = 1000  # outcomes that may wait for an earlier one, or for each worker
KEPT_EACH = 64

Result = TypeVar("Result")


def with_crew(
    jobs: Sequence[PhotoJob],
    crew: Crew,
    *,
    known: Callable[[PhotoJob], Result | None],
    watcher: Watcher,
) -> Generator[Result | Failed, None, None]:
    """What became of each photo, in the order of the photos, each as soon as it and all before it are done.

    A worker that dies is started again, and its photos are given out again, see `handing_out`. To stop early, close the
    iterator.

    Args:
        known: an outcome that needs no worker, or None; called in other threads.
        watcher: told what the workers tell, what all of them tell but once.

    Raises:
        UsageError, ModelError, OutputError: a worker says that it holds for every photo, or no worker lives long.
    """
    run: _ManyRun[Result] = _ManyRun(jobs, crew, known, watcher)
    with closing(crew):
        yield from run.outcomes()


class _ManyRun(Generic[Result]):
    def __init__(
        self, jobs: Sequence[PhotoJob], crew: Crew, known: Callable[[PhotoJob], Result | None], watcher: Watcher
    ) -> None:
        self._jobs, self._crew, self._known, self._watcher = jobs, crew, known, watcher
        self._following = Following(watcher)
        self._out = HandingOut(most=crew.most, ahead=crew.ahead)
        self._done: dict[int, Result | Failed] = {}
        self._looked_up = self._released = 0
        self._hungry: set[int] = set()  # ready, and would take more
        self._loading_deaths: dict[int, int] = {}  # of workers that are there
        self._ready: set[int] = set()
        self._loaded_once = False
        self._deaths = 0  # since a photo was explained
        self._lost: set[int] = set()  # photos that some worker had that has died

    def outcomes(self) -> Generator[Result | Failed, None, None]:
        with ThreadPoolExecutor(LOOKING, "scorecam looking up") as threads:
            while self._released < len(self._jobs):
                more = self._look_up(threads)
                self._hand_out()
                yield from self._in_order()
                if self._released == len(self._jobs):
                    return
                events = self._crew.events(wait=not more) if self._loading_deaths else ()
                for worker, event in events:
                    if isinstance(event, Broken):
                        yield from self._all_that_is_done()
                        raise event.error
                    self._heed(worker, event)

    def _look_up(self, threads: ThreadPoolExecutor) -> bool:
        """Find out what needs a worker, of as many photos as workers would soon take; whether to go on with that."""
        wanted = 2 * self._crew.count * self._crew.most
        kept = max(LEAST_KEPT, KEPT_EACH * self._crew.count)
        if self._out.waiting >= wanted or self._looked_up - self._released >= kept:
            return False
        numbers = range(self._looked_up, min(len(self._jobs), self._looked_up + max(LOOKED_UP, wanted)))
        outcomes = threads.map(self._known, [self._jobs[number] for number in numbers])
        found = dict(zip(numbers, outcomes, strict=True))
        self._looked_up += len(found)
        self._done.update((number, outcome) for number, outcome in found.items() if outcome is not None)
        self._out.add(number for number, outcome in found.items() if outcome is None)
        if self._out.waiting and not self._loading_deaths:
            self._start_all()
        self._hungry.update(self._ready)
        return self._looked_up < len(self._jobs) and self._out.waiting < wanted

    def _start_all(self) -> None:
        for worker in range(min(self._crew.count, len(self._jobs))):
            self._loading_deaths[worker] = 0
            self._out.hire(worker)
            self._crew.start(worker)

    def _hand_out(self) -> None:
        """A batch for each in turn, until all have enough or nothing waits."""
        while self._hungry and self._out.waiting:
            for worker in tuple(self._hungry):
                batch = self._out.take(worker)
                if batch:
                    self._crew.give(worker, [(number, self._jobs[number]) for number in batch])
                else:
                    self._hungry.discard(worker)

    def _in_order(self) -> Iterator[Result | Failed]:
        while self._released in self._done:
            self._following.released()
            yield self._done.pop(self._released)
            self._released += 1

    def _all_that_is_done(self) -> Iterator[Result | Failed]:
        for number in sorted(self._done):
            yield self._done.pop(number)

    def _heed(self, worker: int, event: Event) -> None:
        if isinstance(event, Told):
            self._following.told(worker, event)
            return
        self._hungry.add(worker)
        if isinstance(event, Ready):
            self._ready.add(worker)
            self._loaded_once = True
            self._loading_deaths[worker] = 0
        elif isinstance(event, Begun):
            self._out.begun(worker, event.number)
            self._following.free(worker)
        elif isinstance(event, Done):
            self._out.done(worker, event.number)
            self._done[event.number] = self._seen_from_here(event.number, event.outcome)
            self._deaths = self._deaths if isinstance(event.outcome, Failed) else 0
        elif isinstance(event, Died):
            self._buried(worker, event)

    def _seen_from_here(self, number: int, outcome: Any) -> Any:
        """An outcome as one process would tell it: what a worker found up to date that died in this run is new."""
        if number in self._lost and isinstance(outcome, Explained):
            return replace(outcome, skipped=False)
        return outcome

    def _buried(self, worker: int, death: Died) -> None:
        """Give out again what a worker had that has died, and start it again."""
        self._following.free(worker)
        self._hungry.discard(worker)
        self._deaths += 1
        had = self._out.held_by(worker)
        self._lost.update(had)
        for number in self._out.died(worker, innocent=death.innocent):
            self._done[number] = Failed(self._jobs[number].photo, f"two workers that had it were {death.how}")
        if worker not in self._ready:
            self._loading_deaths[worker] += 1
        self._ready.discard(worker)
        if self._deaths >= MOST_IN_A_ROW + 2 * self._crew.count:
            raise ModelError(
                f"{self._deaths} workers ended without a photo explained in between, the last was {death.how}: it is "
                "the model or this machine, and no single photo"
            )
        again = self._loading_deaths[worker] < (MOST_ACCIDENTS if self._loaded_once else MOST_AT_LOADING)
        self._watcher.advised(_words(death.how, len(had), again=again))
        if again:
            self._crew.start(worker)
        else:
            self._out.dismiss(worker)
            del self._loading_deaths[worker]
            if not self._loading_deaths:
                raise ModelError(
                    f"no worker lives until the model is loaded, the last was {death.how}: try one photo without "
                    "workers to see why, or fewer workers where it is memory that they lack"
                )


def _words(how: str, had: int, *, again: bool) -> str:
    photos = "the photo that it had is tried again" if had == 1 else f"{had} photos that it had are tried again"
    parts = [f"a worker was {how}", *([photos] if had else []), *([] if again else ["there is one worker less"])]
    return "; ".join(parts)
