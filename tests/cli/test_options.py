"""The index on top of options.py tells of each option in the program, and of nothing else."""

import re

import click

from scorecam_cli.cli import options
from scorecam_cli.cli.app import cli
from scorecam_cli.cli.groups import Group

ROW = re.compile(r"    (?P<names>-\S+(?:, -\S+)*) {2,}(?P<meaning>\S+(?: \S+)*) {2,}(?P<commands>\w+(?: \w+)*)")


def index():
    """Group, names, meaning and commands of each line."""
    lines = options.__doc__.partition(f"\n{next(iter(Group))}\n")
    group = next(iter(Group))
    for line in lines[2].rstrip().splitlines():
        row = ROW.fullmatch(line)
        if row is None:
            group = Group(line)
        else:
            yield group, row["names"], row["meaning"], tuple(row["commands"].split())


def options_of_the_program():
    takers = {}
    for name, command in cli.commands.items():
        for each in command.params:
            if isinstance(each, click.Option):
                takers.setdefault((each.group, ", ".join(each.opts)), []).append(name)
    return {(*option, tuple(commands)) for option, commands in takers.items()}


def test_index_names_each_option_once_with_its_group_and_the_commands_that_take_it():
    rows = [(group, names, commands) for group, names, _meaning, commands in index()]
    assert len(rows) == len(set(rows))
    assert set(rows) == options_of_the_program()


def test_index_says_what_an_option_means_in_five_words():
    assert [meaning for _group, _names, meaning, _commands in index() if len(meaning.split()) > 5] == []
