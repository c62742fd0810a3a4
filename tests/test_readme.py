"""The README says what the command says.

`python -m tests.test_readme` from the project's root writes the present help into it.
"""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from scorecam_cli.cli.app import cli

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- help:( \w+)? ?-->\n(?:```text\n.*?\n```\n)?", re.S)
WIDTH = 100


def block(command):
    """What stands in the README for one command: its help, 100 columns wide."""
    arguments = [*(command or "").split(), "--help"]
    result = CliRunner().invoke(cli, arguments, prog_name="scorecam", terminal_width=WIDTH)
    return f"<!-- help:{command or ''} -->\n```text\n$ scorecam {' '.join(arguments)}\n{result.output.rstrip()}\n```\n"


def filled(text):
    return BLOCK.sub(lambda found: block(found[1]), text)


def test_help_in_the_readme_is_the_help_of_the_command():
    text = README.read_text("utf-8")
    assert len(BLOCK.findall(text)) == len(cli.commands) + 1
    assert filled(text) == text


def test_every_option_named_in_the_readme_exists():
    known = {option for command in cli.commands.values() for each in command.params for option in each.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", BLOCK.sub("", README.read_text("utf-8"))))
    assert named - known - {"--help"} == set()


def test_messages_under_troubleshooting_are_those_of_the_program():
    table = README.read_text("utf-8").split("## Troubleshooting")[1].split("##")[0]
    messages = re.findall(r"^\| `([^`]+)`", table, re.M)
    source = "".join(path.read_text("utf-8") for path in (ROOT / "scorecam_cli").rglob("*.py"))
    source = re.sub(r"\{[^{}]*\}", "{}", re.sub(r'"\s*\n\s*f?"', "", source).replace("`", ""))
    assert len(messages) >= 8
    for message in messages:
        for part in re.split(r"VGG16| \.\.\. | \d+ ", message):
            assert part.strip() in source, message


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)h][^)]*)\)", README.read_text("utf-8")))
def test_links_lead_to_files(link):
    assert (ROOT / link).exists()


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
