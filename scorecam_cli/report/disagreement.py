"""Where the runs of one photo disagree: on what it shows, on how probable that is, and on where it is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.manifest import Manifest, NotedScore
from scorecam_cli.report.cards import ShownClass, ShownRun
from scorecam_cli.report.levels import DIGITS
from scorecam_cli.report.truths import predicted

MOST_RUNS = 12  # that are compared, each with each
_VALUES = np.full(128, 0.0)
_VALUES[[ord(letter) for letter in DIGITS]] = np.arange(len(DIGITS))


@dataclass(frozen=True)
class Disagreement:
    """Between the two runs of a photo that disagree most.

    correlation: of their maps of one class, the lowest; None where no two runs have maps of the same class with values.
    difference: of the probabilities of one class, the largest, at least; None where no two runs tell of a class.
    answers: whether the runs predict different classes.
    """

    correlation: float | None
    difference: float | None
    answers: bool


def disagreement(runs: Sequence[ShownRun]) -> Disagreement | None:
    """How far the runs of a photo are apart; None of a single one."""
    if len(runs) < 2:
        return None
    pairs = list(combinations(runs[:MOST_RUNS], 2))
    correlations = [value for first, second in pairs for value in _correlations(first, second)]
    differences = [value for first, second in pairs for value in _differences(first.manifest, second.manifest)]
    said = {_name(best) for best in (predicted(run.manifest) for run in runs) if best is not None}
    return Disagreement(min(correlations, default=None), max(differences, default=None), len(said) > 1)


def _correlations(first: ShownRun, second: ShownRun) -> Iterator[float]:
    """Of the maps of each class that both have: of the first map of one, at least, with that of the other."""
    for found in first.classes[:1] + (second.classes[:1] if second.classes[:1] != first.classes[:1] else ()):
        one, other = _of_class(first, found), _of_class(second, found)
        if one is not None and other is not None and (value := _correlation(one, other)) is not None:
            yield value


def _of_class(run: ShownRun, found: ShownClass) -> ShownClass | None:
    return next((each for each in run.classes if (each.index, each.wnid) == (found.index, found.wnid)), None)


def _correlation(first: ShownClass, second: ShownClass) -> float | None:
    """Pearson's, between the few values that are kept of each map; None where one is flat or they do not fit."""
    one, other = _values(first), _values(second)
    if one is None or other is None or one.shape != other.shape or not one.std() or not other.std():
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _values(found: ShownClass) -> NDArray[np.float64] | None:
    """The values of a map, row after row; None where the page has its picture only."""
    if found.grid is None:
        return None
    return _VALUES[np.frombuffer(found.grid[1].encode("ascii"), np.uint8)]


def _differences(first: Manifest, second: Manifest) -> Iterator[float]:
    """Of the probability of each class that one of two runs tells of.

    What the other does not tell of is at most as probable as the least probable class that it does predict.
    """
    for one, other in ((_told(first), _told(second)), (_told(second), _told(first))):
        least = min((score.probability or 0.0 for score in second.predictions), default=None)
        for name, probability in one.items():
            if name in other:
                yield abs(probability - other[name])
            elif least is not None:
                yield max(0.0, probability - least)
        first, second = second, first


def _told(manifest: Manifest) -> dict[str, float]:
    scores = (*manifest.classes, *manifest.predictions)
    return {_name(score): score.probability for score in scores if score.probability is not None}


def _name(score: NotedScore) -> str:
    """By what a class of one model is known among those of another."""
    return score.wnid or score.name.casefold() or str(score.index)
