"""From the weights of a few masks to those of all, with the correlation that the map will have with the exact one.

The log-odds that a class keeps under a mask are taken as a Gaussian process on the masks: an exponential kernel of the
distance between masks, an unknown mean, and noise; kernel width and noise by marginal likelihood. Its posterior gives
each unknown weight a mean and a variance, and all of them together the expected error of the map. The estimate is made
with more than the expected error, by how well the first answers foretell the later ones, so that it is rarely above the
truth.

Letters: N live channels, R of them passed, P = h * w positions of the grid.

Source: Rasmussen & Williams 2006, Gaussian Processes for Machine Learning: equations 2.25-2.26 (posterior), 2.42
(unknown mean), 5.8 (marginal likelihood). Dawid 1984, Statistical Theory: The Prequential Approach: a model is judged
by what it foretold before it saw the answer.
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
FEW_ANSWERS = 128  # with fewer the margin is that of so many: width and noise are unsure
FEWEST_TO_FORETELL = 16  # answers from which others are foretold
UNCHECKED, AS_IF = 2.0, 8  # to the foretold answers are added 8 with twice the squared error that is expected
LARGEST_SURPRISE = 25.0  # so many times its expected square an error counts at most
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

    margin: so many times the root of the number of answers, times what the process expects, is the squared error of a
        map taken to be. Measured: then it is less on nine photos in ten, see `python -m tests.bench.fidelity`. The
        root, since masks are passed until little is expected, and what remains are those that follow nothing.
    """

    weight: Callable[[Floats], Floats]
    latent: Callable[[Floats], Floats]
    margin: float = 0.28


def _log_odds(probabilities: Floats) -> Floats:
    tiny = np.exp(-LARGEST_LOG_ODDS)
    inside = np.clip(probabilities, tiny, 1 - tiny)
    return np.asarray(np.log(inside) - np.log1p(-inside))


PROBABILITY = Link(weight=lambda latent: 1 / (1 + np.exp(-latent)), latent=_log_odds)
EXPONENTIAL = Link(weight=np.exp, latent=np.log, margin=0.58)  # few weights are nearly all of the sum
IDENTITY = Link(weight=lambda latent: latent, latent=lambda weights: weights)


def infer_weights(
    known: Floats,
    passed: NDArray[np.intp],
    *,
    distances: Floats,
    median: float,
    parts: Floats,
    link: Link = PROBABILITY,
) -> tuple[Inferred, Unpassed]:
    """Infer the weights of the masks that were not passed.

    Args:
        known: float64 [R], weights of the passed masks, R >= 3.
        passed: indices [R] of these among the N masks, in the order in which they were passed.
        distances: float64 [N, N], squared, between masks.
        median: of the distances, see `median_of`.
        parts: float64 [N, P], what one unit of each weight adds to the map, in coordinates whose inner product is the
            covariance over pixels.
        link: between the process and the weights.

    Returns:
        The weights [N], the estimated correlation, and how uncertain the weights are together.
    """
    with _one_thread():
        return _inferred(known, passed, distances, median, parts, link)


def _inferred(
    known: Floats, passed: NDArray[np.intp], distances: Floats, median: float, parts: Floats, link: Link
) -> tuple[Inferred, Unpassed]:
    values = link.latent(known)
    between = distances[np.ix_(passed, passed)]
    expected, covariance = _posterior(values, passed, distances, _fit(between, values, median))
    weights, variances = _moments(expected, np.diag(covariance), link)
    weights[passed] = known
    rest = np.setdiff1d(np.arange(len(weights)), passed)
    # Near its mean a weight follows its value of the process: cov(w_i, w_j) = corr(v_i, v_j) * sd(w_i) * sd(w_j).
    gains = np.sqrt(variances[rest] / np.maximum(np.diag(covariance)[rest], 1e-300))
    unpassed = Unpassed(rest, covariance[np.ix_(rest, rest)] * np.outer(gains, gains))
    error = float(np.sum((unpassed.covariance @ parts[rest]) * parts[rest]))
    answers = max(len(passed), FEW_ANSWERS)
    margin = link.margin * np.sqrt(answers) * _surprise(known, between, median, link)
    signal = float(np.sum((weights @ parts) ** 2))
    return Inferred(weights, correlation_of(margin * max(error, 0), signal)), unpassed


def correlation_of(error: float, signal: float) -> float:
    """Correlation of a map with the exact one, of the squares of its error and of itself: `1 / sqrt(1 + e / s)`."""
    return float(1 / np.sqrt(1 + error / max(signal, 1e-300)))


def median_of(distances: Floats) -> float:
    """The median of the distances whose squares are given, in which the width of a kernel is measured."""
    return float(np.sqrt(np.median(distances))) or 1.0


@contextmanager
def _one_thread() -> Iterator[None]:
    """While small matrices are worked on: threads that wait for each other take ten times the time of the work."""
    with _thread_pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def _kernel(distances: Floats, width: float) -> Floats:
    return np.asarray(np.exp(-np.sqrt(distances) / width))


@dataclass(frozen=True)
class _Process:
    """Kernel width, noise in variances of the process, its variance, its mean."""

    width: float
    noise: float
    scale: float
    mean: float


def _fit(distances: Floats, values: Floats, median: float) -> _Process:
    """The process of largest marginal likelihood: distances [R, R], values [R]."""
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
    return _Process(*best[1:])


def _posterior(values: Floats, passed: NDArray[np.intp], distances: Floats, process: _Process) -> tuple[Floats, Floats]:
    """Mean [N] and covariance [N, N] of the process, where its values [R] of the passed masks are known."""
    own = _kernel(distances[np.ix_(passed, passed)], process.width) + process.noise * np.eye(len(passed))
    across = _kernel(distances[:, passed], process.width)  # [N, R]
    inverse = np.linalg.inv(own)
    ones = inverse.sum(axis=1)  # inverse @ 1
    expected = process.mean + across @ (inverse @ (values - process.mean))
    unexplained = 1 - across @ ones  # how far the unknown mean still matters
    covariance = _kernel(distances, process.width) - across @ inverse @ across.T
    covariance += np.outer(unexplained, unexplained) / ones.sum()
    covariance[np.diag_indices_from(covariance)] += process.noise
    return expected, covariance * process.scale


def _moments(expected: Floats, variances: Floats, link: Link) -> tuple[Floats, Floats]:
    """Mean and variance [N] of the weights, where the process has this mean and variance [N]."""
    share = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    at_nodes = link.weight(expected[:, None] + np.sqrt(np.maximum(variances, 0))[:, None] * NODES)  # [N, 15]
    means = at_nodes @ share
    return means, np.maximum((at_nodes**2) @ share - means**2, 0)


def _surprise(known: Floats, distances: Floats, median: float, link: Link) -> float:
    """How much larger than expected are the squared errors of the later half of the answers [R], foretold by the first.

    Masks are chosen before their answers are seen, so that this is a check of the process, whatever it is a model of.
    What is more than 1 counts in full; what is less by its root, since it is told from few.
    """
    first = min(max(FEWEST_TO_FORETELL, len(known) // 2), len(known))
    squares = _surprises(known, distances, median, link, first=first) if first < len(known) else np.zeros(0)
    mean = float(squares.sum() + AS_IF * UNCHECKED) / (len(squares) + AS_IF)
    return max(mean, float(np.sqrt(mean)))


def _surprises(known: Floats, distances: Floats, median: float, link: Link, *, first: int) -> Floats:
    """Squared errors of all but the first answers in those that are expected from the first: float64 [R - first]."""
    values = link.latent(known[:first])
    process = _fit(distances[:first, :first], values, median)
    expected, covariance = _posterior(values, np.arange(first), distances, process)
    means, variances = _moments(expected[first:], np.diag(covariance)[first:], link)
    return np.minimum((known[first:] - means) ** 2 / np.maximum(variances, 1e-300), LARGEST_SURPRISE)
