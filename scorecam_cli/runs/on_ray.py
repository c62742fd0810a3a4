"""A crew of actors on a cluster of Ray."""

from __future__ import annotations

import math
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from scorecam_cli import __version__
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.runs.crew import Broken, Died, Event, Numbered, Work
from scorecam_cli.runs.ray_worker import RayWorker

CONNECT_SECONDS = 10.0  # to a machine that does not answer; Ray itself waits for minutes
CORES_EACH = 1  # a map is many passes of many photos: they are done beside each other, not each by many cores
# Ray speaks gRPC, which is HTTP/2: its greeting with empty settings, and the kind of frame that it is answered with.
_GREETING, _ANSWER = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0", b"\4"
UNPLACED = "ended before it told its version: the same scorecam must be installed on every node"
KILLED = "killed, or ended by a crash"
LOST = "lost with its node"


class RayCrew:
    """Each worker is an actor with the loaded model; photos and files are where all nodes see them."""

    most = 8  # a batch costs the driver a call; where it kills it is halved
    ahead = 2  # one is computed, one waits beside it

    def __init__(self, workers: int | None, work: Callable[[int], Work], *, address: str, gpus: float) -> None:
        """Connect to the cluster; no actor is started.

        Args:
            workers: how many actors; None: as many as there are cores, or GPUs for.
            work: what each is told, by how many share a machine.
            address: HOST:PORT, or `auto`.
            gpus: of each worker.

        Raises:
            UsageError: Ray is not installed. ModelError: there is no cluster at that address, or no such GPU in it.
        """
        self._ray = _connected(address)
        self._gpus = gpus
        nodes = sum(1 for node in self._ray.nodes() if node["Alive"])
        self.count = workers or _places(self._ray.cluster_resources(), gpus)
        self._work = self._ray.put(work(math.ceil(self.count / max(1, nodes))))
        self._kind = self._ray.remote(RayWorker)
        self._actors: dict[int, Any] = {}
        self._nodes: dict[int, str] = {}  # of actors that have begun
        self._asked: dict[Any, tuple[int, str]] = {}  # by what is promised: worker and method

    def start(self, worker: int) -> None:
        """Ask for an actor; it begins where there is room for it."""
        self._actors[worker] = self._kind.options(num_cpus=CORES_EACH, num_gpus=self._gpus, max_restarts=0).remote()
        self._nodes.pop(worker, None)
        self._ask(worker, "version")

    def give(self, worker: int, batch: Sequence[Numbered]) -> None:
        """Photos for one that is ready."""
        self._ask(worker, "explain", list(batch))

    def events(self, *, wait: bool) -> list[tuple[int, Event]]:
        """What has come back; waits until there is something, or tells what there is."""
        heard: list[tuple[int, Event]] = []
        for promise in self._come(wait):
            if promise in self._asked:  # else its worker has died by another
                worker, method = self._asked.pop(promise)
                heard.extend((worker, event) for event in self._told(worker, method, promise))
        return heard

    def close(self) -> None:
        """End all actors and leave the cluster."""
        with suppress(self._ray.exceptions.RayError):
            for actor in self._actors.values():
                self._ray.kill(actor)
        self._ray.shutdown()

    def _ask(self, worker: int, method: str, *arguments: Any) -> None:
        self._asked[getattr(self._actors[worker], method).remote(*arguments)] = worker, method

    def _come(self, wait: bool) -> list[Any]:
        promises = list(self._asked)
        come, _ = self._ray.wait(promises, num_returns=len(promises), timeout=0) if promises else ([], [])
        if not come and wait:
            come, _ = self._ray.wait(promises, num_returns=1)
        return list(come)

    def _told(self, worker: int, method: str, promise: Any) -> list[Event]:
        try:
            answer = self._ray.get(promise)
        except self._ray.exceptions.RayError:
            return [self._died(worker)]
        if method != "version":
            return list(answer)
        version, node = answer
        if version != __version__:
            return [Broken(ModelError(_differing(version, node)))]
        self._nodes[worker] = node
        self._ask(worker, "begin", self._work, os.getcwd(), CORES_EACH)  # noqa: PTH109
        return []

    def _died(self, worker: int) -> Died:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._actors[worker])  # where it only cannot be reached
        self._asked = {promise: asked for promise, asked in self._asked.items() if asked[0] != worker}
        node = self._nodes.get(worker)
        if node is None:
            return Died(UNPLACED)
        alive = {each["NodeID"] for each in self._ray.nodes() if each["Alive"]}
        return Died(KILLED) if node in alive else Died(LOST, innocent=True)


def _connected(address: str) -> Any:
    """Ray, connected.

    Raises:
        UsageError: it is not installed. ModelError: there is no cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("--engine ray needs Ray, which is not installed: pip install 'scorecam[ray]'") from error
    if address != "auto":
        _require_answer(address)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="CRITICAL")
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        said = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"no cluster of Ray at --address {address}: {said}; start one by `ray start --head`"
        ) from error
    finally:
        signal.signal(signal.SIGTERM, handler)  # Ray's own would end the command with another exit code
    return ray


def _require_answer(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 2**16:
        raise UsageError(f"--address {address} is neither `auto` nor HOST:PORT, as 10.0.0.1:6379")
    try:
        with socket.create_connection((host, int(port)), CONNECT_SECONDS) as there:
            there.settimeout(CONNECT_SECONDS)
            there.sendall(_GREETING)
            if there.recv(4)[3:] != _ANSWER:
                raise OSError("what answers is not Ray")
    except OSError as error:
        raise ModelError(
            f"no Ray answers at --address {address} ({error.strerror or error}): start Ray there by `ray start --head`"
        ) from error


def _places(resources: dict[str, float], gpus: float) -> int:
    """How many workers there is room for."""
    cores = int(resources.get("CPU", 0)) // CORES_EACH
    places = cores if not gpus else min(cores, int(resources.get("GPU", 0) / gpus))
    if places < 1:
        kind = f"{gpus:g} GPU" if gpus else "1 core"
        raise ModelError(f"the cluster of Ray has no room for a worker with {kind}: see `ray status`")
    return places


def _differing(version: str, node: str) -> str:
    return (
        f"a worker on node {node[:8]} has scorecam {version}, and this is {__version__}: install the same on every node"
    )
