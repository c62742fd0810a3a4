"""Options in groups under `--help`: photos, model, what to explain, how, output, in this order in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
WIDEST = 30  # letters of the first column, as Click has it; what is longer has a line of its own


class Group(StrEnum):
    """What options are about; the value is the heading under `--help`."""

    PHOTOS = "Photos"
    MODEL = "Model"
    WHAT = "What to explain"
    HOW = "How"
    OUTPUT = "Output"

    def option(self, *names: str, **settings: Any) -> Callable[[Command], Command]:
        """An option of this group, to decorate a command with; arguments as of `click.option`."""
        return click.option(*names, **{"cls": GroupedOption, **settings}, group=self)


def stacked(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    """The command with these options, in this order."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


class GroupedOption(click.Option):
    """An option that knows its group."""

    def __init__(self, *arguments: Any, group: Group, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help has a section for each group of options, and one for those of none."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, their columns at the same place in each."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        sections = {
            str(group): _records((each for each in options if _group_of(each) is group), ctx) for group in Group
        }
        sections["Other"] = _records((each for each in options if _group_of(each) is None), ctx)
        names = [name for records in sections.values() for name, _help in records]
        width = min(WIDEST, max(map(len, names), default=0))
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl([(name.ljust(width), told) for name, told in records], col_max=WIDEST)


def _group_of(option: click.Option) -> Group | None:
    return option.group if isinstance(option, GroupedOption) else None


def _records(options: Iterable[click.Option], ctx: click.Context) -> list[tuple[str, str]]:
    records = [each.get_help_record(ctx) for each in options]
    return [each for each in records if each is not None]
