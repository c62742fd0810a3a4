"""`scorecam predict`."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import asdict
from itertools import chain
from typing import Any

import click

from scorecam_cli.cli import given, model_options, worker_options
from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console, print_json
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.shards import only_shard, shard_option, shard_taken
from scorecam_cli.cli.standard_input import found_there, name_option, name_taken
from scorecam_cli.config import PredictConfig
from scorecam_cli.outcomes import Failed
from scorecam_cli.records import ClassScore
from scorecam_cli.words import printable


@click.command(cls=GroupedCommand, short_help="Print the most probable classes of each photo.")
@shared.photo_arguments
@name_option
@shard_option
@model_options.model_options
@worker_options.worker_options
@Group.OUTPUT.option("-k", "--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many classes.")
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print one object per photo instead of a table.")
@shared.loudness_options
def predict(as_json: bool, top: int, **options: Any) -> int:
    """Print the most probable classes of each photo with their probability.

    \b
    scorecam predict dog.jpg
    scorecam predict photos/ -m EfficientNetLite0 --json
    """
    loudness, shard, piped = given.verbosity(options), shard_taken(options), name_taken(options)
    photos, crew = given.photo_settings(options), given.worker_settings(options)
    config = PredictConfig(photos=photos, model=given.model_settings(options), top=top, crew=crew)

    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.runs.description import note_score
    from scorecam_cli.runs.engines import predicted_by
    from scorecam_cli.runs.request import PredictRequest
    from scorecam_cli.runs.session import Session

    request = PredictRequest.of(config)
    if piped is not None:
        found = found_there(piped, output_dir=None, max_pixels=photos.max_pixels)
    else:
        found = find_jobs(photos.images, listed=photos.listed, recursive=photos.recursive, output_dir=None)
    found = only_shard(found, shard)
    console = Console(verbosity=min(loudness, 0), total=len(found.jobs) + len(found.failures))
    console.notes(found.notes)
    with ExitStack() as ending:
        ending.callback(console.close)
        predicted = predicted_by(crew, request, Session(request, time.perf_counter, console), found.jobs)
        ending.enter_context(closing(predicted))
        for outcome in chain(found.failures, predicted):
            if isinstance(outcome, Failed):
                console.failed_photo(outcome)
                if as_json:
                    print_json({"photo": str(outcome.photo), "error": outcome.reason})
                continue
            console.predicted()
            if as_json:
                classes = [asdict(note_score(score)) for score in outcome.classes]
                print_json({"photo": str(outcome.photo), "model": outcome.model, "classes": classes})
            else:
                _print_table(str(outcome.photo), outcome.classes)
    return 1 if console.failed else 0


def _print_table(photo: str, classes: tuple[ClassScore, ...]) -> None:
    click.echo(printable(photo))
    width = max(len(score.label.name) for score in classes)
    for score in classes:
        label = score.label
        number = f"{score.output:8.4g}" if score.probability is None else f"{score.probability:8.4f}"
        row = f"  {number}  {label.index:5d}  {printable(label.name):{width}s}  {label.wnid or ''}"
        click.echo(row.rstrip())
