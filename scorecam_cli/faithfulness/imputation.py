"""Pixels that are taken away and tell nothing, not even that they are gone: filled in from their neighbours.

Letters: H W the picture, c its colours, x a pixel that is missing, N(x) its neighbours inside the picture. Each missing
pixel is the weighted mean of its neighbours, missing or not:

    sum_{y in N(x)} w_y f(x) = sum_{y in N(x)} w_y f(y)        w = 1/6 beside, above and below, 1/12 at the corners

a symmetric system of one equation for each missing pixel. It is solved by conjugate gradients.

Source: Rong et al. 2022, "A Consistent and Efficient Evaluation Strategy for Attribution Methods", arXiv:2202.00449,
section 4.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

NOISE = 0.01  # standard deviation, as a share of that of the photo, which the paper scales to 1
TOLERANCE = 1e-3  # of what the equations miss, against the first guess: on photos half the noise, or less
MOST_STEPS = 400
SMALLEST = 8  # pixels of a side: below it no smaller picture is solved first

TINY = np.float32(1e-30)  # below it a number counts as zero when divided by

Floats = NDArray[np.float32]
Operator = Callable[[Floats], Floats]  # on missing pixels [H, W, c]


def imputed(
    image: Floats, missing: NDArray[np.bool_], *, noise: float = NOISE, random: np.random.Generator | None = None
) -> Floats:
    """The photo with its missing pixels filled in, and a little noise on them so that they do not look filled in.

    Args:
        image: float32 [H, W, c] in model units; what is missing is not read.
        missing: bool [H, W]. Where all is missing, all becomes zero.
        noise: standard deviation as a share of that of the pixels that are not missing.
        random: of the noise; None: seed 0.

    Returns:
        float32 [H, W, c]; the pixels that are not missing are those of the photo.
    """
    known = image[~missing]  # [n, c]
    if not len(known):
        return np.zeros_like(image)
    centre, spread = known.mean(axis=0, dtype=np.float64).astype(np.float32), np.float32(known.std(dtype=np.float64))
    filled = _solved(np.where(missing[..., None], 0, image - centre), missing) + centre
    random = random or np.random.default_rng(0)
    speckled = filled + np.float32(noise) * spread * random.standard_normal(filled.shape, np.float32)
    return np.where(missing[..., None], speckled, image)


def _solved(image: Floats, missing: NDArray[np.bool_]) -> Floats:
    """The solution, float32 [H, W, c], for a picture that is 0 where it is missing."""
    inside = missing[..., None].astype(np.float32)  # [H, W, 1]
    weights = _neighbours(np.ones_like(inside))  # [H, W, 1]: less than 1 at the borders

    def applied(values: Floats) -> Floats:
        """The matrix times the missing pixels; `values` is 0 elsewhere."""
        return inside * (weights * values - _neighbours(values))

    pyramid = _pyramid(inside)
    return image + _conjugate_gradients(applied, inside * _neighbours(image), lambda rest: _spread(rest, pyramid))


def _pyramid(inside: Floats) -> list[Floats]:
    """Where pixels are missing, [H, W, 1], and at half the size, a quarter, ..., where all below are."""
    levels = [inside]
    while min(levels[-1].shape[:2]) >= SMALLEST:
        levels.append((_in_fours(levels[-1]) == 4).astype(np.float32))
    return levels


def _spread(rest: Floats, pyramid: list[Floats]) -> Floats:
    """What is amiss, passed on to pixels far away as well: the sum of it as it is seen at each size.

    An approximate inverse of the matrix, symmetric and positive. Source: Bramble, Pasciak and Xu 1990, "Parallel
    Multilevel Preconditioners", Mathematics of Computation 55.
    """
    inside, *smaller = pyramid
    if not smaller:
        return rest
    height, width, _ = rest.shape
    coarse = smaller[0] * _in_fours(_smoothed(rest))
    enlarged = _spread(coarse, smaller).repeat(2, axis=0).repeat(2, axis=1)
    room = np.zeros_like(rest)
    room[: enlarged.shape[0], : enlarged.shape[1]] = enlarged[:height, :width]
    return rest + inside * _smoothed(room)


def _in_fours(values: Floats) -> Floats:
    """Sums of 2 x 2 pixels: [H, W, c] -> [H // 2, W // 2, c]; an odd row or column at the end is left out."""
    height, width = (side // 2 for side in values.shape[:2])
    upper, lower = (values[first : 2 * height : 2] for first in (0, 1))
    fours: Floats = upper[:, : 2 * width : 2] + upper[:, 1 : 2 * width : 2]
    fours += lower[:, : 2 * width : 2]
    fours += lower[:, 1 : 2 * width : 2]
    return fours


def _smoothed(values: Floats) -> Floats:
    """(1 2 1) x (1 2 1) over 16: of doubled pixels it makes a bilinear enlargement."""
    return 0.75 * _neighbours(values) + 0.25 * values


def _neighbours(values: Floats) -> Floats:
    """The weighted sum of the eight neighbours, those outside are 0: (1 2 1) x (1 2 1) without its middle, over 12."""
    rows = 2 * values
    rows[1:] += values[:-1]
    rows[:-1] += values[1:]
    both = 2 * rows
    both[:, 1:] += rows[:, :-1]
    both[:, :-1] += rows[:, 1:]
    both -= 4 * values
    both *= np.float32(1 / 12)
    return both


def _conjugate_gradients(applied: Operator, right: Floats, inverse: Operator) -> Floats:
    """x with `applied(x) = right`, both symmetric and positive; each colour has steps of its own."""
    solution, rest = np.zeros_like(right), right
    direction = inverse(rest)
    size = _of_each_colour(rest, direction)
    enough = TOLERANCE**2 * size
    for _ in range(MOST_STEPS):
        if (size <= enough).all():
            break
        moved = applied(direction)
        step = _over(size, _of_each_colour(direction, moved))
        solution += step * direction
        rest = rest - step * moved
        better = inverse(rest)
        size, before = _of_each_colour(rest, better), size
        direction = better + _over(size, before) * direction
    return solution


def _of_each_colour(first: Floats, second: Floats) -> Floats:
    """Inner products [c]."""
    return np.asarray(np.einsum("hwc,hwc->c", first, second), np.float32)


def _over(first: Floats, second: Floats) -> Floats:
    """The quotient; 0 where a colour has nothing left to solve."""
    return np.asarray(first / np.maximum(second, TINY), np.float32)
