"""A crew without processes: each worker does a photo whenever it is asked what has happened."""

import random
from collections import deque

from scorecam_cli.runs.crew import Begun, Died, Done, Ready


class SimulatedCrew:
    """Workers that do as they are told, but for what ends them.

    outcome: of a job. kills: whether a job ends the worker that has it. loads: whether a worker lives until it is
    ready. knows: it tells what it has begun.
    """

    def __init__(self, count, outcome, *, kills=lambda job: False, loads=lambda worker: True, most=1, ahead=3, seed=0):
        self.count, self.most, self.ahead = count, most, ahead
        self.knows = most == 1
        self.starts, self.given, self.closed = 0, [], False
        self._outcome, self._kills, self._loads = outcome, kills, loads
        self._rng = random.Random(seed)
        self._held, self._told = {}, deque()

    def start(self, worker):
        self.starts += 1
        if self._loads(worker):
            self._held[worker] = deque()
            self._told.append((worker, Ready()))
        else:
            self._told.append((worker, Died("killed at loading")))

    def give(self, worker, batch):
        self.given.extend(number for number, _job in batch)
        self._held[worker].extend(batch)

    def events(self, *, wait):
        busy = [worker for worker, held in self._held.items() if held]
        assert self._told or busy or not wait, "nobody will ever tell anything"
        for worker in self._rng.sample(busy, (len(busy) + 1) // 2):
            self._work(worker)
        told = tuple(self._told)
        self._told.clear()
        return told

    def close(self):
        self.closed = True

    def _work(self, worker):
        number, job = self._held[worker][0]
        if self.knows:
            self._told.append((worker, Begun(number)))
        if self._kills(job):
            del self._held[worker]
            self._told.append((worker, Died("ended by a crash (SIGABRT)")))
        else:
            self._held[worker].popleft()
            self._told.append((worker, Done(number, self._outcome(job))))
