"""What several workers tell, as one watcher hears it: words once, and the passes of one photo after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from scorecam_cli.runs.crew import Told
from scorecam_cli.runs.session import Watcher


class Following:
    """Follows one worker at a time, the one that computes its photo for longest, so that one bar is enough."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._heard: set[Told] = set()
        self._under_way: dict[int, tuple[PurePath, int, int]] = {}  # by worker: photo, passes planned and done
        self._followed: int | None = None

    def told(self, worker: int, told: Told) -> None:
        """A worker calls a method of the watcher."""
        if told.method == "passes_planned":
            photo, passes = told.arguments
            self._under_way[worker] = photo, passes, 0
            self._move(worker, 0)
        elif told.method == "passes_done":
            (passes,) = told.arguments
            if worker in self._under_way:
                photo, planned, done = self._under_way[worker]
                self._under_way[worker] = photo, planned, done + passes
                self._move(worker, passes)
        elif told not in self._heard:
            self._heard.add(told)
            say: Callable[..., Any] = getattr(self._watcher, told.method)
            say(*told.arguments)

    def free(self, worker: int) -> None:
        """A worker computes no photo any more, or the next."""
        self._under_way.pop(worker, None)
        if worker == self._followed:
            self._followed = None

    def released(self) -> None:
        """An outcome is shown, and with it the bar is gone."""
        self._followed = None

    def _move(self, worker: int, passes: int) -> None:
        if self._followed is None:
            self._followed = next(iter(self._under_way))
            photo, planned, done = self._under_way[self._followed]
            self._watcher.passes_planned(photo, planned)
            if done:
                self._watcher.passes_done(done)
        elif worker == self._followed and passes:
            self._watcher.passes_done(passes)
