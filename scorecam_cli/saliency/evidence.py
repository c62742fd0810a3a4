"""Whether a map can say anything about its class: judged by what the classifier answered, in sentences for people.

Letters: N masked photos, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.records import ClassMap

# Of the answers under all masks, largest minus smallest as a share of the largest. EfficientNetLite0, labelled and
# predicted classes of 20 photos: at least 0.999 under the masks of Score-CAM, 0.92 under 200 of RISE, 0.019 under the
# patches of occlusion. A MobileNetV2 after 2 to 60 steps of training: 0. Rounding alone: some 1e-7.
LEAST_SPREAD = 0.01
LEAST_DIFFERENCE = 0.001  # where the map is of the differences alone, so that small ones are seen
ROUNDING = 1e-5  # of an answer in float32
LEAST_CORRELATION = 0.9  # with the exact map; at 0.9, a fifth of the variance is of something else
UNDECIDED = 1.05  # times chance: where no class has more, the model prefers none
RULED_OUT = 0.05  # a probability below it speaks against a class, however few there are
SAID_NO = 0.01  # the same where each class is a question by itself and there is no chance level


class Doubted(StrEnum):
    """Kinds of doubts about one map."""

    ZERO = "zero"
    SAME = "same probability"
    INFERRED = "few passes"
    UNSEEN = "unseen class"


@dataclass(frozen=True)
class Doubt:
    """Why a map may tell nothing of its class: a kind, to be counted, and a sentence for people."""

    kind: Doubted
    sentence: str


@dataclass(frozen=True)
class Kept:
    """What a class keeps under each of N masks, its answer; judged is what the weights of the map are made of.

    probabilities: [N] in [0, 1].
    log_odds: [N], where the map is weighted by logits; None where it is by probabilities.
    least: of two answers that differ, their difference as a share of the larger.
    closed: of a regression the output where all is hidden, which is what its outputs are compared with.
    """

    probabilities: NDArray[np.floating]
    log_odds: NDArray[np.floating] | None = None
    least: float = LEAST_SPREAD
    closed: float | None = None


def log_odds(logits: NDArray[np.floating], index: int, *, exclusive: bool) -> NDArray[np.float64]:
    """How much more a class is worth than all others, in logits; what is added to all logits alike drops out.

    Args:
        logits: [N, C].
        index: of the class.
        exclusive: the classes exclude each other (softmax); else each is a question by itself.

    Returns:
        float64 [N].
    """
    own = logits[:, index].astype(np.float64)
    if not exclusive:
        return own
    others = np.delete(logits.astype(np.float64), index, axis=1)  # [N, C - 1]
    largest = others.max(axis=1)
    return np.asarray(own - largest - np.log(np.exp(others - largest[:, None]).sum(axis=1)))


def same_under_every_mask(kept: Kept) -> str | None:
    """Say so where the answers are (nearly) the same whatever of the photo is shown.

    Args:
        kept: under at least two masks, or nothing can be told.

    Returns:
        The sentence, or None where the answers differ.
    """
    if len(kept.probabilities) < 2:
        return None
    low, high = float(kept.probabilities.min()), float(kept.probabilities.max())
    spread = high - low if kept.log_odds is None else high * float(np.ptp(kept.log_odds))
    largest = float(np.abs(kept.probabilities - (kept.closed or 0)).max())
    if spread > max(kept.least * largest, ROUNDING * max(abs(low), abs(high))):
        return None
    if kept.closed is not None:
        return f"the output stays the same under every mask ({low:.4g} to {high:.4g}): this map says nothing about it"
    return (
        f"the class keeps the same probability under every mask ({low:.3g} to {high:.3g}): "
        "this map says nothing about the class"
    )


def roughly_inferred(estimate: float | None, *, passes: int, masks: int) -> str | None:
    """Say so where fewer masks were passed than there are, and the map is estimated to be another than the exact one.

    Args:
        estimate: correlation of the map with the exact one; None where nothing is estimated.
    """
    if estimate is None or estimate >= LEAST_CORRELATION:
        return None
    return (
        f"the map is inferred from {passes} of {masks} masks: its correlation with the exact one is estimated at "
        f"{estimate:.2g}; give more --passes"
    )


def at_chance(probability: float | None, probabilities: NDArray[np.floating], *, exclusive: bool) -> str | None:
    """Say so where the unmasked photo gives the class no more than chance would.

    Of classes that exclude each other, chance is 1 / C: a class below it, and below 0.05, is one that the model does
    not see; where no class is above it, the model prefers none. Of classes that are questions by themselves there is no
    chance level: below 0.01 the model says no.

    Args:
        probability: of the class; None for the output of a regression, of which nothing is said.
        probabilities: [C], of all classes.
        exclusive: the classes exclude each other.
    """
    if probability is None:
        return None
    chance, most = 1 / len(probabilities), float(probabilities.max())
    if exclusive and most <= UNDECIDED * chance:
        return f"the model prefers no class: none has more than {most:.3g}, and chance is {chance:.3g}"
    if probability >= (min(chance, RULED_OUT) if exclusive else SAID_NO):
        return None
    level = f"chance is {chance:.3g}: " if exclusive else ""
    return (
        f"the model does not see the class in this photo ({level}it has {probability:.2g}): "
        "what its map shows may have nothing to do with it"
    )


def doubtful(classes: Sequence[ClassMap]) -> list[str]:
    """The doubts about all maps of a photo, each sentence once; of several maps it names those that it is about."""
    about: dict[str, list[str]] = {}
    for each in classes:
        for doubt in each.doubts:
            about.setdefault(doubt, []).append(each.score.label.name)
    return [doubt if len(names) == len(classes) else f"{', '.join(names)}: {doubt}" for doubt, names in about.items()]
