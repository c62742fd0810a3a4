"""A card in the words and values of the page: as the template takes it, and as the script in the large view does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from scorecam_cli.manifest import NotedScore
from scorecam_cli.photos.manifest import is_path
from scorecam_cli.report.cards import Card, ShownClass, ShownRun
from scorecam_cli.report.collect import State
from scorecam_cli.report.grouping import Run
from scorecam_cli.words import printable

MOST_PREDICTIONS = 20  # bars of classes without a map; a manifest may come from strangers
STATES = {
    State.FAILED: "Failed",
    State.INCOMPLETE: "Incomplete",
    State.UNEXPLAINED: "Not explained",
    State.SHOWN: "Explained",
}


def percent(share: float | None) -> str:
    """A probability for people; a small one is not rounded to nothing, nor a large one to certainty."""
    if share is None:
        return ""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %"


def _number(of: ShownClass | NotedScore) -> str:
    """The probability of a class, or the output of a regression."""
    return percent(of.probability) or significant(of.output)


def significant(value: float | None) -> str:
    """A number in three significant digits; empty for None."""
    return "" if value is None else f"{value:.3g}"


NO_RUN: Mapping[str, Any] = {  # of a photo that none has explained
    **{"id": "", "name": "", "alpha": 0.5, "colormap": ""},
    **{"classes": [], "others": [], "facts": [], "warnings": []},
}


@dataclass(frozen=True)
class Classes:
    """The first classes of all cards, most frequent first: what the page can be filtered by."""

    keys: Mapping[tuple[str, int | None], str]
    options: Sequence[tuple[str, str, int]]

    @classmethod
    def of(cls, cards: Sequence[Card]) -> Classes:
        counts = Counter((card.classes[0].name, card.classes[0].index) for card in cards if card.classes)
        ordered = sorted(counts, key=lambda found: (-counts[found], found[0], found[1] or 0))
        keys = {found: f"class-{place}" for place, found in enumerate(ordered)}
        return cls(keys, [(keys[found], found[0], counts[found]) for found in ordered])

    def key(self, card: Card) -> str:
        """The value of the filter that shows this card."""
        return self.keys[card.classes[0].name, card.classes[0].index] if card.classes else ""


@dataclass(frozen=True)
class ShownCard:
    """A card as the template takes it; data: everything that the large view says, for the script."""

    card: Card
    key: str
    name: str
    folder: str
    link: str
    class_key: str
    search: str
    metrics: str
    by: str
    predicted: str
    data: Mapping[str, Any]

    @classmethod
    def of(cls, card: Card, short: str, classes: Classes, columns: Sequence[str], *, runs: Sequence[Run]) -> ShownCard:
        key = printable(short)
        folder, _, name = key.rpartition("/")
        own = next(iter(card.measured), None)
        values = ["" if value is None else repr(value) for value in own.values] if own else []
        return cls(
            card,
            key,
            name,
            folder,
            link="#" + quote(key, safe=""),
            class_key=classes.key(card),
            search=" ".join([key, *(each.name for each in card.classes)]),
            metrics=" ".join(value or "-" for value in values),
            by=", ".join(runs[each.number].name for each in card.runs) if len(runs) > 1 else "",
            predicted=_predicted(card),
            data={
                **_seen({**_data(card, columns, runs), "key": key, "name": name, "folder": folder}),
                **_listed(card, short),
            },
        )


def _predicted(card: Card) -> str:
    """What the model finds most probable, where the first map is of another class."""
    best = next(iter(card.manifest.predictions), None) if card.manifest is not None else None
    if best is None or not card.classes or card.classes[0].index == best.index or best.probability is None:
        return ""
    return f"the model says {best.name}, {percent(best.probability)}"


def _data(card: Card, columns: Sequence[str], runs: Sequence[Run]) -> dict[str, Any]:
    """What is true of the photo, and of each run that explained it."""
    return {
        "state": STATES[card.state] if card.state is not State.SHOWN else "",
        "reason": card.reason,
        "figures": [
            {"title": each.title, "address": each.picture.address, "size": [each.picture.width, each.picture.height]}
            for each in card.figures
        ],
        "columns": columns if card.measured else [],
        "measured": [[row.method, *(significant(value) for value in row.values)] for row in card.measured],
        "runs": [_run(each, runs, first=place == 0) for place, each in enumerate(card.runs)] or [NO_RUN],
    }


def _listed(card: Card, short: str) -> dict[str, str]:
    """The photo's path in a list for --files-from, where it is not its key; empty where no list can hold it."""
    name = short if short.endswith(card.path.name) else re.sub(r" \(\d+\)$", "", short)
    if name == printable(short):
        return {}
    fits = is_path(name) and not set("\r\n") & set(name) and not any("\ud800" <= letter <= "\udfff" for letter in name)
    return {"listed": name if fits else ""}


def _run(run: ShownRun, runs: Sequence[Run], *, first: bool) -> dict[str, Any]:
    """first: it is that whose first map the card has."""
    return {
        "id": run_id(run.number),
        "name": runs[run.number].name if len(runs) > 1 else "",
        "alpha": run.alpha,
        "colormap": run.colormap,
        "classes": [_class_data(found, first=first and place == 0) for place, found in enumerate(run.classes)],
        "others": _other_predictions(run),
        "facts": run.facts,
        "warnings": run.warnings,
    }


def run_id(number: int) -> str:
    """What a run is called where the page's script speaks of it."""
    return f"r{number}"


def _other_predictions(run: ShownRun) -> list[dict[str, Any]]:
    """The most probable classes that have no map."""
    explained = {found.index for found in run.classes}
    others = (each for each in run.manifest.predictions[:MOST_PREDICTIONS] if each.index not in explained)
    return [{"name": each.name, "probability": each.probability or 0, "percent": _number(each)} for each in others]


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
        "percent": _number(found),
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
