"""Cards to one HTML page that needs nothing but itself: no network, no server, and nothing let in."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from scorecam_cli import __version__
from scorecam_cli.report import colours, overview, policy
from scorecam_cli.report.answers import percent, significant
from scorecam_cli.report.cards import Card
from scorecam_cli.report.collect import State
from scorecam_cli.report.evaluation import Evaluation
from scorecam_cli.report.grouping import Run, each_once
from scorecam_cli.report.numbers import diagrams, measures_table, sorting
from scorecam_cli.report.review import NO_REVIEW, Review
from scorecam_cli.report.shown_cards import STATES, Filters, ShownCard
from scorecam_cli.words import printable

# The parts of the page, in the order in which they are joined; a later one may use and overrule an earlier one.
STYLES = ("ground", "header", "numbers", "gallery", "truth", "viewer", "narrow", "review", "media")
SCRIPTS = (
    "elements",
    "photos",
    "address",
    "hooks",
    "gallery",
    "truth",
    "header",
    "numbers",
    "orders",
    "maps",
    "stage",
    "viewer",
    "side",
    "controls",
    "strip",
    "pointer",
    "ways",
    "paper",
    "remarks",
    "review_files",
    "review",
    "review_ways",
    "snapshot",
    "start",
)


def render(
    cards: Sequence[Card],
    *,
    runs: Sequence[Run],
    title: str,
    evaluation: Evaluation,
    pictures_from: str,
    review: Review = NO_REVIEW,
) -> str:
    """The page as HTML, its style and script inside.

    Whatever stands in names and titles is text on the page: markup is escaped, and characters that cannot be seen
    or would turn the line around are spelt out. The page forbids the browser to run or load anything else.

    Args:
        cards: in any order; the page begins with the least probable; those without a map are told above.
        runs: those that the cards speak of by their numbers.
        title: of the page.
        evaluation: the means for the summary; `NO_EVALUATION` for none.
        pictures_from: what the page may show beside pictures that are part of it, as a Content-Security-Policy has it.
        review: remarks that the page begins with.
    """
    names = _short_names([card.path for card in cards])
    filters = Filters.of(cards)
    shown = [ShownCard.of(card, names[card.number], filters, evaluation.number_names, runs=runs) for card in cards]
    shared = Counter(each.name for each in shown)
    shown.sort(key=lambda each: (not each.card.classes, _probability(each.card), each.card.number))
    filter_names = _filter_names(cards)
    style, script = _style(filter_names.values()), _script()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            version=__version__,
            style=Markup(style),
            script=Markup(script),
            policy=policy.allowing(style, script, pictures_from),
            cards=shown,
            class_filters=filters,
            chips=overview.chips(shown),
            runs=overview.told_runs(cards, runs),
            confusion=overview.confusion(shown),
            measures=measures_table(evaluation),
            diagrams=diagrams(evaluation),
            sorting=sorting(evaluation),
            retrying=overview.retrying(shown, runs),
            shared={name for name, count in shared.items() if count > 1},
            lacking=[each for each in shown if each.card.state is not State.SHOWN],
            lacking_states=Counter(STATES[card.state].lower() for card in cards if card.state is not State.SHOWN),
            evaluation=evaluation,
            review=review.json_values(),
            states=STATES,
            filter_names=filter_names,
            filters=colours.filters(filter_names),
            colours=colours.tables(run.colormap for card in cards for run in card.runs),
        )
    )


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
    names = []
    for path in absolute:
        parts = Path(os.path.relpath(path, common)).parts if common and common != os.sep else path.parts[-2:]
        names.append(Path(*parts).as_posix())
    return each_once(names)


def _filter_names(cards: Sequence[Card]) -> dict[tuple[str, bool], str]:
    """The filters that colour the maps of the cards: (colour map, signed) -> name."""
    used = {
        (card.runs[0].colormap, found.signed): None for card in cards for found in card.classes[:1] if found.channel
    }
    return {each: f"f{place}" for place, each in enumerate(used)}


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


def _style(filter_names: Iterable[str]) -> str:
    filters = (f".{name} {{ filter: url(#{name}); }}" for name in filter_names)
    return "\n".join([*(_file(f"{part}.css") for part in STYLES), *filters])


def _script() -> str:
    """One script whose parts see each other's names, and nothing outside sees any."""
    return '"use strict";\n(() => {\n' + "\n".join(_file(f"{part}.js") for part in SCRIPTS) + "})();\n"


def _file(name: str) -> str:
    return resources.files("scorecam_cli.data").joinpath("page", name).read_text("utf-8")
