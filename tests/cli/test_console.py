"""What a run says on stderr: how long a photo will take."""

import itertools
import re
from types import SimpleNamespace

import pytest

from scorecam_cli.cli import console
from scorecam_cli.manifest import NotedScore


def said(monkeypatch, capsys, *, compiling, batch, seconds, planned):
    """How many seconds are foretold, and how many it takes in the end, of batches of one length behind a longer one."""
    clock = itertools.accumulate([100.0, compiling] + [seconds] * (planned // batch))
    monkeypatch.setattr(console, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    watcher = console.Console(verbosity=0, total=1, exact=True)
    watcher.passes_planned("dog.jpg", planned)
    for _ in range(planned // batch):
        watcher.passes_done(batch)
    found = re.findall(r"about (\d+) s for this photo", capsys.readouterr().err)
    return [int(each) for each in found], compiling + (planned // batch - 1) * seconds


@pytest.mark.parametrize("compiling", [1.5, 12.0])
def test_long_photo_is_foretold_without_what_compiling_took(monkeypatch, capsys, compiling):
    (foretold,), taken = said(monkeypatch, capsys, compiling=compiling, batch=32, seconds=1.5, planned=704)
    assert foretold == pytest.approx(taken, abs=0.5)


def test_short_photo_with_a_slow_beginning_is_not_told_to_be_long(monkeypatch, capsys):
    foretold, taken = said(monkeypatch, capsys, compiling=12.0, batch=32, seconds=0.5, planned=704)
    assert taken < console.LONG_PHOTO
    assert foretold == []


def test_nothing_is_foretold_before_three_batches():
    pace = console.Pace(100, 0.0)
    for now in (8.0, 9.0):
        pace.add(10, now)
        assert pace.seconds is None
    pace.add(10, 10.0)
    assert pace.seconds == 8 + 9


@pytest.mark.parametrize(
    ("probability", "said"), [(0.4214, "0.421"), (0.0, "0.000"), (3.3e-5, "3.3e-05"), (5e-4, "0.001")]
)
def test_small_probability_is_not_rounded_to_nothing(probability, said):
    assert console.score_words(NotedScore(1, "cat", None, probability, None)) == said
