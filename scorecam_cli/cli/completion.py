"""What the Tab key offers for values: files, names of models, methods, outputs and colour maps.

Each function takes what Click hands to `shell_complete`. Where both files and words fit, the marker for files comes
first: bash forgets the words that come before it, and completes files where no word fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def files(_context: click.Context, _option: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself knows best."""
    return [CompletionItem(begun, type="file")]


def models(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files, and the names of models."""
    from scorecam_cli.models.catalogue import catalogue

    return files(context, option, begun) + _words((model.name for model in catalogue()), begun)


def weights(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files, and the two words for weights that are in none."""
    return files(context, option, begun) + _words(("imagenet", "random"), begun)


def colormaps(_context: click.Context, _option: click.Parameter, begun: str) -> list[CompletionItem]:
    """The names that matplotlib knows."""
    from scorecam_cli.photos.draw import colormap_names

    return _words(colormap_names(), begun)


def outputs(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """The kinds of output, in a comma list; behind a full stop the other forms of a figure."""
    from scorecam_cli.figures.kinds import KINDS, names

    return one_more_of(names() if "." in begun.rpartition(",")[2] else KINDS)(context, option, begun)


def one_more_of(names: Iterable[str]) -> Completion:
    """Names for the last place of a comma list, but for those that stand in it."""

    def complete(_context: click.Context, _option: click.Parameter, begun: str) -> list[CompletionItem]:
        listed, comma, last = begun.rpartition(",")
        there = listed.split(",")
        return [CompletionItem(listed + comma + name) for name in names if name.startswith(last) and name not in there]

    return complete


def _words(names: Iterable[str], begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(begun)]
