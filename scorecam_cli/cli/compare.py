"""`scorecam compare`."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from itertools import chain
from typing import Any

import click

from scorecam_cli.cli import drawing_options, given, model_options
from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.results import Results
from scorecam_cli.cli.values import FOLDER
from scorecam_cli.config import CompareConfig
from scorecam_cli.figures.forms import COMPARED
from scorecam_cli.outcomes import Failed
from scorecam_cli.words import aligned

DEFAULTS: dict[str, Any] = {name: field.default for name, field in CompareConfig.__dataclass_fields__.items()}


@click.command(cls=GroupedCommand, short_help="Draw the maps of several methods side by side.")
@shared.photo_arguments
@model_options.model_options
@shared.layer_option
@shared.methods_option(DEFAULTS["methods"])
@shared.class_options
@Group.OUTPUT.option(
    "--classes", "rows", is_flag=True, help="One figure with a row per class, not one figure per class."
)
@shared.score_cam_options(
    passes="Of score-cam, pass only N of the masks and infer the rest; the other methods keep their own numbers.  "
    "[default: all]"
)
@shared.signed_option
@model_options.precision_option
@Group.OUTPUT.option("-o", "--output-dir", type=FOLDER, help="Where the figures go.  [default: next to each photo]")
@drawing_options.figure_save_option(
    DEFAULTS["save"],
    COMPARED,
    more=" stability: each map beside that of the photo with noise that nobody sees, which takes as long again.",
)
@drawing_options.drawing_options
@drawing_options.figure_options
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print one object per photo instead of the paths.")
@shared.print0_option
@shared.loudness_options
def compare(as_json: bool, print0: bool, top: int | None, **options: Any) -> int:
    """Show what several methods make of the same photo, class and layer, with their seconds and areas.

    For dog.jpg and class 242 this writes dog.jpg.scorecam-242-compare.png: the photo, and an overlay per method, each
    with its seconds, passes, and the areas under its deletion curve (lower is better) and insertion curve (higher is
    better). Methods that do not fit the model are named with the reason.

    \b
    scorecam compare dog.jpg --class 242
    scorecam compare dog.jpg --methods score-cam,layer-cam,rise -k 3 --classes
    """
    loudness = given.verbosity(options)
    path_end = given.path_ending(print0=print0, as_json=as_json)
    photos = given.photo_settings(options)
    config = CompareConfig(photos=photos, model=given.model_settings(options), top=top or 0, **options)

    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.photos.find_elsewhere import require_here
    from scorecam_cli.runs.compare import compare_photos
    from scorecam_cli.runs.request import CompareRequest
    from scorecam_cli.runs.session import Session

    request = CompareRequest.of(config)
    found = find_jobs(photos.images, listed=photos.listed, recursive=photos.recursive, output_dir=photos.output_dir)
    require_here(found.jobs)
    console = Console(verbosity=loudness, total=len(found.jobs) + len(found.failures))
    results = Results(console, ending=path_end)
    console.notes(found.notes)
    with ExitStack() as ending:
        ending.callback(console.close)
        outcomes = compare_photos(request, Session(request, time.perf_counter, console), found.jobs)
        ending.enter_context(closing(outcomes))
        for outcome in chain(found.failures, outcomes):
            if isinstance(outcome, Failed):
                console.failed_photo(outcome)
                if as_json:
                    results.json({"schema": 1, "photo": str(outcome.photo), "error": outcome.reason})
                continue
            console.finished_photo(_lines(outcome.description))
            console.say_lines(_warnings(outcome.description))
            if as_json:
                results.json(outcome.description)
            else:
                for path in outcome.paths:
                    results.path(path)
    console.finish()
    return 1 if console.failed or results.lost else 0


def _lines(description: Any) -> list[str]:
    """The photo, and for each class a table of the methods."""
    lines = []
    for entry in description["classes"]:
        lines.append(f"{description['photo']}: {entry['name']} ({entry['index']}) {entry['probability']:.3f}")
        rows = [("method", "seconds", "passes", "deletion", "insertion")]
        for method in entry["methods"]:
            if "note" in method:
                lines.append(f"  {method['method']}: {method['note']}")
                continue
            rows.append(
                (
                    method["method"],
                    f"{method['seconds']:.2f}",
                    str(method["passes"]),
                    f"{method['deletion']:.4f}",
                    f"{method['insertion']:.4f}",
                )
            )
        lines += [f"  {line}" for line in aligned(rows)]
        if shared := [f"{each['method']} {each['shared_passes']}" for each in entry["methods"] if _shares(each)]:
            lines.append(f"  passes shared with a method above, which count for each: {', '.join(shared)}")
    return lines


def _shares(method: Any) -> bool:
    """Whether a method took passes that another had run."""
    return "note" not in method and method["shared_passes"] > 0


def _warnings(description: Any) -> list[str]:
    """What is to be doubted of each class's maps, and of which methods' where it is not so of all."""
    lines = []
    for entry in description["classes"]:
        made = [method for method in entry["methods"] if "doubts" in method]
        about: dict[str, list[str]] = {}
        for method in made:
            for doubt in method["doubts"]:
                about.setdefault(doubt, []).append(method["method"])
        for doubt, methods in about.items():
            of = entry["name"] if len(methods) == len(made) else f"{entry['name']}, {', '.join(methods)}"
            lines.append(f"{description['photo']}: {of}: warning: {doubt}")
    return lines
