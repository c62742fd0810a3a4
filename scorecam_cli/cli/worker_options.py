"""Options that say who does the work; see `options.py` for all of them."""

from __future__ import annotations

import click

from scorecam_cli.choices import Engine
from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.cli.values import OneOf
from scorecam_cli.worker_settings import ALONE

DEFAULTS = ALONE
MOST_WORKERS = 4096


def worker_options(command: Command) -> Command:
    """--workers, --engine, --address, --gpus-per-worker."""
    return stacked(
        command,
        Group.HOW.option(
            "--workers",
            type=click.IntRange(1, MOST_WORKERS),
            metavar="N",
            help="Share the photos among N processes of this machine, and its cores among these; one that is killed "
            "costs the photo it had.  [default: this process alone]",
        ),
        Group.HOW.option(
            "--engine",
            type=OneOf(Engine),
            default=DEFAULTS.engine.value,
            show_default=True,
            help="Where workers are: on this machine, or actors on a cluster of Ray, by default one for each core.",
        ),
        Group.HOW.option(
            "--address", metavar="auto|HOST:PORT", help="With --engine ray: of the cluster.  [default: auto]"
        ),
        Group.HOW.option(
            "--gpus-per-worker",
            type=click.FloatRange(0, 64),
            default=DEFAULTS.gpus_per_worker,
            show_default=True,
            metavar="N",
            help="With --engine ray: how many GPUs each worker has, or which part of one.",
        ),
    )
