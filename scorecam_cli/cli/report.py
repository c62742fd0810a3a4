"""`scorecam report`, and the page that `scorecam explain --page` makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scorecam_cli.cli import completion, given
from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.results import Results
from scorecam_cli.cli.values import FILE, Here
from scorecam_cli.report.request import TITLE, Form, ReportConfig
from scorecam_cli.words import quoted

if TYPE_CHECKING:
    from scorecam_cli.outcomes import Outcome
    from scorecam_cli.report.make import Made

PAGE = Here(path_type=Path)
LISTED = 20  # photos that lack something and are named on stderr; the page names them all


@click.command(cls=GroupedCommand, short_help="Make a page that shows photos and their maps, to look at and to send.")
@click.argument("paths", nargs=-1, metavar="PATHS...", shell_complete=completion.files)
@Group.PHOTOS.option("-r", "--recursive", is_flag=True, help="Descend into folders.")
@Group.OUTPUT.option(
    "-o", "--output", type=PAGE, help="The page, or with --folder its folder.  [default: report.html, report]"
)
@Group.OUTPUT.option(
    "--run-name",
    "run_names",
    multiple=True,
    metavar="NAME",
    help="What the run of the first of PATHS is called, then that of the second; repeatable.  [default: its folder]",
)
@Group.OUTPUT.option("--title", default=TITLE, show_default=True, help="Of the page.")
@Group.OUTPUT.option(
    "--truth", type=FILE, metavar="FILE.csv", help="Also show the true class of each photo: lines of photo,class."
)
@Group.OUTPUT.option(
    "--evaluation", type=FILE, metavar="FILE.csv", help="Also show the metrics of `scorecam evaluate`."
)
@Group.OUTPUT.option(
    "--review", type=FILE, metavar="FILE", help="Stars, labels and notes that a page has exported, JSON or CSV."
)
@Group.OUTPUT.option(
    "--folder", is_flag=True, help="Write index.html beside a folder of pictures, for thousands of photos."
)
@shared.print0_option
@shared.loudness_options
def report(
    paths: tuple[str, ...],
    recursive: bool,
    output: Path | None,
    run_names: tuple[str, ...],
    title: str,
    truth: Path | None,
    evaluation: Path | None,
    review: Path | None,
    folder: bool,
    print0: bool,
    **options: bool,
) -> int:
    """Make a page that shows photos and their maps: one file that opens in any browser, without a network.

    PATHS are photos, manifests (dog.jpg.scorecam.json), folders and quoted globs of what `scorecam explain` has
    explained. A photo that several runs have explained, whichever folders they are in, is shown once, with all their
    maps. A photo without a manifest, or a manifest without its files, is shown as such. What `scorecam compare`
    has left beside a manifest is shown with it.

    \b
    scorecam report photos/
    scorecam report vgg/ lite/ --run-name VGG --run-name Lite
    scorecam report maps/ -r -o to_send.html --title 'Ward 3, model of May'
    scorecam report maps/ --evaluation scorecam-evaluation/evaluation.csv
    scorecam report maps/ --truth truth.csv
    scorecam report maps/ --review notes.json
    """
    config = ReportConfig(output, title, evaluation, Form.FOLDER if folder else Form.FILE, review, truth)
    loudness = given.verbosity(dict(options))

    from scorecam_cli.report.collect import collect
    from scorecam_cli.report.make import check_request, make_report

    table, remarks, classes = check_request(config)
    found = collect(paths, recursive=recursive, run_names=run_names)
    console = Console(verbosity=loudness, total=len(found.entries))
    try:
        made = make_report(
            config, found.entries, evaluation=table, review=remarks, truth=classes, on_card=console.predicted
        )
    finally:
        console.close()
    _say(console, made)
    results = Results(console, ending=given.path_ending(print0=print0))
    results.path(made.page)
    return 1 if found.lost or results.lost or made.gone else 0


def write_page(config: ReportConfig, outcomes: Sequence[Outcome], console: Console) -> Path:
    """The page of a run over photos that has just ended, failures included; where it is.

    Raises:
        PhotoError: it cannot be written.
    """
    from scorecam_cli.report.collect import entries_of
    from scorecam_cli.report.make import make_report

    made = make_report(config, tuple(entries_of(outcomes)))
    if console.verbosity >= 0:
        console.say(f"{_photos(made.photos)} on the page {made.page}")
    return made.page


def _say(console: Console, made: Made) -> None:
    for path, reason in made.lacking[:LISTED]:
        console.say(f"{path}: {reason}")
    if len(made.lacking) > LISTED:
        console.say(f"{_photos(len(made.lacking) - LISTED)} more with something missing; the page names them")
    if made.gone:
        console.say(
            f"{_photos(len(made.gone))} not found, such as {quoted(str(made.gone[0]))}: "
            "call report in the folder in which explain was called"
        )
    if made.unknown:
        console.say(f"--review is also of {_photos(made.unknown)} not on the page: kept in it, and exported again")
    if made.unnamed:
        console.say(f"--truth does not name {_photos(len(made.unnamed))} of the page, such as {made.unnamed[0]}")
    if console.verbosity >= 0:
        console.say(f"{_photos(made.photos)} on the page, {len(made.lacking)} with something missing")


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
