"""Who does the work of a command."""

from __future__ import annotations

from dataclasses import dataclass

from scorecam_cli.choices import Engine
from scorecam_cli.errors import UsageError


@dataclass(frozen=True)
class WorkerSettings:
    """Who does the work.

    workers: how many; None: this process alone, or on a cluster as many as there is room for.
    address: HOST:PORT of a cluster, or `auto`. gpus_per_worker: of the cluster.
    """

    workers: int | None = None
    engine: Engine = Engine.LOCAL
    address: str | None = None
    gpus_per_worker: float = 0.0

    def __post_init__(self) -> None:
        if self.engine == Engine.LOCAL and (self.address is not None or self.gpus_per_worker):
            option = "--address" if self.address is not None else "--gpus-per-worker"
            raise UsageError(f"{option} is for --engine ray: add it, or leave {option} out")


ALONE = WorkerSettings()  # this process does it all
