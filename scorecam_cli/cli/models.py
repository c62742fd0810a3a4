"""`scorecam models`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scorecam_cli.cli import completion, model_options
from scorecam_cli.cli.console import print_json
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.values import FILE
from scorecam_cli.config import ModelSettings
from scorecam_cli.inspection.inspect import Inspected
from scorecam_cli.words import printable


@click.command(cls=GroupedCommand, short_help="List the named models, or the layers of one.")
@click.argument("model", required=False, metavar="[NAME_OR_FILE]", shell_complete=completion.models)
@Group.MODEL.option(
    "--input-size", type=click.IntRange(1, 8192), nargs=2, metavar="H W", help="For a file that leaves its size open."
)
@model_options.OUTPUT
@model_options.CONSTANT_INPUT
@Group.MODEL.option(
    "--import",
    "imports",
    type=FILE,
    multiple=True,
    metavar="FILE.py",
    help="Run this Python file of yours first: it registers the classes that a model file needs.",
)
@model_options.UNSAFE
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print one object per line instead of a table.")
def models(model: str | None, as_json: bool, **options: Any) -> int:
    """List the models that can be named: input size, parameters, target layer, channels (= passes at most),
    preparation, and whether the ImageNet weights are on this machine. With a name or a file: the layers that can be
    a target, with the default marked.

    \b
    scorecam models
    scorecam models ResNet50
    scorecam models my_model.keras
    """
    if model is None:
        _list_catalogue(as_json=as_json)
    else:
        _list_layers(ModelSettings(model=model, **options), as_json=as_json)
    return 0


def _list_catalogue(*, as_json: bool) -> None:
    from scorecam_cli.models.catalogue import catalogue
    from scorecam_cli.models.preparation import PREPARATIONS

    rows = [("NAME", "INPUT", "PARAMETERS", "TARGET LAYER", "GRID", "CHANNELS", "PREPARATION", "WEIGHTS HERE")]
    for named in catalogue():
        path = named.weights_file()
        formula = PREPARATIONS[named.preparation].formula
        if as_json:
            print_json(
                {
                    "name": named.name,
                    "input": [named.size, named.size, 3],
                    "parameters": named.parameters,
                    "layer": named.layer,
                    "shape": [named.h, named.w, named.channels],
                    "preprocess": named.preparation,
                    "weights_file": str(path) if path else None,
                }
            )
        rows.append(
            (
                named.name,
                f"{named.size} x {named.size}",
                f"{named.parameters / 1e6:.1f} M",
                named.layer,
                f"{named.h} x {named.w}",
                str(named.channels),
                f"{named.preparation}: {formula}",
                "yes" if path else "no",
            )
        )
    if not as_json:
        print_table(rows, right={2, 5})


def _list_layers(settings: ModelSettings, *, as_json: bool) -> None:
    from dataclasses import replace

    from scorecam_cli.loading.opening import look_into

    if not settings.is_file:  # the layers are the same whatever the weights
        settings = replace(settings, weights="random")
    inspected = look_into(settings)
    if inspected is not None and inspected.kind.from_outside:
        _list_tensors(settings, inspected, as_json=as_json)
        return
    from scorecam_cli.keras_engine.passing import unmixed
    from scorecam_cli.loading.load import load_network  # starts TensorFlow

    size, network = load_network(settings, inspected)
    default = network.default_target
    before, whole = (unmixed(network, default, undivided=undivided) for undivided in (False, True))
    marks = {whole.key: "~", before.key: "+", default.key: "*"}
    rows = [("", "LAYER", "KIND", "GRID", "CHANNELS")]
    for call in network.targets:
        h, w, channels = call.grid_shape or (0, 0, 0)
        prefix = call.folding.prefix if call.folding else None
        if as_json:
            print_json(
                {
                    "layer": call.path,
                    "kind": call.kind,
                    "shape": [h, w, channels],
                    "prefix": prefix,
                    "default": call is default,
                    "unmixed": call is before,
                    "undivided": call is whole,
                }
            )
        tokens = "" if prefix is None else f" of {prefix + h * w} tokens"
        rows.append((marks.get(call.key, ""), call.path, call.kind, f"{h} x {w}{tokens}", str(channels)))
    if not as_json:
        also = "" if before is default else ", + that of recipro-cam and ablation-cam, ~ that of methods by gradients"
        click.echo(f"{printable(settings.model)}: input {size[0]} x {size[1]}; * is the default target layer{also}")
        print_table(rows, right={4})


def _list_tensors(settings: ModelSettings, inspected: Inspected, *, as_json: bool) -> None:
    """What a model that is seen from outside takes and returns."""
    from pathlib import Path

    from scorecam_cli.black_box.building import open_file

    process, inputs, outputs = open_file(Path(settings.model), inspected.kind)
    process.end()
    rows = [("", "NAME", "SHAPE", "NUMBERS")]
    for side, tensors in (("input", inputs), ("output", outputs)):
        for each in tensors:
            kept = f"{each.dtype}, (q - {each.zero}) * {each.scale:g}" if each.scale else each.dtype
            if as_json:
                print_json({"kind": side, "name": each.name, "shape": list(each.shape), "dtype": each.dtype})
            rows.append((side, each.name, each.sides, kept))
    if not as_json:
        click.echo(f"{printable(settings.model)}: {inspected.kind.value}, seen from outside: no layers, no gradients")
        print_table(rows, right=set())


def print_table(rows: Sequence[tuple[str, ...]], *, right: set[int]) -> None:
    """Rows of text on standard output, in columns; those in `right` end at the same place."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(widths[at]) if at in right else cell.ljust(widths[at]) for at, cell in enumerate(row)]
        click.echo(printable("  ".join(cells).rstrip()))
