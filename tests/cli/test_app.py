"""The process of the command: what it sets for itself alone."""

import gc
import sys

import pytest

from scorecam_cli import own_process
from scorecam_cli.cli import app


@pytest.fixture
def thresholds():
    """Those of this process, put back afterwards."""
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)
    gc.unfreeze()
    own_process._begun.clear()


def test_cycles_are_looked_for_rarely_in_a_process_of_the_commands_own(monkeypatch, thresholds, capsys):
    monkeypatch.setattr(sys, "argv", ["scorecam", "--version"])
    with pytest.raises(SystemExit):
        app.main()
    assert gc.get_threshold() == own_process.RARELY != thresholds


def test_a_process_of_the_commands_own_ends_without_looking_through_what_it_made(monkeypatch, thresholds, capsys):
    monkeypatch.setattr(sys, "argv", ["scorecam", "--version"])
    with pytest.raises(SystemExit):
        app.main()
    assert gc.get_freeze_count()


def test_a_program_that_calls_the_command_keeps_its_own(thresholds, capsys):
    with pytest.raises(SystemExit):
        app.main(["--version"])
    assert gc.get_threshold() == thresholds
    assert not gc.get_freeze_count()
