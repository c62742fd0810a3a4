"""Which photos wait, which worker has which, and what is owed after one has died: no process, no network, no clock."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_STRIKES = 2  # a photo that ends so many workers is given up
PARTS = 2  # batches that each worker would get of what waits, so that they grow short towards the end


@dataclass
class _Held:
    """What one worker has: batches in the order given, without what is done; begun: of these, in order.

    alone: it has what was had by one that died, and is given nothing beside it.
    """

    batches: deque[list[int]] = field(default_factory=deque)
    begun: list[int] = field(default_factory=list)
    alone: bool = False

    @property
    def untouched(self) -> int:
        """Batches of which nothing is begun."""
        return sum(not set(batch) & set(self.begun) for batch in self.batches)


class HandingOut:
    """Photos, by number, on their way through workers, by number.

    After a death what the worker had is given out again: photos that cannot have caused it among the others, the others
    alone and in halves, until the one that kills is had by itself. It is given up when it has done so twice.
    """

    def __init__(self, *, most: int, ahead: int) -> None:
        """Nothing waits, and nobody is there.

        Args:
            most: photos in a batch.
            ahead: batches that a worker has beside those that it has begun, so that it never waits.
        """
        self.most = most
        self._ahead = ahead
        self._waiting: deque[int] = deque()
        self._again: deque[tuple[int, ...]] = deque()
        self._held: dict[int, _Held] = {}
        self._free: set[int] = set()  # workers that have nothing
        self._strikes: Counter[int] = Counter()

    @property
    def waiting(self) -> int:
        """Photos that no worker has."""
        return len(self._waiting) + sum(map(len, self._again))

    def add(self, numbers: Iterable[int]) -> None:
        """More photos wait."""
        self._waiting.extend(numbers)

    def hire(self, worker: int) -> None:
        """A worker is there, or will be."""
        self._held[worker] = _Held()
        self._free.add(worker)

    def dismiss(self, worker: int) -> None:
        """A worker that has nothing will not come back."""
        del self._held[worker]
        self._free.discard(worker)

    def held_by(self, worker: int) -> list[int]:
        """The photos that it has."""
        return [number for batch in self._held[worker].batches for number in batch]

    def take(self, worker: int) -> tuple[int, ...]:
        """The next batch for a worker; nothing where none waits, it has enough, or others have nothing."""
        held, waiting, free = self._held[worker], len(self._waiting), len(self._free)
        if self._again and not held.batches:
            return self._give(worker, self._again.popleft(), alone=True)
        ahead = min(self._ahead, max(1, waiting // len(self._held)))
        if not waiting or held.alone or held.untouched >= ahead:
            return ()
        if held.batches and (waiting <= free or (self._again and not free)):
            return ()  # in the second case it becomes free for what is tried again
        count = max(1, min(self.most, waiting // (PARTS * len(self._held))))
        return self._give(worker, tuple(self._waiting.popleft() for _ in range(count)), alone=False)

    def begun(self, worker: int, number: int) -> None:
        """A worker is about to compute a photo."""
        self._held[worker].begun.append(number)

    def done(self, worker: int, number: int) -> None:
        """A worker has brought a photo to its end."""
        held = self._held[worker]
        left = ([each for each in batch if each != number] for batch in held.batches)
        held.batches = deque(batch for batch in left if batch)
        held.begun = [each for each in held.begun if each != number]
        held.alone = held.alone and bool(held.batches)
        if not held.batches:
            self._free.add(worker)

    def died(self, worker: int, *, innocent: bool) -> tuple[int, ...]:
        """A worker has ended before its photos; it is there again, with nothing.

        Args:
            innocent: no photo of its can have caused that: its machine is lost, say.

        Returns:
            The photos that are given up: they have ended two workers.
        """
        photos = self.held_by(worker)
        held = self._held[worker]
        self.hire(worker)
        suspects = [] if innocent else held.begun or next(iter(held.batches), [])
        self._waiting.extendleft(number for number in reversed(photos) if number not in suspects)
        guilty = suspects[-1:] if held.begun or len(suspects) == 1 else []
        self._strikes.update(guilty)
        given_up = tuple(number for number in guilty if self._strikes[number] >= MOST_STRIKES)
        left = [number for number in suspects if number not in given_up]
        middle = (len(left) + 1) // 2
        parts = [[number] for number in left] if held.begun else [left[:middle], left[middle:]]
        self._again.extendleft(tuple(part) for part in reversed(parts) if part)
        return given_up

    def _give(self, worker: int, batch: tuple[int, ...], *, alone: bool) -> tuple[int, ...]:
        held = self._held[worker]
        held.batches.append(list(batch))
        self._free.discard(worker)
        held.alone = alone
        return batch
