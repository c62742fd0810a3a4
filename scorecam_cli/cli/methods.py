"""`scorecam methods`."""

from __future__ import annotations

from typing import Any

import click

from scorecam_cli.cli.console import print_json
from scorecam_cli.cli.groups import Group, GroupedCommand
from scorecam_cli.cli.models import print_table
from scorecam_cli.saliency.method import Method
from scorecam_cli.saliency.methods import METHODS


@click.command(cls=GroupedCommand, short_help="List the methods that --method can name.")
@Group.OUTPUT.option("--json", "as_json", is_flag=True, help="Print one object per line instead of a table.")
def methods(as_json: bool) -> int:
    """List the methods that --method and --methods can name: what each is, how many passes of the model it takes for a
    photo, what it needs of the model, and who published it. Passes of methods that need gradients are for each class;
    those of the others serve every class at once.

    \b
    scorecam methods
    scorecam explain dog.jpg --method grad-cam
    """
    if as_json:
        for method in METHODS.values():
            print_json(_described(method))
        return 0
    rows = [("NAME", "WHAT IT IS", "PASSES", "NEEDS", "SOURCE")]
    for method in METHODS.values():
        needs = ", ".join(sorted(method.needs))
        rows.append((method.name, method.summary, _plain(method.passes), needs, str(method.source or "")))
    print_table(rows, right=set())
    return 0


def _described(method: Method) -> dict[str, Any]:
    source = method.source
    return {
        "name": method.name,
        "summary": method.summary,
        "passes": _plain(method.passes),
        "fewest_passes": method.fewest_passes if "passes" in method.takes else None,
        "needs": sorted(method.needs),
        "takes": sorted(method.takes),
        "steps": method.has_steps,
        "source": source and {"authors": source.authors, "year": source.year, "where": source.where},
    }


def _plain(text: str) -> str:
    """Words of the docs without their marks."""
    return text.replace("`", "")
