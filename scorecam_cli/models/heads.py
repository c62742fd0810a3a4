"""What the numbers that a model returns are, as far as they tell themselves: of a softmax, of sigmoids, or logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import HeadKind
from scorecam_cli.errors import UsageError

SUM_TOLERANCE = 1e-2  # a softmax in bfloat16 sums to 1 within this
MOST_ROUNDED = 0.2  # of a sum of many probabilities, each kept as a small whole number


@dataclass(frozen=True)
class NumberHead:
    """How to read the numbers of a model of which nothing else is known.

    units: numbers it returns per photo; one unit means two classes, 0 and 1.
    kind: SOFTMAX, SIGMOID or LINEAR. shows_logits: they are logits; else they are probabilities, or quantities.
    """

    units: int
    kind: HeadKind
    shows_logits: bool

    @property
    def classes(self) -> int:
        """C; of a regression, the number of its outputs."""
        return self.units if self.is_regression else max(2, self.units)

    @property
    def is_regression(self) -> bool:
        """Whether the numbers are quantities, neither probabilities nor logits."""
        return self.kind is HeadKind.LINEAR

    @property
    def exclusive(self) -> bool:
        """Whether the classes exclude each other, so that their probabilities sum to 1."""
        return self.kind is HeadKind.SOFTMAX or (self.units == 1 and not self.is_regression)

    def read(self, output: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Output of the model [B, units] -> scores [B, C], logits where it shows them, and probabilities [B, C]."""
        if self.is_regression:
            return output, output
        if not self.shows_logits:
            probabilities = np.concatenate([1 - output, output], axis=1) if self.units == 1 else output
            return probabilities, probabilities
        logits = np.concatenate([-output, output], axis=1) if self.units == 1 else output  # [B, C]
        if self.kind is HeadKind.SIGMOID:
            return logits, (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return logits, powers / powers.sum(axis=1, keepdims=True)


def head_of(output: NDArray[np.float32], *, asked: HeadKind, step: float, name: str) -> NumberHead:
    """The head that gives such numbers: rows that sum to 1, numbers in [0, 1], or neither.

    Args:
        output: for several different images, [N, units].
        asked: softmax or sigmoid, where the user says so; left to find out is then whether they are probabilities.
            linear: quantities.
        step: between two numbers next to each other, where they were kept as small whole numbers, else 0.
        name: of the model.

    Raises:
        UsageError: a softmax is asked for of a single number.
    """
    units = output.shape[1]
    if asked is HeadKind.SOFTMAX and units == 1:
        raise UsageError(f"--head softmax needs an output for each class, and {name} has one: use sigmoid")
    if asked is HeadKind.LINEAR:
        return NumberHead(units, asked, shows_logits=False)
    within = bool(((output >= 0) & (output <= 1)).all())
    tolerance = max(SUM_TOLERANCE, min(MOST_ROUNDED, step * units / 2))
    sums_to_one = within and units > 1 and bool(np.allclose(output.sum(axis=1), 1, atol=tolerance))
    if asked is HeadKind.AUTO:
        softmax = sums_to_one or (not within and units > 1)
        return NumberHead(units, HeadKind.SOFTMAX if softmax else HeadKind.SIGMOID, shows_logits=not within)
    are_probabilities = sums_to_one if asked is HeadKind.SOFTMAX else within
    return NumberHead(units, asked, shows_logits=not are_probabilities)
