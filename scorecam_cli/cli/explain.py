"""`scorecam explain`."""

from __future__ import annotations

import platform
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scorecam_cli.choices import Selection
from scorecam_cli.cli import completion, drawing_options, given, model_options, worker_options
from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console
from scorecam_cli.cli.groups import Group, GroupedCommand, GroupedOption
from scorecam_cli.cli.report import PAGE, write_page
from scorecam_cli.cli.results import Results
from scorecam_cli.cli.retry import retried
from scorecam_cli.cli.shards import only_shard, shard_option, shard_taken
from scorecam_cli.cli.standard_input import found_there, name_option, name_taken
from scorecam_cli.cli.values import FILE, FOLDER_ANYWHERE, NEW_FILE, MethodName, OneOf, comma_list
from scorecam_cli.config import ExplainConfig
from scorecam_cli.outcomes import Explained, Found, Outcome
from scorecam_cli.report.request import ReportConfig
from scorecam_cli.saliency.methods import METHODS

if TYPE_CHECKING:
    from scorecam_cli.runs.log import OutcomeLog

DEFAULTS: dict[str, Any] = {name: field.default for name, field in ExplainConfig.__dataclass_fields__.items()}


class SaveOption(GroupedOption):
    """`--save`, whose help is read off the registry of outputs: what draws is loaded only where that is asked for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The two columns of `--help`."""
        from scorecam_cli.figures import kinds

        self.help = f"Comma list of {kinds.described()}."
        return super().get_help_record(ctx)


@click.command(cls=GroupedCommand, short_help="Write a heatmap and an overlay for each photo.")
@shared.photo_arguments
@name_option
@shard_option
@model_options.model_options
@shared.layer_option
@shared.class_options
@Group.WHAT.option(
    "--against",
    metavar="CLASS",
    help="Set each class against this one (index, name, WordNet id; `next`: the most probable other): the map shows "
    "what speaks for the one and not the other.",
)
@Group.WHAT.option(
    "--truth",
    type=FILE,
    help="CSV of photo and class: explain the predicted class and, where it is another, that one.",
)
@Group.HOW.option(
    "--method",
    type=MethodName(),
    default=DEFAULTS["method"],
    show_default=True,
    metavar="NAME",
    help=f"How the map is made: {', '.join(METHODS)}; `scorecam methods` says what each is.",
)
@shared.score_cam_options(
    passes="Of score-cam, pass only N of the masks and infer the rest; how close the map is gets estimated. Of another "
    "method its samples, masks or points: see `scorecam methods`.  [default: all, or the method's own]"
)
@model_options.precision_option
@worker_options.worker_options
@Group.HOW.option(
    "--selection",
    type=OneOf(Selection),
    default=DEFAULTS["selection"].value,
    show_default=True,
    help="Which masks --passes takes: representatives, or those of largest spread (Faster-Score-CAM).",
)
@shared.signed_option
@Group.OUTPUT.option(
    "-o", "--output-dir", type=FOLDER_ANYWHERE, help="Where the files go, a bucket too.  [default: next to each photo]"
)
@Group.OUTPUT.option(
    "--save",
    default=",".join(DEFAULTS["save"]),
    show_default=True,
    metavar="LIST",
    callback=comma_list,
    shell_complete=completion.outputs,
    cls=SaveOption,
)
@drawing_options.drawing_options
@drawing_options.figure_options
@Group.OUTPUT.option(
    "--log",
    type=NEW_FILE,
    metavar="FILE.jsonl",
    help="Append a line of JSON for each photo as soon as it is done, up to date or failed.",
)
@Group.PHOTOS.option("--fail-fast", is_flag=True, help="Stop at the first photo that fails.")
@Group.PHOTOS.option(
    "--retry-failed",
    type=FILE,
    metavar="LOG",
    help="Only photos whose last line in this log says failed, with the options of its run, to where they should go; "
    "with IMAGES only those of them.",
)
@Group.PHOTOS.option("--force", is_flag=True, help="Redo photos whose files are up to date.")
@Group.OUTPUT.option("--page", type=PAGE, help="At the end, also make a page of all photos, as `scorecam report` does.")
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print one object per photo instead of the paths.")
@shared.print0_option
@shared.loudness_options
def explain(
    as_json: bool,
    print0: bool,
    page: Path | None,
    top: int | None,
    log: Path | None,
    fail_fast: bool,
    retry_failed: Path | None,
    **options: Any,
) -> int:
    """Show which parts of each photo made the model choose a class (Score-CAM, arXiv:1910.01279).

    IMAGES are files, folders and quoted globs. For dog.jpg and class 242 this writes dog.jpg.scorecam-242-heatmap.png,
    dog.jpg.scorecam-242-overlay.png and, last, dog.jpg.scorecam.json, and prints their paths. A photo whose files are
    up to date is not done again.

    \b
    scorecam explain dog.jpg --class 242
    scorecam explain 'photos/**/*.jpg' -k 3 -o maps
    scorecam explain dog.jpg -m my_model.keras --labels names.txt --preprocess unit
    """
    loudness = given.verbosity(options)
    path_end = given.path_ending(print0=print0, as_json=as_json)
    shard, piped = shard_taken(options), name_taken(options, alone=retry_failed is None)
    photos, crew = given.photo_settings(options), given.worker_settings(options)
    options["top"] = top or 0
    found = None
    if retry_failed is not None:
        photos, options, found = retried(retry_failed, photos, options)
    config = ExplainConfig(photos=photos, model=given.model_settings(options), crew=crew, **options)
    on_page = None if page is None else ReportConfig(page, threads=config.model.threads)

    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.photos.find_elsewhere import require_readable_again, require_writable
    from scorecam_cli.runs.engines import explained_by
    from scorecam_cli.runs.places import agree
    from scorecam_cli.runs.request import ExplainRequest
    from scorecam_cli.runs.session import Session

    request = ExplainRequest.of(config)
    if piped is not None:
        found = found_there(piped, output_dir=photos.output_dir, max_pixels=photos.max_pixels)
    if found is None:
        found = find_jobs(photos.images, listed=photos.listed, recursive=photos.recursive, output_dir=photos.output_dir)
    found = only_shard(found, shard)
    require_writable(found.jobs)
    if page is not None:
        require_readable_again(found.jobs)
    agree(request, found)
    exact = config.fidelity == 1 and config.passes is None and config.model.precision == "float32"
    exact = exact and "fidelity" in METHODS[config.method].takes  # else nothing is inferred
    console = Console(verbosity=loudness, total=len(found.jobs) + len(found.failures), exact=exact)
    results = Results(console, ending=path_end)
    console.notes(found.notes)
    outcomes: list[Outcome] = []  # for the page
    with ExitStack() as ending:
        anything = found.jobs or found.failures
        noted = ending.enter_context(closing(_open_log(log, config, found))) if log and anything else None
        ending.callback(console.finish)
        explained = explained_by(crew, request, Session(request, time.perf_counter, console), found.jobs)
        ending.enter_context(closing(explained))
        for outcome in chain(found.failures, explained):
            if noted is not None:
                noted.note(outcome)
            if isinstance(outcome, Explained):
                console.explained(outcome)
            else:
                console.failed_photo(outcome)
            _print(outcome, results, as_json=as_json)
            if on_page is not None:
                outcomes.append(outcome)
            if fail_fast and console.failed:
                break
    results.summed_up()
    if on_page is not None:
        written = write_page(on_page, outcomes, console)
        if not as_json:
            results.path(written)
    return 1 if console.failed or results.lost else 0


def _open_log(path: Path, config: ExplainConfig, found: Found) -> OutcomeLog:
    from scorecam_cli.runs.log import OutcomeLog
    from scorecam_cli.runs.logged_request import request_of

    outputs = {job.photo: job.output for job in found.jobs}
    shard = config.photos.shard
    origin = {"host": platform.node(), "shard": None if shard is None else f"{shard[0]}/{shard[1]}"}
    return OutcomeLog(path, request=request_of(config), outputs=outputs, now=_now, origin=origin)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _print(outcome: Any, results: Results, *, as_json: bool) -> None:
    if as_json and isinstance(outcome, Explained):
        from scorecam_cli.photos.manifest import json_values

        status = "up-to-date" if outcome.skipped else "explained"
        results.json({**json_values(outcome.manifest), "folder": str(outcome.paths[-1].parent), "status": status})
    elif as_json:
        results.json({"schema": 1, "photo": str(outcome.photo), "error": outcome.reason, "status": "failed"})
    elif isinstance(outcome, Explained):
        results.of_photo(outcome.paths)
