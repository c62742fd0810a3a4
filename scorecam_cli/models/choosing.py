"""Which classes are asked about, and what is said of each, whatever the classifier is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scorecam_cli.errors import ClassError
from scorecam_cli.models.answers import Answers
from scorecam_cli.models.labels import Labels
from scorecam_cli.records import ClassScore


def choose_classes(
    answers: Answers, labels: Labels, *, asked: Sequence[str], top: int, model: str, ranked: bool = True
) -> list[int]:
    """Indices of the classes asked for by index, name or WordNet id, then of the `top` most probable, each once.

    Without either, the predicted class; equal probabilities in order of index. Outputs of a regression come in order of
    index, without any asked the first.

    Args:
        answers: [C], of one photo. labels: of the C classes. model: its name, for messages.
        ranked: some are more probable than others; not so the outputs of a regression.

    Raises:
        ClassError: no such class, or fewer classes than `top`.
    """
    if top > len(labels):
        raise ClassError(f"top {top} is more than the {len(labels)} classes of {model}")
    wanted = [labels.find(text, model=model) for text in asked]
    order = (-answers.probabilities).argsort(kind="stable") if ranked else np.arange(len(labels))
    most = order[: top or (0 if wanted else 1)]
    return list(dict.fromkeys([*wanted, *(int(index) for index in most)]))


def score_of(answers: Answers, labels: Labels, index: int, *, quantity: bool = False) -> ClassScore:
    """What the answers about one photo, [C], say of one class; quantity: it is the output of a regression."""
    if quantity:
        return ClassScore(labels[index], None, None, output=float(answers.probabilities[index]))
    logit = None if answers.logits is None else float(answers.logits[index])
    return ClassScore(labels[index], float(answers.probabilities[index]), logit)
