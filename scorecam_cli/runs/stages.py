"""Three stages at once: the next items are read and the last ones written while the caller's thread computes."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

READ_AHEAD = 2  # items read, or being read, before they are computed
WRITERS = max(2, min(4, os.cpu_count() or 1))  # encoding a large PNG takes longer than a map on a GPU
WRITE_BEHIND = WRITERS + 1  # items computed and not written: those being written, one waiting
# With the one that is computed between them, 8 items at most are in memory, 5 with 2 processors.
PATIENCE = 0.05  # share of one computation that the next one is put off for, so that a result is not kept for it
GRACE_SECONDS = 0.6  # at the end of a run: for what is computed, for the file under way, for the reader; 1.8 s in all

Admit = Callable[[float], None]

_Job = TypeVar("_Job")
_Ready = TypeVar("_Ready")
_Computed = TypeVar("_Computed")
_Done = TypeVar("_Done")


def in_stages(
    jobs: Iterable[_Job],
    *,
    read: Callable[[_Job, Admit], _Ready],
    compute: Callable[[_Ready], _Computed],
    write: Callable[[_Computed], _Done],
    halt: threading.Event,
    clock: Callable[[], float],
    most_weight: float = math.inf,
    writers: int = WRITERS,
) -> Generator[_Done, None, None]:
    """What became of each job, in the order of the jobs, each as soon as it and all before it are written.

    One thread reads, in order, a few write; the calling thread computes, and asks for jobs. Computing is only
    interrupted between two items: a result written meanwhile is yielded after it. Where writing takes less than a
    twentieth of computing, it is waited for first.

    An exception of any stage ends the run, after the results of the jobs before it. So does closing the iterator, or
    an exception of the caller's: what is computed is written then, if that takes less than a second.

    Args:
        jobs: taken one by one; never more than a handful is held.
        halt: set at the end; a `write` that takes long looks at it and gives up between two files.
        read: called with a job and with `admit`, which it calls with the weight of the item, its pixels say, as soon as
            that is known: `admit` waits until it and the items under way weigh `most_weight` at most, or it is alone.
        clock: seconds, from any beginning.
        most_weight: of the items between reading and the end of writing.
        writers: how many are written at once; 1: in their order.
    """
    room = _Room(most_weight)
    reader, writing = _Workers("scorecam reader"), _Workers("scorecam writer", count=writers)
    remaining = iter(jobs)
    upcoming: deque[Future[tuple[_Place, _Ready]]] = deque()
    leaving: deque[Future[_Done]] = deque()
    patience = 0.0

    def read_in(job: _Job) -> tuple[_Place, _Ready]:
        place = _Place(room)
        with place.left_on_error():
            return place, read(job, place.admit)

    def write_out(item: tuple[_Place, _Computed]) -> _Done:
        place, computed = item
        try:
            return write(computed)
        finally:
            place.leave()

    def read_ahead() -> None:
        while len(upcoming) < READ_AHEAD:
            for job in remaining:
                upcoming.append(reader.submit(read_in, job))
                break
            else:
                return

    try:
        while True:
            read_ahead()
            if leaving and (not upcoming or _leaves_first(leaving, upcoming[0], patience)):
                yield leaving.popleft().result()
            elif upcoming:
                try:
                    place, ready = upcoming.popleft().result()
                    read_ahead()
                    began = clock()
                    computed = compute(ready)
                    patience = PATIENCE * (clock() - began)
                    leaving.append(writing.submit(write_out, (place, computed)))
                    del ready, computed  # a photo must not stay in memory until the next one is computed
                except Exception:
                    while leaving:
                        yield leaving.popleft().result()
                    raise
            else:
                return
    finally:
        room.close()
        reader.dismiss()
        _dismiss_gently(writing, halt)
        reader.join(GRACE_SECONDS)


def _leaves_first(leaving: deque[Future[_Done]], ready: Future[Any], patience: float) -> bool:
    """Wait for what comes first: the oldest result, or the next item to compute, which waits `patience` seconds."""
    oldest = leaving[0]
    if len(leaving) >= WRITE_BEHIND:
        wait((oldest,))
    else:
        either: tuple[Future[Any], ...] = (oldest, ready)
        wait(either, return_when=FIRST_COMPLETED)
        wait((oldest,), timeout=patience)
    return oldest.done()


def _dismiss_gently(writers: _Workers, halt: threading.Event) -> None:
    """Let the writers finish what they were given; after a moment, only the files that they are writing."""
    writers.finish()
    try:
        writers.join(GRACE_SECONDS)
    finally:  # a second interrupt takes the moment away
        halt.set()
        writers.dismiss()
    writers.join(GRACE_SECONDS)


class _ClosedError(Exception):
    """The run is over; what waits to be admitted is not wanted any more."""


class _Room:
    """How much the items under way weigh together."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._held = 0.0
        self._closed = False
        self._changed = threading.Condition()

    def take(self, weight: float, *, own: float) -> None:
        """Wait until there is room for so much more of an item that holds `own` already, or nothing else is held."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._held <= own or self._held + weight <= self._most,
            )
            if self._closed:
                raise _ClosedError
            self._held += weight

    def give(self, weight: float) -> None:
        with self._changed:
            self._held -= weight
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Place:
    """What one item takes of the room."""

    def __init__(self, room: _Room) -> None:
        self._room, self._weight = room, 0.0

    def admit(self, weight: float) -> None:
        self._room.take(weight, own=self._weight)
        self._weight += weight

    def leave(self) -> None:
        self._room.give(self._weight)
        self._weight = 0.0

    @contextmanager
    def left_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.leave()
            raise


class _Workers:
    """Threads that do what they are given, each taking the next task in order.

    They are daemons: should a disk never answer, the process ends without them.
    """

    def __init__(self, name: str, *, count: int = 1) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._dismissed = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Callable[[Any], _Done], value: Any) -> Future[_Done]:
        """Ask for `task(value)`; the future has its result or its exception."""
        future: Future[_Done] = Future()
        self._tasks.put(lambda: _fulfil(future, task, value))
        return future

    def finish(self) -> None:
        """End after what was asked for."""
        for _ in self._threads:
            self._tasks.put(None)

    def dismiss(self) -> None:
        """End after the tasks under way."""
        self._dismissed.set()
        self.finish()

    def join(self, seconds: float) -> None:
        """Wait for the end, so many seconds at most."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        task = self._tasks.get()
        if task is None or self._dismissed.is_set():
            return False
        task()
        return True


def _fulfil(future: Future[_Done], task: Callable[[Any], _Done], value: Any) -> None:
    try:
        result = task(value)
    except BaseException as error:  # raised again where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)
