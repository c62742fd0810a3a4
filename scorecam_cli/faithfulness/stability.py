"""Whether a map stays the same when the photo changes by less than one can see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import NumericsError, UsageError

Explain = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # image [H, W, c] -> map [H, W]

UNSEEN = 2  # levels of 255: less than a camera or a JPEG adds
REACH = 0.02  # of the photo's range of values: 5 of 255, not visible
SAMPLES = 10


def max_sensitivity(
    explain: Explain, image: NDArray[np.float32], *, reach: float = REACH, samples: int = SAMPLES, seed: int = 0
) -> float | None:
    """The largest relative change of the map over small random changes of the photo; 0 is perfectly stable.

    The change is ||L(x + d) - L(x)|| / ||L(x)|| with each number of d uniform in [-r, r]; a lower bound of the
    largest over all such d. The paper leaves out the division; with it maps of different scale can be compared.

    Args:
        explain: from float32 [H, W, c] in model units to the map, float32 [H, W]; called samples + 1 times.
        image: float32 [H, W, c] in model units.
        reach: r as a share of the image's largest minus smallest value, > 0; a photo of one value is not changed.
        samples: random changes tried, at least 1.
        seed: of these changes.

    Returns:
        >= 0; None where the map of the photo itself is zero, and no change is relative to anything.

    Raises:
        UsageError: reach or samples out of range. NumericsError: a map is not finite.

    Source: Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", arXiv:1901.09392, definition 2.
    """
    _check(reach, samples)
    original = explain(image)
    (found,) = max_sensitivities(
        lambda changed, _which: [explain(changed)],
        image,
        originals=[original],
        reach=reach,
        samples=samples,
        seed=seed,
    )
    return found


def max_sensitivities(
    explain: Callable[[NDArray[np.float32], Sequence[int]], Sequence[NDArray[np.float32]]],
    image: NDArray[np.float32],
    *,
    originals: Sequence[NDArray[np.float32]],
    reach: float = REACH,
    samples: int = SAMPLES,
    seed: int = 0,
) -> list[float | None]:
    """The same of several maps of one photo, under the same changes: each changed photo is made once.

    Args:
        explain: from a changed photo and the numbers of some maps to these maps of it; called once for each sample.
        originals: the maps of the photo itself, float32 [H, W] each. The others as `max_sensitivity`.

    Raises:
        As `max_sensitivity`.
    """
    _check(reach, samples)
    random = np.random.default_rng(seed)
    radius = reach * (float(image.max()) - float(image.min()))
    before = [_finite(each) for each in originals]
    sizes = [float(np.linalg.norm(each)) for each in before]
    which = [number for number, size in enumerate(sizes) if size > 0]
    largest = dict.fromkeys(which, 0.0)
    for _ in range(samples if which else 0):
        changed = image + random.uniform(-radius, radius, image.shape).astype(np.float32)
        for number, found in zip(which, explain(changed, which), strict=True):
            moved = float(np.linalg.norm(_finite(found) - before[number]) / sizes[number])
            largest[number] = max(largest[number], moved)
    return [largest.get(number) for number in range(len(originals))]


def with_unseen_noise(rgb: NDArray[np.uint8], *, levels: int = UNSEEN, seed: int = 0) -> NDArray[np.uint8]:
    """The photo with noise that nobody sees: each number changed by a whole one, uniform in [-levels, levels].

    Args:
        rgb: uint8 [H, W, 3].
        levels: of 255; the largest change.
        seed: of the noise.

    Returns:
        uint8 [H, W, 3].
    """
    noise = np.random.default_rng(seed).integers(-levels, levels + 1, rgb.shape)
    return np.clip(rgb.astype(int) + noise, 0, 255).astype(np.uint8)


def _check(reach: float, samples: int) -> None:
    if not reach > 0 or samples < 1:
        raise UsageError(f"a reach of {reach} and {samples} samples: give a reach above 0 and at least 1 sample")


def _finite(saliency: NDArray[np.float32]) -> NDArray[np.float64]:
    found = np.asarray(saliency, np.float64)
    if not np.isfinite(found).all():
        raise NumericsError("the saliency map holds numbers that are not finite")
    return found
