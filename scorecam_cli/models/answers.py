"""What a classifier says of photos.

Letters as everywhere: h w feature grid, K channels of the target layer, N photos or masks, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MASK_EPSILON = 1e-5  # in M = (U(A) - min) / (max - min + epsilon), as the article's code has it


@dataclass(frozen=True)
class Observation:
    """One unmasked pass.

    probabilities: float32 [C]. logits: float32 [C], None where the model does not show them.
    activations: float32 [h, w, K] of the target layer.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32] | None
    activations: NDArray[np.float32]


@dataclass(frozen=True)
class MaskedScores:
    """What the model still sees through each of N masks.

    probabilities: float32 [N, C]. logits: float32 [N, C], None where the model does not show them.
    lows, highs: float32 [N], smallest and largest value of each upsampled channel.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32] | None
    lows: NDArray[np.float32]
    highs: NDArray[np.float32]


@dataclass(frozen=True)
class PhotoScores:
    """What the model says of N photos.

    probabilities: float32 [N, C]. logits: float32 [N, C], None where the model does not show them.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32] | None
