"""Options stand in groups under `--help`, and nothing is lost or said twice by it."""

import re

import click
import pytest
from click.testing import CliRunner

from scorecam_cli.cli.app import cli
from scorecam_cli.cli.groups import Group, GroupedCommand, GroupedOption

HEADING = re.compile(r"^(\w[\w ]*):$", re.M)


def help_of(command, **settings):
    return CliRunner().invoke(cli, [command, "--help"], prog_name="scorecam", **settings).output


def sections_of(command):
    """The text under each heading, in their order."""
    parts = HEADING.split(help_of(command, terminal_width=100))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("command", ["explain", "compare", "evaluate"])
def test_headings_are_the_same_five_over_the_commands(command):
    assert list(sections_of(command)) == ["Photos", "Model", "What to explain", "How", "Output", "Other"]


@pytest.mark.parametrize("command", cli.commands)
def test_each_option_stands_once_under_the_heading_of_its_group(command):
    sections = sections_of(command)
    for option in cli.commands[command].params:
        if isinstance(option, click.Option):
            row = re.compile(rf"^  (?:--?[\w-]+, )*{re.escape(max(option.opts, key=len))}(?= |$)", re.M)
            assert [name for name, text in sections.items() if row.search(text)] == [str(option.group)]


def test_an_option_that_reads_the_same_is_in_one_group():
    groups = {}
    for command in cli.commands.values():
        for each in command.params:
            if isinstance(each, GroupedOption) and each.name != "as_json":
                groups.setdefault((each.name, each.help), set()).add(each.group)
    assert len(groups) > 40
    assert [key for key, found in groups.items() if len(found) > 1] == []


def test_columns_are_in_one_line_over_the_groups():
    @click.command(cls=GroupedCommand)
    @Group.PHOTOS.option("--long-name", help="First.")
    @Group.HOW.option("-s", help="Second.")
    def command():
        pass

    lines = CliRunner().invoke(command, ["--help"]).output.splitlines()
    assert len({line.index(word) for line in lines for word in ("First.", "Second.", "Show this") if word in line}) == 1


def test_help_is_as_wide_as_the_terminal_up_to_110_letters(scorecam, monkeypatch):
    lengths = {}
    for columns in (60, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        options = scorecam("explain", "--help").out.partition("Photos:")[2]
        lengths[columns] = max(map(len, options.splitlines()))
    assert 50 < lengths[60] <= 60
    assert 100 < lengths[200] <= 110
