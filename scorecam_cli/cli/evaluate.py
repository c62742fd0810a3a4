"""`scorecam evaluate`."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from typing import Any

import click

from scorecam_cli.choices import Fill, Measure
from scorecam_cli.cli import completion, drawing_options, given, model_options
from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.results import Results
from scorecam_cli.cli.shards import only_shard, shard_option, shard_taken
from scorecam_cli.cli.values import FILE, FOLDER, PLACE, ListedMethod, OneOf, comma_list
from scorecam_cli.config import EvaluateConfig
from scorecam_cli.figures.forms import EVALUATED
from scorecam_cli.outcomes import Failed
from scorecam_cli.words import aligned

DEFAULTS: dict[str, Any] = {name: field.default for name, field in EvaluateConfig.__dataclass_fields__.items()}


@click.command(cls=GroupedCommand, short_help="Measure how faithful the maps of several methods are.")
@shared.photo_arguments
@shard_option
@model_options.model_options
@shared.layer_option
@shared.methods_option(DEFAULTS["methods"])
@Group.HOW.option(
    "--measures",
    default=",".join(DEFAULTS["measures"]),
    show_default=True,
    metavar="LIST",
    callback=comma_list,
    shell_complete=completion.one_more_of(Measure),
    help=f"Comma list of {', '.join(Measure)}; pointing is added where --boxes or --masks are given.",
)
@Group.WHAT.option(
    "-c",
    "--class",
    "classes",
    multiple=True,
    metavar="CLASS",
    help="The class to explain in every photo.  [default: the predicted class]",
)
@Group.WHAT.option("--truth", type=FILE, help="CSV of photo and class: the class to explain in each photo.")
@Group.HOW.option("--boxes", type=PLACE, help="Where the object is: CSV of file,x0,y0,x1,y1, or a folder of VOC XML.")
@Group.HOW.option("--masks", type=FOLDER, help="Where the object is: a folder of PNGs of the photos' names.")
@Group.HOW.option(
    "--steps", type=click.IntRange(2, 10000), default=DEFAULTS["steps"], show_default=True, help="Of a curve."
)
@Group.HOW.option(
    "--deletion-fill",
    type=OneOf(Fill),
    default=DEFAULTS["deletion_fill"].value,
    show_default=True,
    help="What deleted pixels become.",
)
@Group.HOW.option(
    "--insertion-fill",
    type=OneOf(Fill),
    default=DEFAULTS["insertion_fill"].value,
    show_default=True,
    help="What pixels are before they are inserted.",
)
@shared.score_cam_options(
    passes="Of score-cam, pass only N of the masks and infer the rest; the other methods keep their own numbers.  "
    "[default: all]"
)
@Group.HOW.option(
    "--baseline",
    type=ListedMethod(),
    metavar="NAME",
    help="Of the methods, the one that the others are compared with photo by photo, with a test.",
)
@model_options.precision_option
@Group.PHOTOS.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N photos.")
@Group.OUTPUT.option(
    "-o",
    "--output-dir",
    type=FOLDER,
    default="scorecam-evaluation",
    show_default=True,
    help="Where the table, the summary and the figure go.",
)
@drawing_options.figure_save_option(DEFAULTS["save"], EVALUATED)
@drawing_options.figure_options
@Group.PHOTOS.option(
    "--force", "fresh", is_flag=True, help="Begin the table anew; otherwise its photos are not done again."
)
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print the summary as one object instead of the paths.")
@shared.print0_option
@shared.loudness_options
def evaluate(as_json: bool, print0: bool, **options: Any) -> int:
    """Measure the maps of several methods over a set of photos.

    Average drop, increase and gain of the class when only the map's region is shown; areas under the deletion and
    insertion curves; with boxes or masks the share of the map on the object; on request the map's shape, ROAD,
    coherency (with ADCC and ARCC), stability against noise and sanity under randomised weights. Writes evaluation.csv
    (a row per photo and method), evaluation.md, evaluation.json and evaluation.png. A run that was stopped goes on
    where it stopped.

    \b
    scorecam evaluate photos/ -m EfficientNetLite0
    scorecam evaluate photos/ --truth truth.csv --boxes boxes.csv --measures drop,curves,pointing,stability
    """
    loudness, shard = given.verbosity(options), shard_taken(options)
    path_end = given.path_ending(print0=print0, as_json=as_json)
    photos = given.photo_settings(options)
    config = EvaluateConfig(photos=photos, model=given.model_settings(options), **options)

    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.runs.evaluate import evaluate_photos
    from scorecam_cli.runs.evaluation import finish_evaluation
    from scorecam_cli.runs.request import EvaluateRequest
    from scorecam_cli.runs.session import Session

    request = EvaluateRequest.of(config)
    found = find_jobs(photos.images, listed=photos.listed, recursive=photos.recursive, output_dir=None)
    found = only_shard(replace(found, jobs=found.jobs[: config.limit]), shard)
    jobs = found.jobs
    console = Console(verbosity=loudness, total=len(jobs) + len(found.failures))
    console.notes(found.notes)
    with ExitStack() as ending:
        ending.callback(console.close)
        measured = evaluate_photos(request, Session(request, time.perf_counter, console), jobs)
        ending.enter_context(closing(measured))
        for outcome in chain(found.failures, measured):
            if isinstance(outcome, Failed):
                console.failed_photo(outcome)
            else:
                console.finished_photo(outcome.lines, skipped=outcome.skipped)
                console.say_lines([f"{outcome.photo}: warning: {doubt}" for doubt in outcome.doubts])
    finished = finish_evaluation(config, request.settings)
    console.say_lines(aligned(finished.table))
    if finished.apart is not None:
        console.say_lines([*aligned(finished.apart.table), finished.apart.note])
    if shard is not None:
        console.notes(["when all parts are done, the same command without --shard joins their tables"])
    results = Results(console, ending=path_end)
    if as_json:
        results.json(finished.summary)
    else:
        for path in finished.paths:
            results.path(path)
    console.finish()
    return 1 if console.failed or results.lost else 0
