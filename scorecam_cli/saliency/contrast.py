"""Why this class and not that one: what two classes differ in, under every mask and for every gradient.

Letters: N masked photos, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.answers import Answers

STRENGTH = 1.0  # times it the other class's logit is taken off, Finer-CAM's gamma; at 0.6 maps follow the log-odds less
CERTAIN = 2.0**-24  # no further from 0 or 1 can float32 tell a probability whose rest is another class's
UNDERFLOW = float(np.finfo(np.float32).tiny)  # a softmax of many classes has smaller ones only as 0

Floats = NDArray[np.float64]


def odds(answers: Answers, own: Sequence[int], others: Sequence[int], *, exclusive: bool) -> Floats:
    """How much more the model believes in each class than in the one that it is set against, in logits.

    Of a softmax `log p_c - log p_d`, which is the difference of their logits; of two classes, one of which is the rest
    of the other, too. Where each class is a question by itself `log p_c / (1 - p_c) - log p_d / (1 - p_d)`: of two
    things that are both certainly there, log-probabilities would say nothing.

    Args:
        answers: [N, C].
        own: indices of the classes. others: of the class that each is set against.
        exclusive: the classes exclude each other.

    Returns:
        float64 [N, classes], finite.
    """
    probabilities, first, second = answers.probabilities.astype(np.float64), list(own), list(others)
    two = probabilities.shape[1] == 2 and exclusive  # the logits of a single unit are twice too far apart
    if answers.logits is not None and not two:
        logits = answers.logits.astype(np.float64)
        return np.asarray(logits[:, first] - logits[:, second])
    if exclusive:
        logarithms = np.log(np.maximum(probabilities, CERTAIN if two else UNDERFLOW))
    else:
        bounded = np.clip(probabilities, CERTAIN, 1 - CERTAIN)
        logarithms = np.log(bounded / (1 - bounded))
    return np.asarray(logarithms[:, first] - logarithms[:, second])


def shares(differences: Floats) -> Floats:
    """`1 / (1 + exp(-d))` of differences in logits: of a softmax `p_c / (p_c + p_d)`, in [0, 1]."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * differences)))


def less(values: NDArray[np.floating], own: Sequence[int], others: Sequence[int], *, strength: float = 1.0) -> Floats:
    """`y_c - strength * y_d` of values [..., C]; y_c where nothing is set against: [..., classes]."""
    found = values[..., list(own)].astype(np.float64)
    return found - strength * values[..., list(others)].astype(np.float64) if others else found
