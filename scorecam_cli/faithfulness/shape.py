"""How a map spreads over the picture: complexity and sparseness. Neither asks the model anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.photos.draw import scale_map


def complexity(saliency: NDArray[np.float32]) -> float:
    """How much of the picture the map lights up: the mean of the map scaled to [0, 1].

    Args:
        saliency: float32 [H, W], finite.

    Returns:
        In [0, 1], the L1 norm over the number of pixels; 0 for a flat map.

    Raises:
        NumericsError: a value of the map is not finite.

    Source: Poppi et al. 2021, "Revisiting The Evaluation of Class Activation Mapping for Explainability",
    arXiv:2104.10252, section 4.
    """
    return float(scale_map(saliency).mean(dtype=np.float64))


def sparseness(saliency: NDArray[np.float32]) -> float | None:
    """How unequally the map is spread over the pixels: the Gini index of its values.

    Letters: n pixels, v their values in rising order. `sum_i (2 i - n - 1) v_i / (n sum v)`, i from 1.

    Args:
        saliency: float32 [H, W], >= 0, finite.

    Returns:
        In [0, 1): 0 where it is the same everywhere, (n - 1) / n where one pixel has it all; None for a map of zeros.

    Source: Chalasani et al. 2020, "Concise Explanations of Neural Networks using Adversarial Training",
    arXiv:1810.06583, section 5.
    """
    rising = np.sort(saliency.ravel().astype(np.float64))
    total = rising.sum()
    if not total > 0:
        return None
    places = 2 * np.arange(1, rising.size + 1) - rising.size - 1
    return float(places @ rising / (rising.size * total))
