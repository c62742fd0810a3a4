"""What a classifier says of photos.

Letters as everywhere: h w feature grid, K channels of the target layer, N photos or masks, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MASK_EPSILON = 1e-5  # in M = (U(A) - min) / (max - min + epsilon), as the article's code has it


@dataclass(frozen=True)
class Answers:
    """What the model says of one photo, [C], or of N, [N, C].

    probabilities: float32 in [0, 1], of a regression its outputs; means of several passes may be float64.
    logits: the same, None where the model does not show them.
    """

    probabilities: NDArray[np.floating]
    logits: NDArray[np.floating] | None

    @property
    def as_rows(self) -> Answers:
        """Of one photo, [C], as of several: [1, C]."""
        return Answers(self.probabilities[None], None if self.logits is None else self.logits[None])


@dataclass(frozen=True)
class Observation:
    """One unmasked pass.

    answers: [C]. activations: float32 [h, w, K] of the target layer.
    """

    answers: Answers
    activations: NDArray[np.float32]


@dataclass(frozen=True)
class MaskedAnswers:
    """What the model still sees through each of N masks.

    answers: [N, C]. lows, highs: float32 [N], smallest and largest value of each upsampled channel.
    """

    answers: Answers
    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
