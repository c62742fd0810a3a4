"""Options that say who does the work; see `options.py` for all of them."""

from __future__ import annotations

import click

from scorecam_cli.cli.groups import Command, Group, stacked

MOST_WORKERS = 1024


def worker_options(command: Command) -> Command:
    """--workers."""
    return stacked(
        command,
        Group.HOW.option(
            "--workers",
            type=click.IntRange(1, MOST_WORKERS),
            metavar="N",
            help="Share the photos among N processes of this machine, and its cores among these; one that is killed "
            "costs the photo it had.  [default: this process alone]",
        ),
    )
