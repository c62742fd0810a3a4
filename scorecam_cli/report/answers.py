"""What a run answers of a photo, in words and numbers for people, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scorecam_cli.manifest import NotedScore
from scorecam_cli.report.cards import ShownClass, ShownRun
from scorecam_cli.report.grouping import Run
from scorecam_cli.report.truths import TrueClass, predicted


@dataclass(frozen=True)
class Answer:
    """What a run says that a photo shows.

    run, run_name: which run, as the page's script calls it and as people do; no name where there is one run only.
    first: it is the first of those that explained the photo.
    name, index, percent, share: the class, and how probable it is in words and of 100; None of a quantity.
    predicted: it is the most probable one; where that is not known, it is the class of the first map.
    asked: the class of the first map and how probable that is, where it is another.
    right: whether the class is the true one; None where that is not known.
    """

    run: str
    run_name: str
    first: bool
    name: str
    index: int | None
    percent: str
    share: float | None
    predicted: bool
    asked: tuple[str, str] | None
    right: bool | None


def answer(run: ShownRun, truth: TrueClass | None, runs: Sequence[Run], *, first: bool) -> Answer:
    """What a run says of a photo of this class; runs: all of the page."""
    best, shown = predicted(run.manifest), next(iter(run.classes), None)
    asked = shown is not None and best is not None and shown.index != best.index
    said = best or shown
    return Answer(
        run=f"r{run.number}",
        run_name=runs[run.number].name if len(runs) > 1 else "",
        first=first,
        name="" if said is None else said.name,
        index=None if said is None else said.index,
        percent="" if said is None else number(said),
        share=None if said is None or said.probability is None else 100 * said.probability,
        predicted=best is not None,
        asked=(shown.name, number(shown)) if asked and shown is not None else None,
        right=None if truth is None or best is None else truth.is_of(best),
    )


def number(of: ShownClass | NotedScore) -> str:
    """The probability of a class, or the output of a regression."""
    return percent(of.probability) or significant(of.output)


def percent(share: float | None) -> str:
    """A probability for people; a small one is not rounded to nothing, nor a large one to certainty."""
    if share is None:
        return ""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %"


def significant(value: float | None) -> str:
    """A number in three significant digits; empty for None."""
    return "" if value is None else f"{value:.3g}"
