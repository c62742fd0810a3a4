"""Options of what is drawn, of several commands, each written once; `options.py` has the index of all."""

from __future__ import annotations

from collections.abc import Callable

import click

from scorecam_cli.cli import completion
from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.cli.options import EXPLAIN
from scorecam_cli.cli.values import comma_list
from scorecam_cli.figures.forms import names_of
from scorecam_cli.figures.paper import DOTS, WIDTHS


def drawing_options(command: Command) -> Command:
    """--colormap and --alpha."""
    return stacked(
        command,
        Group.OUTPUT.option(
            "--colormap",
            default=EXPLAIN["colormap"].default,
            shell_complete=completion.colormaps,
            show_default=True,
            metavar="NAME",
            help="Any colour map of matplotlib.",
        ),
        Group.OUTPUT.option(
            "--alpha",
            type=click.FloatRange(0, 1),
            default=EXPLAIN["alpha"].default,
            show_default=True,
            help="Share of the heatmap in the overlay.",
        ),
    )


def figure_options(command: Command) -> Command:
    """--width and --dpi."""
    return stacked(
        command,
        Group.OUTPUT.option(
            "--width",
            type=click.FloatRange(*WIDTHS),
            metavar="MM",
            help="Width of figures on paper, in millimetres: they are laid out so that their letters stay legible.  "
            "[default: for a screen]",
        ),
        Group.OUTPUT.option(
            "--dpi",
            type=click.IntRange(*DOTS),
            metavar="N",
            help="Dots in an inch of figures.  [default: 100; 300 with --width]",
        ),
    )


def figure_save_option(
    default: tuple[str, ...], figures: tuple[str, ...], *, more: str = ""
) -> Callable[[Command], Command]:
    """--save, of a command that makes these figures."""
    known = names_of(figures)
    return lambda command: stacked(
        command,
        Group.OUTPUT.option(
            "--save",
            default=",".join(default),
            show_default=True,
            metavar="LIST",
            callback=comma_list,
            shell_complete=completion.one_more_of(known),
            help=f"Figures, a comma list of {', '.join(known)}.{more}",
        ),
    )
