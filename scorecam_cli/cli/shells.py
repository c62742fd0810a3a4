"""`scorecam completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SCORECAM_COMPLETE"


@click.command(short_help="Print what switches on completion with the Tab key.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what a shell has to read so that the Tab key completes commands, options, files and names.

    \b
    eval "$(scorecam completion bash)"                                     in ~/.bashrc
    eval "$(scorecam completion zsh)"                                      in ~/.zshrc
    scorecam completion fish > ~/.config/fish/completions/scorecam.fish    once
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this version of Click knows no completion of {shell}")
    click.echo(kind(context.find_root().command, {}, "scorecam", VARIABLE).source())
    return 0
