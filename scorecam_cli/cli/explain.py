"""`scorecam explain`."""

from __future__ import annotations

import time
from itertools import chain
from typing import Any

import click

from scorecam_cli.cli import options as shared
from scorecam_cli.cli.console import Console, print_json, print_path
from scorecam_cli.config import SELECTIONS, VARIANTS, ExplainConfig
from scorecam_cli.records import Explained

DEFAULTS: dict[str, Any] = {name: field.default for name, field in ExplainConfig.__dataclass_fields__.items()}


@click.command(short_help="Write a heatmap and an overlay for each photo.")
@shared.photo_arguments
@shared.model_options
@shared.layer_option
@shared.precision_option
@click.option(
    "-c",
    "--class",
    "classes",
    multiple=True,
    metavar="CLASS",
    help="Index, name or WordNet id of a class to explain; repeatable.  [default: the predicted class]",
)
@click.option(
    "-k", "--top", type=click.IntRange(min=1), help="Explain the N most probable classes, in the same passes."
)
@click.option(
    "--variant",
    type=click.Choice(VARIANTS),
    default=DEFAULTS["variant"],
    show_default=True,
    help="What is summed: the article's masks, the authors' code, or the paper's Algorithm 1.",
)
@click.option(
    "--passes",
    type=click.IntRange(min=4),
    metavar="N",
    help="Pass only N of the masks and infer the rest; how close the map is gets estimated.  [default: all]",
)
@click.option(
    "--fidelity",
    type=click.FloatRange(0, 1, min_open=True),
    default=DEFAULTS["fidelity"],
    show_default=True,
    help="Pass only as many masks as it takes to estimate this correlation with the exact map; 1 is exact.",
)
@click.option(
    "--selection",
    type=click.Choice(SELECTIONS),
    default=DEFAULTS["selection"],
    show_default=True,
    help="Which masks --passes takes: representatives, or those of largest spread (Faster-Score-CAM).",
)
@click.option(
    "--batch-size",
    default="auto",
    show_default=True,
    metavar="N|auto",
    callback=shared.checked_batch_size,
    help="Masked photos in one pass: more memory, the same map. Halved when memory runs out.",
)
@click.option("-o", "--output-dir", type=shared.FOLDER, help="Where the files go.  [default: next to each photo]")
@click.option(
    "--save",
    default=",".join(DEFAULTS["save"]),
    show_default=True,
    metavar="LIST",
    callback=lambda _context, _option, value: tuple(part.strip() for part in value.split(",") if part.strip()),
    help="Comma list of heatmap, overlay, npy (the map itself) and panel (all in one figure).",
)
@click.option(
    "--colormap", default=DEFAULTS["colormap"], show_default=True, metavar="NAME", help="Any colour map of matplotlib."
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1),
    default=DEFAULTS["alpha"],
    show_default=True,
    help="Share of the heatmap in the overlay.",
)
@click.option("--force", is_flag=True, help="Redo photos whose files are up to date.")
@click.option("--json", "as_json", is_flag=True, help="Print one object per photo instead of the paths.")
@shared.loudness_options
def explain(as_json: bool, top: int | None, **options: Any) -> int:
    """Show which parts of each photo made the model choose a class (Score-CAM, arXiv:1910.01279).

    IMAGES are files, folders and quoted globs. For dog.jpg and class 242 this writes dog.jpg.scorecam-242-heatmap.png,
    dog.jpg.scorecam-242-overlay.png and, last, dog.jpg.scorecam.json, and prints their paths. A photo whose files are
    up to date is not done again.

    \b
    scorecam explain dog.jpg --class 242
    scorecam explain 'photos/**/*.jpg' -k 3 -o maps
    scorecam explain dog.jpg -m my_model.keras --labels names.txt --preprocess unit
    """
    loudness = shared.verbosity(options)
    photos = shared.photo_settings(options)
    config = ExplainConfig(photos=photos, model=shared.model_settings(options), top=top or 0, **options)

    from scorecam_cli.photos.find import find_jobs
    from scorecam_cli.run import check_request, explain_photos

    check_request(config)
    found = find_jobs(photos.images, recursive=photos.recursive, output_dir=photos.output_dir)
    exact = config.fidelity == 1 and config.passes is None and config.model.precision == "float32"
    console = Console(verbosity=loudness, total=len(found.jobs) + len(found.failures), exact=exact)
    console.notes(found.notes)
    try:
        outcomes = explain_photos(config, found.jobs, watcher=console, clock=time.perf_counter)
        for outcome in chain(found.failures, outcomes):
            if isinstance(outcome, Explained):
                console.explained(outcome)
            else:
                console.failed_photo(outcome)
            _print(outcome, as_json=as_json)
    finally:
        console.close()
    console.finish()
    return 1 if console.failed else 0


def _print(outcome: Any, *, as_json: bool) -> None:
    if as_json and isinstance(outcome, Explained):
        print_json(outcome.manifest)
    elif as_json:
        print_json({"schema": 1, "photo": str(outcome.photo), "error": outcome.reason})
    elif isinstance(outcome, Explained):
        for path in outcome.paths:
            print_path(path)
