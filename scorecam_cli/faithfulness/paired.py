"""Whether one method is ahead of another on the same photos: paired differences, and how far chance explains them.

Letters: n photos that both have been measured on, d their differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.faithfulness.summary import mean_of

EXACT = 24  # differences up to which all signs are tried: two halves of 2**12 sums
DRAWS = 20_000  # beyond it, as many by chance: p to a standard error of 0.0015 at 0.05
LEVELS = (0.05, 0.01, 0.001)  # a star each

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Of one number between two methods.

    difference: mean of d. standard_error: of this mean, None for one photo. photos: n.
    p: of the sign-flip test; p_holm: the same, corrected for the methods that are compared. Both in (0, 1].
    """

    difference: float
    standard_error: float | None
    photos: int
    p: float
    p_holm: float

    @property
    def stars(self) -> str:
        """One where p_holm is below 0.05, two below 0.01, three below 0.001."""
        return "*" * sum(self.p_holm < level for level in LEVELS)


def differences(
    rows: Iterable[Mapping[str, str]], measures: Sequence[str], *, baseline: str, by: str = "method", of: str = "photo"
) -> dict[str, dict[str, Difference]]:
    """How far each method is from the baseline, photo by photo; p is corrected for each measure by itself.

    Args:
        rows: text, as a CSV holds it; an empty cell is a photo that the measure does not apply to.
        measures: columns. baseline: of the methods. by, of: the columns of methods and photos.

    Returns:
        By method, without the baseline, then by measure; where no photo has both numbers there is none.
    """
    values: dict[str, dict[str, dict[str, float]]] = {}  # measure -> method -> photo -> number
    methods: dict[str, None] = {}
    for row in rows:
        methods[row[by]] = None
        for measure in measures:
            if row.get(measure):
                values.setdefault(measure, {}).setdefault(row[by], {})[row[of]] = float(row[measure])
    found: dict[str, dict[str, Difference]] = {method: {} for method in methods if method != baseline}
    for measure, of_measure in values.items():
        for method, difference in _of_measure(of_measure, baseline).items():
            found[method][measure] = difference
    return found


def _of_measure(numbers: Mapping[str, Mapping[str, float]], baseline: str) -> dict[str, Difference]:
    first, found = numbers.get(baseline, {}), {}
    for method, of_method in numbers.items():
        apart = [of_method[photo] - first[photo] for photo in first if photo in of_method]
        if method != baseline and apart:
            mean, p = mean_of(apart), sign_flip_p(apart)
            found[method] = Difference(mean.mean, mean.standard_error, mean.photos, p, p)
    corrected = holm([each.p for each in found.values()])
    return {method: replace(each, p_holm=p) for (method, each), p in zip(found.items(), corrected, strict=True)}


def sign_flip_p(apart: Sequence[float], *, draws: int = DRAWS, seed: int = 0) -> float:
    """How often chance alone, which gives each difference either sign, moves their mean as far from 0 as it is.

    A permutation test of the mean itself, two-sided; nothing is assumed of how the differences are spread. Of up to 24
    that are not zero all 2**n signs are tried, of more so many by chance, with those that were seen counted among them.

    Args:
        apart: d, finite. draws: signs by chance. seed: of these.

    Returns:
        In (0, 1]; 1 where all differences are 0, at least 2**(1 - n) where all are tried.
    """
    away = np.abs([each for each in apart if each != 0]).astype(np.float64)
    least = abs(float(np.sum(apart))) - 1e-9 * float(away.sum())  # equal but for rounding counts
    if not away.size or least <= 0:
        return 1.0
    if away.size > EXACT:
        signs = np.random.default_rng(seed).choice((-1.0, 1.0), (draws, away.size))
        return float((1 + np.count_nonzero(np.abs(signs @ away) >= least)) / (1 + draws))
    one, other = (_sums(half) for half in np.array_split(away, 2))
    reached = other.size - np.searchsorted(np.sort(other), least - one)  # for each sum of one half, those of the other
    return float(2 * reached.sum() / 2**away.size)


def holm(chances: Sequence[float]) -> list[float]:
    """p corrected for being the best of several: the k-th smallest of m times m - k + 1, none below one before it.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
    """
    corrected, least = [0.0] * len(chances), 0.0
    for place, number in enumerate(sorted(range(len(chances)), key=lambda each: chances[each])):
        least = max(least, min(1.0, (len(chances) - place) * chances[number]))
        corrected[number] = least
    return corrected


def _sums(values: Floats) -> Floats:
    """All sums of the values with either sign: float64 [2**n]."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums
