"""Cards to one HTML page that needs nothing but itself: no network, no server, and nothing let in."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from scorecam_cli import __version__
from scorecam_cli.manifest import Manifest, NotedScore
from scorecam_cli.records import layer_words
from scorecam_cli.report import noted, pictures, policy
from scorecam_cli.report.cards import Card, ShownClass
from scorecam_cli.report.collect import State
from scorecam_cli.report.evaluation import Evaluation
from scorecam_cli.words import printable

MOST_PREDICTIONS = 20  # bars of classes without a map; a manifest may come from strangers
STATES = {
    State.FAILED: "Failed",
    State.INCOMPLETE: "Incomplete",
    State.UNEXPLAINED: "Not explained",
    State.SHOWN: "Explained",
}


def render(cards: Sequence[Card], *, title: str, evaluation: Evaluation, pictures_from: str) -> str:
    """The page as HTML, its style and script inside.

    Whatever stands in names and titles is text on the page: markup is escaped, and characters that cannot be seen
    or would turn the line around are spelt out. The page forbids the browser to run or load anything else.

    Args:
        cards: in any order; the page begins with those that lack something, then the least probable.
        title: of the page.
        evaluation: the means for the summary; `NO_EVALUATION` for none.
        pictures_from: what the page may show beside pictures that are part of it, as a Content-Security-Policy has it.
    """
    names = _short_names([card.path for card in cards])
    classes = _Classes.of(cards)
    models = {(card.manifest.model, card.manifest.weights) for card in cards if card.manifest is not None}
    shown = [
        _ShownCard.of(card, names[card.number], classes, evaluation.columns, by=_by(card, several=len(models) > 1))
        for card in cards
    ]
    shared = Counter(each.name for each in shown)
    shown.sort(key=lambda each: (list(State).index(each.card.state), _probability(each.card), each.card.number))
    style, script = _file("report.css"), _file("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            version=__version__,
            style=Markup(style),
            script=Markup(script),
            policy=policy.allowing(style, script, pictures_from),
            cards=shown,
            classes=classes,
            summary=_summary(cards),
            makings=_makings(cards),
            shared={name for name, count in shared.items() if count > 1},
            problems=sum(card.state is not State.SHOWN for card in cards),
            doubtful=sum(any(found.doubts for found in card.classes) for card in cards),
            evaluation=evaluation,
            states=STATES,
            bars={name: _bar_address(name) for name in {card.colormap for card in cards}},
        )
    )


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


@dataclass(frozen=True)
class _Classes:
    """The first classes of all cards, most frequent first: what the page can be filtered by."""

    keys: Mapping[tuple[str, int | None], str]
    options: Sequence[tuple[str, str, int]]

    @classmethod
    def of(cls, cards: Sequence[Card]) -> _Classes:
        counts = Counter((card.classes[0].name, card.classes[0].index) for card in cards if card.classes)
        ordered = sorted(counts, key=lambda found: (-counts[found], found[0], found[1] or 0))
        keys = {found: f"class-{place}" for place, found in enumerate(ordered)}
        return cls(keys, [(keys[found], found[0], counts[found]) for found in ordered])

    def key(self, card: Card) -> str:
        """The value of the filter that shows this card."""
        return self.keys[card.classes[0].name, card.classes[0].index] if card.classes else ""


@dataclass(frozen=True)
class _ShownCard:
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
    def of(cls, card: Card, short: str, classes: _Classes, columns: Sequence[str], *, by: str) -> _ShownCard:
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
            by=by,
            predicted=_predicted(card),
            data=_seen({**_data(card, columns), "key": key, "name": name, "folder": folder}),
        )


def _by(card: Card, *, several: bool) -> str:
    """What made the maps of a card: the model where there are several, the method where it is not the usual one."""
    if card.manifest is None:
        return ""
    return ", ".join(filter(None, (card.manifest.model if several else "", noted.other_method(card.manifest))))


def _predicted(card: Card) -> str:
    """What the model finds most probable, where the first map is of another class."""
    best = next(iter(card.manifest.predictions), None) if card.manifest is not None else None
    if best is None or not card.classes or card.classes[0].index == best.index or best.probability is None:
        return ""
    return f"the model says {best.name}, {percent(best.probability)}"


def _data(card: Card, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "state": STATES[card.state] if card.state is not State.SHOWN else "",
        "reason": card.reason,
        "alpha": card.alpha,
        "colormap": card.colormap,
        "classes": [_class_data(found, first=place == 0) for place, found in enumerate(card.classes)],
        "others": _other_predictions(card),
        "figures": [
            {"title": each.title, "address": each.picture.address, "size": [each.picture.width, each.picture.height]}
            for each in card.figures
        ],
        "columns": columns if card.measured else [],
        "measured": [[row.method, *(significant(value) for value in row.values)] for row in card.measured],
        "facts": card.facts,
        "warnings": card.warnings,
    }


def _other_predictions(card: Card) -> list[dict[str, Any]]:
    """The most probable classes that have no map."""
    explained = {found.index for found in card.classes}
    told = card.manifest.predictions[:MOST_PREDICTIONS] if card.manifest is not None else ()
    others = (each for each in told if each.index not in explained)
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
        "flat": found.low is not None and found.low == found.high,
        "address": found.picture.address if found.picture is not None and not first else "",
        "drawn": found.picture is not None,
        "laid_over": found.laid_over,
        "doubts": found.doubts,
        "facts": [row for row in rows if row[1]],
    }


def _summary(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """The numbers at the top, as names and values."""
    states = Counter(card.state for card in cards)
    first = [card.classes[0] for card in cards if card.classes]
    probabilities = [each.probability for each in first if each.probability is not None]
    estimates = [each.estimate for card in cards for each in card.classes if each.estimate is not None]
    rows = [("Photos", str(len(cards))), ("Explained", str(states[State.SHOWN]))]
    rows += [(STATES[state], str(states[state])) for state in State if states[state] and state is not State.SHOWN]
    rows.append(("Classes", str(len({(each.name, each.index) for each in first}))))
    if probabilities:
        rows.append(("Mean probability", percent(sum(probabilities) / len(probabilities))))
    if estimates and min(estimates) < 1:
        rows.append(("Lowest estimated correlation", significant(min(estimates))))
    return rows


def _makings(cards: Sequence[Card]) -> list[tuple[str, int]]:
    """Which model and settings made the maps, and of how many photos."""
    counts = Counter(_making(card.manifest) for card in cards if card.manifest is not None)
    return counts.most_common()


def _making(manifest: Manifest) -> str:
    parts = (manifest.model, f"weights {manifest.weights}", layer_words(manifest.layer), noted.method(manifest))
    return " · ".join(parts)


def _probability(card: Card) -> float:
    found = card.classes[0].probability if card.classes else None
    return 2.0 if found is None else found


def _short_names(paths: Sequence[Path]) -> list[str]:
    """Each path below the folder that all share, so that a page tells no more of a machine than it must; each once.

    Where photos share nothing but the root, folder and name.
    """
    absolute = [Path(os.path.normpath(Path.cwd() / str(path).replace("\0", ""))) for path in paths]
    try:
        common = os.path.commonpath([path.parent for path in absolute]) if absolute else ""
    except ValueError:  # two drives of Windows
        common = ""
    names: list[str] = []
    taken: set[str] = set()
    for path in absolute:
        parts = Path(os.path.relpath(path, common)).parts if common and common != os.sep else path.parts[-2:]
        short = Path(*parts).as_posix()
        name, count = short, 1
        while name in taken:
            count += 1
            name = f"{short} ({count})"
        taken.add(name)
        names.append(name)
    return names


def _seen(value: Any) -> Any:
    """A JSON value with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {name: _seen(each) for name, each in value.items()}
    return [_seen(each) for each in value] if isinstance(value, list | tuple) else value


@functools.cache
def _bar_address(colormap: str) -> str:
    bar = pictures.colour_bar(colormap)
    return "" if bar is None else pictures.Embedded().keep("", pictures.encode_map(bar))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.finalize = _finalized
    environment.filters.update(percent=percent, significant=significant)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "sort_keys": False}
    return environment


def _finalized(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _file(name: str) -> str:
    return resources.files("scorecam_cli.data").joinpath(name).read_text("utf-8")
