"""From the weights of a few masks to those of all, with the correlation that the map will have with the exact one.

The log-odds that a class keeps under a mask are taken as a Gaussian process on the masks: an exponential kernel of the
distance between masks, an unknown mean, and noise; kernel width and noise by marginal likelihood. Its posterior gives
each unknown weight a mean and a variance, and all of them together the expected error of the map. The estimate is made
with more than the expected error, so that it is rarely above the truth.

Letters: N live channels, R of them passed, P = h * w positions of the grid.

Source: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning: equations 2.25-2.26 (posterior), 2.42
(unknown mean), 5.8 (marginal likelihood), 5.12 (leave-one-out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from scorecam_cli.saliency.next_masks import Unpassed

Floats = NDArray[np.float64]

WIDTHS = np.geomspace(0.5, 15, 4)  # of the kernel, in medians of the distance between two masks
NOISES = np.geomspace(1e-2, 0.5, 6)  # variance of the noise, in variances of the process; less is too sure of itself
FEW_ANSWERS = 8  # the margin of the error is larger by this share of the answers: with few, width and noise are unsure
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)  # for means over a Gaussian
LARGEST_LOG_ODDS = 16.0  # beyond it a float32 probability is 0 or 1


@dataclass(frozen=True)
class Inferred:
    """What is known of all weights of one class.

    weights: float64 [N]; as measured where a mask was passed, else expected.
    estimated_correlation: of the map with the exact one, over the pixels, as much as it has of nine photos in ten;
        None where nothing tells.
    """

    weights: Floats
    estimated_correlation: float | None


@dataclass(frozen=True)
class Link:
    """How the process turns into weights: `weight` maps its values to weights, `latent` weights to its values.

    margin: so many times what the process expects is the squared error of a map taken to be. Measured: then it is less
        on nine photos in ten, of every variant, see `python -m tests.bench.fidelity`.
    """

    weight: Callable[[Floats], Floats]
    latent: Callable[[Floats], Floats]
    margin: float = 2.5


def _log_odds(probabilities: Floats) -> Floats:
    tiny = np.exp(-LARGEST_LOG_ODDS)
    inside = np.clip(probabilities, tiny, 1 - tiny)
    return np.asarray(np.log(inside) - np.log1p(-inside))


PROBABILITY = Link(weight=lambda latent: 1 / (1 + np.exp(-latent)), latent=_log_odds)
EXPONENTIAL = Link(weight=np.exp, latent=np.log, margin=5.0)  # a few weights are nearly all of the sum
IDENTITY = Link(weight=lambda latent: latent, latent=lambda weights: weights)


def infer_weights(
    known: Floats, passed: NDArray[np.intp], *, distances: Floats, parts: Floats, link: Link = PROBABILITY
) -> tuple[Inferred, Unpassed]:
    """Infer the weights of the masks that were not passed.

    Args:
        known: float64 [R], weights of the passed masks, R >= 3.
        passed: indices [R] of these among the N masks.
        distances: float64 [N, N], squared, between masks.
        parts: float64 [N, P], what one unit of each weight adds to the map, in coordinates whose inner product is the
            covariance over pixels.
        link: between the process and the weights.

    Returns:
        The weights [N], the estimated correlation, and how uncertain the weights are together.
    """
    with _one_thread():
        return _inferred(known, passed, distances, parts, link)


def _inferred(
    known: Floats, passed: NDArray[np.intp], distances: Floats, parts: Floats, link: Link
) -> tuple[Inferred, Unpassed]:
    values = link.latent(known)
    kernel_width, noise, scale, mean = _fit(distances[np.ix_(passed, passed)], values, median=_median(distances))
    expected, covariance, left_out = _posterior(
        values, passed, distances=distances, width=kernel_width, noise=noise, scale=scale, mean=mean
    )
    weights, variances = _moments(expected, np.diag(covariance), link)
    weights[passed] = known
    calibration = _calibration(known, left_out, np.einsum("np,np->n", parts[passed], parts[passed]), link)
    rest = np.setdiff1d(np.arange(len(weights)), passed)
    # Near its mean a weight follows its value of the process: cov(w_i, w_j) = corr(v_i, v_j) * sd(w_i) * sd(w_j).
    gains = np.sqrt(variances[rest] / np.maximum(np.diag(covariance)[rest], 1e-300))
    unpassed = Unpassed(rest, covariance[np.ix_(rest, rest)] * np.outer(gains, gains))
    error = calibration * float(np.sum((unpassed.covariance @ parts[rest]) * parts[rest]))
    margin = link.margin * (1 + FEW_ANSWERS / len(passed))
    signal = float(np.sum((weights @ parts) ** 2))
    return Inferred(weights, correlation_of(margin * max(error, 0), signal)), unpassed


def correlation_of(error: float, signal: float) -> float:
    """Correlation of a map with the exact one, of the squares of its error and of itself: `1 / sqrt(1 + e / s)`."""
    return float(1 / np.sqrt(1 + error / max(signal, 1e-300)))


@contextmanager
def _one_thread() -> Iterator[None]:
    """While small matrices are worked on: threads that wait for each other take ten times the time of the work."""
    with _thread_pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def _median(distances: Floats) -> float:
    return float(np.sqrt(np.median(distances))) or 1.0


def _kernel(distances: Floats, width: float) -> Floats:
    return np.asarray(np.exp(-np.sqrt(distances) / width))


def _fit(distances: Floats, values: Floats, *, median: float) -> tuple[float, float, float, float]:
    """Kernel width, noise, variance and mean of largest marginal likelihood: distances [R, R], values [R]."""
    count = len(values)
    best = (-np.inf, 0.0, 0.0, 0.0, 0.0)
    for width in WIDTHS * median:
        powers, axes = np.linalg.eigh(_kernel(distances, width))
        ones, seen = axes.T @ np.ones(count), axes.T @ values
        for noise in NOISES:
            inverse = 1 / (np.maximum(powers, 0) + noise)
            known = float(np.sum(ones * ones * inverse))
            mean = float(np.sum(ones * seen * inverse)) / known
            scale = max(float(np.sum((seen - mean * ones) ** 2 * inverse)) / (count - 1), 1e-12)
            likelihood = 0.5 * (np.sum(np.log(inverse)) - np.log(known) - (count - 1) * np.log(scale))
            best = max(best, (float(likelihood), float(width), float(noise), scale, mean))
    return best[1:]


def _posterior(
    values: Floats,
    passed: NDArray[np.intp],
    *,
    distances: Floats,
    width: float,
    noise: float,
    scale: float,
    mean: float,
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Mean [N] and covariance [N, N] of the process, and what it says of each passed mask from the others [R], [R]."""
    own = _kernel(distances[np.ix_(passed, passed)], width) + noise * np.eye(len(passed))
    across = _kernel(distances[:, passed], width)  # [N, R]
    inverse = np.linalg.inv(own)
    ones = inverse.sum(axis=1)  # inverse @ 1
    expected = mean + across @ (inverse @ (values - mean))
    unexplained = 1 - across @ ones  # how far the unknown mean still matters
    covariance = _kernel(distances, width) - across @ inverse @ across.T
    covariance += np.outer(unexplained, unexplained) / ones.sum()
    covariance[np.diag_indices_from(covariance)] += noise
    without_mean = inverse - np.outer(ones, ones) / ones.sum()
    alone = 1 / np.diag(without_mean)
    left_out = (values - (without_mean @ values) * alone, np.asarray(alone * scale))
    return expected, covariance * scale, left_out


def _moments(expected: Floats, variances: Floats, link: Link) -> tuple[Floats, Floats]:
    """Mean and variance [N] of the weights, where the process has this mean and variance [N]."""
    share = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    at_nodes = link.weight(expected[:, None] + np.sqrt(np.maximum(variances, 0))[:, None] * NODES)  # [N, 15]
    means = at_nodes @ share
    return means, np.maximum((at_nodes**2) @ share - means**2, 0)


def _calibration(known: Floats, left_out: tuple[Floats, Floats], energies: Floats, link: Link) -> float:
    """How much larger the errors of left-out masks are than foretold, by their energy in the map; at least 1."""
    means, variances = _moments(*left_out, link)
    foretold = float(np.sum(energies * variances))
    return max(1.0, float(np.sum(energies * (known - means) ** 2)) / max(foretold, 1e-300))
