"""ROAD: how the class goes as the best, and as the least, pixels of a map are taken away without a trace.

Letters: H W model input, c its colours, n shares.

Source: Rong et al. 2022, "A Consistent and Efficient Evaluation Strategy for Attribution Methods", arXiv:2202.00449.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.faithfulness.asking import Pictures, ask_together, digest
from scorecam_cli.faithfulness.imputation import imputed
from scorecam_cli.faithfulness.ranks import pixel_ranks, require_size
from scorecam_cli.models.classifier import PhotoClassifier

SHARES = (0.2, 0.4, 0.6, 0.8)  # of the pixels that are taken away, as ARCC has them


@dataclass(frozen=True)
class Road:
    """The probability of the class where shares of the pixels are filled in from the rest.

    morf: float32 [n] in [0, 1], the most relevant first. lerf: float32 [n], the least relevant first.
    """

    morf: NDArray[np.float32]
    lerf: NDArray[np.float32]

    @property
    def mean_morf(self) -> float:
        """Of `morf`, in [0, 1]; low is good."""
        return float(self.morf.mean(dtype=np.float64))

    @property
    def mean_lerf(self) -> float:
        """Of `lerf`, in [0, 1]; high is good."""
        return float(self.lerf.mean(dtype=np.float64))

    @property
    def difference(self) -> float:
        """`mean_lerf - mean_morf`, in [-1, 1]: high where the map knows which pixels the class needs."""
        return self.mean_lerf - self.mean_morf


def road(
    classifier: PhotoClassifier,
    image: NDArray[np.float32],
    *,
    saliency: NDArray[np.float32],
    class_index: int,
    shares: tuple[float, ...] = SHARES,
    seed: int = 0,
    batch_size: int | None = None,
    on_passes: Callable[[int], None] | None = None,
) -> Road:
    """Take shares of the pixels away in both orders, fill them in from their neighbours, and ask: 2 n passes.

    Filled in, pixels that are gone do not show the shape of what was cut out, by which a model knows the class too.

    Args:
        image: float32 [H, W, c] in model units.
        saliency: float32 [H, W], finite; only its order counts.
        class_index: in 0 .. C - 1.
        shares: of the pixels, each above 0 and below 1.
        seed: of the order among pixels of equal value, and of the noise on those that are filled in.
        batch_size: as in `photo_answers`.
        on_passes: called after each batch with the number of passes done in it.

    Raises:
        UsageError: the map is not of the photo's size.
        NumericsError: the map or a probability is not finite.
        PhotoError: memory runs out even for one photo, or the model stops.
    """
    require_size(saliency, image.shape[:2])
    pictures = road_pictures(image, pixel_ranks(saliency, seed=seed), shares=shares, seed=seed)
    (found,) = ask_together(classifier, [pictures], batch_size=batch_size, on_passes=on_passes)
    return Road(*np.split(found[:, class_index], 2))


def road_pictures(
    image: NDArray[np.float32], ranks: NDArray[np.intp], *, shares: tuple[float, ...] = SHARES, seed: int = 0
) -> Pictures:
    """The photo without its best pixels and then without its least, of each share: 2 n pictures.

    Args:
        image: float32 [H, W, c] in model units.
        ranks: [H, W], the place of each pixel in the order of the map, see `pixel_ranks`.
        shares: of the pixels, each above 0 and below 1.
        seed: of the noise on those that are filled in.
    """
    counts = [round(share * ranks.size) for share in shares]
    missing = [ranks < count for count in counts] + [ranks >= ranks.size - count for count in counts]
    keys = tuple(("road", seed, number, digest(each)) for number, each in enumerate(missing))

    def shown(number: int) -> NDArray[np.float32]:
        return imputed(image, missing[number], random=np.random.default_rng((seed, number)))

    return Pictures(keys, shown)
