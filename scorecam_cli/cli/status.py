"""`scorecam status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scorecam_cli.cli import completion
from scorecam_cli.cli.console import print_json
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.values import FILE
from scorecam_cli.errors import UsageError
from scorecam_cli.photos.names import MARKS
from scorecam_cli.urls import is_url, shown
from scorecam_cli.words import printable

EXIT_INCOMPLETE = 1


@click.command(cls=GroupedCommand, short_help="Tell how far a run is: done, failed, missing, stale, half-written.")
@click.argument("folder", metavar="FOLDER", shell_complete=completion.files)
@click.argument("images", nargs=-1, metavar="[IMAGES]...", shell_complete=completion.files)
@Group.PHOTOS.option("-r", "--recursive", is_flag=True, help="Descend into folders of IMAGES.")
@Group.PHOTOS.option(
    "--log",
    "logs",
    type=FILE,
    multiple=True,
    metavar="LOG",
    help="Of the run, written by `explain --log`: it knows which photos failed, and why. Repeatable.",
)
@Group.PHOTOS.option(
    "--mark",
    "marks",
    type=click.Choice(MARKS),
    multiple=True,
    metavar="NAME",
    help="Only results with this in their names, as scorecam or grad-cam. Repeatable.  [default: all]",
)
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print an object instead of a table.")
@Group.OUTPUT.option("-v", "--verbose", is_flag=True, help="Also name each photo that is not done.")
def status(
    folder: str,
    images: tuple[str, ...],
    recursive: bool,
    logs: tuple[Path, ...],
    marks: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> int:
    """Tell how far a run is, by the manifests in its FOLDER and by its logs; no photo and no picture is opened.

    FOLDER is the --output-dir of the run, or the folder of its photos where that was left out. With IMAGES, as they
    were given to `explain`, photos that no run has come to are counted as missing. Stale are results of other settings
    than those of the manifest written last, or than parts of a run agreed on.

    Exit code 0 only where every photo is done, else 1.

    \b
    scorecam status maps/ photos/ -r
    scorecam status maps/ photos/ -r --log run.jsonl --json
    """
    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.runs.status import described, lines_of, statuses

    if is_url(folder):
        raise UsageError(f"status reads folders of this machine, not {shown(folder)}: give a copy of its manifests")
    place = Path(folder)
    found = find_jobs(images, recursive=recursive, output_dir=place) if images else None
    told = statuses(place, found=found, logs=logs, marks=marks)
    for each in told:
        if as_json:
            print_json(described(each, place) | (_others(each) if verbose else {}))
            continue
        click.echo(f"{printable(folder)}, {each.mark}: {each.total} photo{'' if each.total == 1 else 's'}")
        for state, count, words in lines_of(each):
            click.echo(f"  {state:12} {count:>9}  {printable(words)}".rstrip())
        for path, state in each.others if verbose else ():
            click.echo(f"{state.value}: {printable(path)}", err=True)
    return 0 if all(each.complete for each in told) else EXIT_INCOMPLETE


def _others(each: Any) -> dict[str, Any]:
    return {"others": [{"output": path, "state": state.value} for path, state in each.others]}
