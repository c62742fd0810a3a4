"""A crew of processes on this machine, the cores divided among them."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe, wait

from scorecam_cli.errors import ModelError
from scorecam_cli.loading.threads import VARIABLES
from scorecam_cli.runs.crew import Died, Event, Numbered, Work

END_SECONDS = 3.0  # for what is computed and the file under way, see `stages`; then they are killed
DYING_SECONDS = 5.0  # between the end of a connection and that of its process

_PROGRAM = (
    "import json, sys; asked = json.loads(sys.argv[1]); sys.path[:] = asked['modules']; "
    "from scorecam_cli.runs.worker_process import serve; serve(asked['connection'])"
)


class Processes:
    """Each is a Python of its own: TensorFlow survives no fork.

    They end with this process, however that ends: their standard input is a pipe that nobody writes to, and the system
    ends them when the other end is closed.
    """

    most = 1  # a batch costs a message, a tenth of a millisecond
    ahead = 3  # two are read while one is computed, see `stages`, and one is on its way

    def __init__(self, count: int, work: Work) -> None:
        """None is started.

        Args:
            count: how many there can be.
            work: what each is told.
        """
        self.count = count
        self._work = pickle.dumps(work)
        self._running: dict[int, tuple[subprocess.Popen[bytes], Connection]] = {}
        self._numbers: dict[Connection, int] = {}

    def start(self, worker: int) -> None:
        """Start one, with its share of the cores.

        Raises:
            ModelError: no process is to be had.
        """
        ours, theirs = Pipe()
        modules = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100
        asked = json.dumps({"modules": modules, "connection": theirs.fileno()})
        threads = dict.fromkeys(VARIABLES, str(_cores_of(worker, self.count)))
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, asked],
                env={**threads, "TF_FORCE_GPU_ALLOW_GROWTH": "true", **os.environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        except OSError as error:
            ours.close()
            raise ModelError(
                f"no process is to be had for a worker ({error.strerror}); give fewer --workers"
            ) from error
        finally:
            theirs.close()
        self._running[worker], self._numbers[ours] = (process, ours), worker
        self._send(ours, self._work)

    def give(self, worker: int, batch: Sequence[Numbered]) -> None:
        """Photos for one that is ready."""
        self._send(self._running[worker][1], pickle.dumps(list(batch)))

    def events(self, *, wait: bool) -> list[tuple[int, Event]]:
        """What they have told, of each at least one event; waits until there is something, or tells what there is."""
        heard: list[tuple[int, Event]] = []
        for connection in _waiting(list(self._numbers), None if wait else 0):
            worker = self._numbers[connection]
            try:
                while connection.poll():
                    heard.append((worker, connection.recv()))
            except (EOFError, OSError, pickle.UnpicklingError):
                heard.append((worker, Died(_how(self._bury(worker)))))
        return heard

    def close(self) -> None:
        """Ask all to end, and end those that do not."""
        for process, _ in self._running.values():
            process.terminate()
        end = time.monotonic() + END_SECONDS
        try:
            for process, _ in self._running.values():
                try:
                    process.wait(max(0.0, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    break
        finally:  # a second interrupt takes the moment away
            for worker in tuple(self._running):
                self._running[worker][0].kill()
                self._bury(worker)

    def _send(self, connection: Connection, data: bytes) -> None:
        try:
            connection.send_bytes(data)
        except OSError:  # it has ended, as reading from it tells
            return

    def _bury(self, worker: int) -> int | None:
        """Let go of one that is ending; its status, as subprocess gives it."""
        process, connection = self._running.pop(worker)
        del self._numbers[connection]
        connection.close()
        try:
            process.wait(DYING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        return process.poll()


def _waiting(connections: list[Connection], seconds: float | None) -> list[Connection]:
    return [each for each in wait(connections, seconds) if isinstance(each, Connection)]


def _cores_of(worker: int, workers: int) -> int:
    """Cores of the machine that this process may use, divided; the first get what is over."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // workers + (worker < cores % workers))


def _how(status: int | None) -> str:
    """How a process ended, after "was"."""
    if status == -signal.SIGKILL:
        return "killed (SIGKILL), perhaps because memory ran out"
    if status is not None and status < 0:
        return f"ended by a crash ({signal.Signals(-status).name})"
    return f"ended with exit code {status}"
