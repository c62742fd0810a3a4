"""The page at a glance: counts of photos that filter them, the runs, and what is to be done again."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scorecam_cli.manifest import Manifest
from scorecam_cli.records import layer_words
from scorecam_cli.report import noted
from scorecam_cli.report.cards import Card
from scorecam_cli.report.collect import State
from scorecam_cli.report.grouping import Run
from scorecam_cli.report.shown_cards import STATES, ShownCard

_ORDER = (State.SHOWN, State.FAILED, State.UNEXPLAINED, State.INCOMPLETE)
MOST_NAMES = 20  # of photos in a command


@dataclass(frozen=True)
class ToldRun:
    """One run as the page tells of it. making: model, weights, layer and method; photos: how many it explained."""

    name: str
    manifest: Manifest
    layer: str
    method: str
    photos: int

    @property
    def making(self) -> str:
        return f"{self.manifest.model} · weights {self.manifest.weights} · {self.layer} · {self.method}"


def told_runs(cards: Sequence[Card], runs: Sequence[Run]) -> list[ToldRun]:
    """The runs in their order."""
    photos = Counter(run.number for card in cards for run in card.runs)
    return [
        ToldRun(
            run.name,
            run.manifest,
            layer_words(run.manifest.layer, several=len(run.manifest.layers) > 1),
            noted.method(run.manifest),
            photos[number],
        )
        for number, run in enumerate(runs)
    ]


def chips(shown: Sequence[ShownCard]) -> list[tuple[str, str, int]]:
    """Counts that filter: the value of the filter, its name, how many photos; those of no photo are left out."""
    states = Counter(each.card.state for each in shown)
    right = Counter(each.answers[0].right for each in shown if each.answers)
    found = [
        *((f"state-{state.value}", STATES[state], states[state]) for state in _ORDER),
        ("doubtful", "Doubtful", sum(each.card.doubtful for each in shown)),
        ("disagreed", "Runs differ", sum(bool(each.apart and each.apart["answers"]) for each in shown)),
        ("right", "Right", right[True]),
        ("wrong", "Wrong", right[False]),
    ]
    return [("", "All", len(shown)), *(each for each in found if each[2])]


@dataclass(frozen=True)
class OfClass:
    """The photos of one true class. key: the value of the filter that shows them. wrong: an answer, and how often."""

    key: str
    name: str
    photos: int
    right: int
    wrong: tuple[str, int] | None


def confusion(shown: Sequence[ShownCard]) -> list[OfClass]:
    """What the first run answers of the photos of each class, the most frequent class first."""
    by_class: dict[str, list[ShownCard]] = {}
    for each in shown:
        if each.card.truth is not None and each.answers and each.answers[0].right is not None:
            by_class.setdefault(each.keys[2], []).append(each)
    found = []
    for key, photos in by_class.items():
        wrong = Counter(each.answers[0].name for each in photos if not each.answers[0].right).most_common(1)
        name = photos[0].card.truth.name if photos[0].card.truth is not None else ""
        right = sum(bool(each.answers[0].right) for each in photos)
        found.append(OfClass(key, name, len(photos), right, wrong[0] if wrong else None))
    return sorted(found, key=lambda each: (-each.photos, each.name))


def retrying(shown: Sequence[ShownCard], runs: Sequence[Run]) -> str:
    """The command that explains again what lacks something, as the first run did; empty where nothing does.

    Names are those of the page, below the folder that all photos share; one that a shell cannot be told is left out.
    """
    lacking = [each.short for each in shown if each.card.state is not State.SHOWN]
    names = [name for name in lacking if name.isprintable()]
    if not names:
        return ""
    command = ["scorecam", "explain", *(_settings(runs[0].manifest) if runs else ())]
    if len(names) > MOST_NAMES:
        return f"{shlex.join(command)} --files-from names.txt"
    return shlex.join([*command, "--", *names])


def _settings(manifest: Manifest) -> list[str]:
    """Of a run those settings that say most; all of them are in its log."""
    found = ["--model", manifest.model, "--method", manifest.method]
    if manifest.variant not in (None, "article"):
        found += ["--variant", str(manifest.variant)]
    return found
