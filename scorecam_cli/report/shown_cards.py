"""A card in the words and values of the page: as the template takes it, and as the script in the large view does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from scorecam_cli.faithfulness.numbers import ARROWS, Number
from scorecam_cli.photos.manifest import is_path
from scorecam_cli.report.answers import Answer, answer, number, percent, significant
from scorecam_cli.report.cards import Card, ShownClass, ShownRun
from scorecam_cli.report.collect import State
from scorecam_cli.report.disagreement import disagreement
from scorecam_cli.report.evaluation import Measured
from scorecam_cli.report.grouping import Run
from scorecam_cli.report.truths import predicted
from scorecam_cli.words import printable

MOST_PREDICTIONS = 20  # bars of classes without a map; a manifest may come from strangers
STATES = {
    State.FAILED: "Failed",
    State.INCOMPLETE: "Incomplete",
    State.UNEXPLAINED: "Not explained",
    State.SHOWN: "Explained",
}


NO_RUN: Mapping[str, Any] = {  # of a photo that none has explained
    **{"id": "", "name": "", "alpha": 0.5, "colormap": ""},
    **{"classes": [], "others": [], "facts": [], "warnings": []},
}


@dataclass(frozen=True)
class Classes:
    """Classes of the cards, one of each at most, the most frequent first: what the page can be filtered by."""

    keys: Mapping[tuple[str, int | None], str]
    options: Sequence[tuple[str, str, int]]

    @classmethod
    def of(cls, found: Iterable[tuple[str, int | None] | None], prefix: str = "class") -> Classes:
        """found: of each card the name and index of a class, None where it has none."""
        counts = Counter(each for each in found if each is not None)
        ordered = sorted(counts, key=lambda each: (-counts[each], each[0], each[1] or 0))
        keys = {each: f"{prefix}-{place}" for place, each in enumerate(ordered)}
        return cls(keys, [(keys[each], each[0], counts[each]) for each in ordered])

    def key(self, found: tuple[str, int | None] | None) -> str:
        """The value of the filter that shows the cards of this class."""
        return "" if found is None else self.keys[found]


@dataclass(frozen=True)
class Filters:
    """By what class cards can be filtered: that of the first map, that predicted, the true one."""

    mapped: Classes
    predicted: Classes
    true: Classes

    @classmethod
    def of(cls, cards: Sequence[Card]) -> Filters:
        return cls(
            Classes.of(map(_mapped, cards)),
            Classes.of(map(_predicted, cards), "predicted"),
            Classes.of(map(_true, cards), "true"),
        )

    def keys(self, card: Card) -> tuple[str, str, str]:
        """The values of the filter that show this card: of the map, predicted, true."""
        mapped, predicted = self.mapped.key(_mapped(card)), self.predicted.key(_predicted(card))
        return mapped, predicted, self.true.key(_true(card))

    @property
    def groups(self) -> list[tuple[str, Sequence[tuple[str, str, int]]]]:
        """Names of groups, and their options; that of the maps only where it says something else than the others."""
        same = [(name, count) for _, name, count in self.mapped.options] == [
            (name, count) for _, name, count in self.predicted.options
        ]
        first = "Class of the map" if self.predicted.options else "Class"
        found = [
            ("Predicted class", self.predicted.options),
            (first, [] if same else self.mapped.options),
            ("True class", self.true.options),
        ]
        return [(name, options) for name, options in found if options]


def _mapped(card: Card) -> tuple[str, int | None] | None:
    return (card.classes[0].name, card.classes[0].index) if card.classes else None


def _predicted(card: Card) -> tuple[str, int | None] | None:
    best = predicted(card.manifest) if card.manifest is not None else None
    return None if best is None else (best.name, best.index)


def _true(card: Card) -> tuple[str, int | None] | None:
    return None if card.truth is None else (card.truth.name, card.truth.index)


@dataclass(frozen=True)
class ShownCard:
    """A card as the template takes it.

    short: its path below the folder that all share; key: the same, printable.
    data: everything that the viewer says, for the script.
    """

    card: Card
    short: str
    key: str
    name: str
    folder: str
    link: str
    keys: tuple[str, str, str]
    search: str
    answers: tuple[Answer, ...]
    data: Mapping[str, Any]

    @property
    def apart(self) -> Mapping[str, Any] | None:
        """How far its runs are apart, see `Disagreement`; None of a single one."""
        return self.data.get("disagreement")

    @classmethod
    def of(
        cls, card: Card, short: str, filters: Filters, columns: Sequence[Number], *, runs: Sequence[Run]
    ) -> ShownCard:
        """columns: of the measures of its evaluation."""
        key = printable(short)
        folder, _, name = key.rpartition("/")
        answers = tuple(answer(run, card.truth, runs, first=place == 0) for place, run in enumerate(card.runs))
        return cls(
            card,
            short,
            key,
            name,
            folder,
            link="#" + quote(key, safe=""),
            keys=filters.keys(card),
            search=" ".join([key, *dict.fromkeys(_words(card, answers))]),
            answers=answers,
            data={
                **_seen({**_data(card, columns, answers), "key": key, "name": name, "folder": folder}),
                **_listed(card, short),
            },
        )


def _words(card: Card, answers: Sequence[Answer]) -> Iterator[str]:
    """Names of classes that a search finds a card by."""
    yield from (each.name for run in card.runs for each in run.classes)
    yield from (each.name for each in answers)
    if card.truth is not None:
        yield card.truth.name


def _data(card: Card, columns: Sequence[Number], answers: Sequence[Answer]) -> dict[str, Any]:
    """What is true of the photo, and of each run that explained it."""
    return {
        "state": STATES[card.state] if card.state is not State.SHOWN else "",
        "reason": card.reason,
        "figures": [
            {
                "title": each.title,
                "class": each.index,
                "address": each.picture.address,
                "size": [each.picture.width, each.picture.height],
            }
            for each in card.figures
        ],
        "columns": [" ".join(filter(None, (each.name, ARROWS[each.better]))) for each in columns if card.measured],
        "measured": [[row.method, *(significant(value) for value in row.values)] for row in card.measured],
        "measured_of": [_measured_class(card, row) for row in card.measured],
        "runs": [_run(run, answer) for run, answer in zip(card.runs, answers, strict=True)] or [NO_RUN],
        **({} if (apart := disagreement(card.runs)) is None else {"disagreement": asdict(apart)}),
        **({} if card.truth is None else {"truth": {"name": card.truth.name, "index": card.truth.index}}),
        **({} if card.truth is None or not answers else {"right": answers[0].right}),
    }


def _measured_class(card: Card, row: Measured) -> str:
    """Which class a row is about; empty where the table does not tell, or it is that of the first map."""
    if row.index is None or (card.classes and card.classes[0].index == row.index):
        return ""
    told = (each for run in card.runs for each in (*run.manifest.classes, *run.manifest.predictions))
    return next((each.name for each in told if each.index == row.index), f"class {row.index}")


def _listed(card: Card, short: str) -> dict[str, str]:
    """The photo's path in a list for --files-from, where it is not its key; empty where no list can hold it."""
    name = short if short.endswith(card.path.name) else re.sub(r" \(\d+\)$", "", short)
    if name == printable(short):
        return {}
    fits = is_path(name) and not set("\r\n") & set(name) and not any("\ud800" <= letter <= "\udfff" for letter in name)
    return {"listed": name if fits else ""}


def _run(run: ShownRun, answer: Answer) -> dict[str, Any]:
    """What one run says of a photo; the first map of the first is not repeated: the card has it."""
    return {
        "id": answer.run,
        "name": answer.run_name,
        "predicted": {"name": answer.name, "index": answer.index, "percent": answer.percent, "sure": answer.predicted},
        **({} if answer.right is None else {"right": answer.right}),
        "alpha": run.alpha,
        "colormap": run.colormap,
        "classes": [_class_data(found, first=answer.first and place == 0) for place, found in enumerate(run.classes)],
        "others": _other_predictions(run),
        "facts": run.facts,
        "warnings": run.warnings,
    }


def _other_predictions(run: ShownRun) -> list[dict[str, Any]]:
    """The most probable classes that have no map."""
    explained = {found.index for found in run.classes}
    others = (each for each in run.manifest.predictions[:MOST_PREDICTIONS] if each.index not in explained)
    return [{"name": each.name, "probability": each.probability or 0, "percent": number(each)} for each in others]


def _class_data(found: ShownClass, *, first: bool) -> dict[str, Any]:
    """What the large view says of one class; the first map is not repeated: the card has it."""
    rows = [
        ("Logit", significant(found.logit)),
        ("Estimated correlation", "1, the exact map" if found.estimate == 1 else significant(found.estimate)),
        ("Half of the map lies in", percent(found.compactness) and f"{percent(found.compactness)} of the pixels"),
        ("WordNet id", found.wnid),
    ]
    return {
        "name": found.name,
        "index": found.index,
        "probability": found.probability or 0,
        "percent": number(found),
        "low": significant(found.low) + " against the class" * found.signed,
        "high": significant(found.high) + " for it" * found.signed,
        "lowest": found.low,
        "highest": found.high,
        "flat": found.low is not None and found.low == found.high,
        "address": found.picture.address if found.picture is not None and not first else "",
        "drawn": found.picture is not None,
        "laid_over": found.laid_over,
        "channel": found.channel,
        "signed": found.signed,
        "values": found.grid,
        "seen": _seen_in(found),
        "doubts": found.doubts,
        "compactness": found.compactness,
        "estimate": found.estimate,
        "facts": [row for row in rows if row[1]],
    }


def _seen_in(found: ShownClass) -> str:
    """A map in words."""
    parts = [f"strongest: {found.strongest}"] if found.strongest else []
    if found.compactness is not None:
        parts.append(f"half of the map in {percent(found.compactness)} of the photo")
    return "; ".join(parts)


def _seen(value: Any) -> Any:
    """A JSON value with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _seen(each) for name, each in value.items()}
    return [_seen(each) for each in value] if isinstance(value, list | tuple) else value
