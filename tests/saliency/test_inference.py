"""How the weights of all masks are inferred: how far the process is believed, and in how many threads."""

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from scorecam_cli.saliency import inference
from scorecam_cli.saliency.inference import IDENTITY, PROBABILITY, infer_weights, median_of
from scorecam_cli.saliency.representatives import squared_distances

PARTS = np.random.default_rng(1).normal(size=(160, 4))  # of masks, what each adds to the map


def drawn(count, seed):
    """Squared distances [count, count] of masks, and values [count] of a process on them as it is taken to be."""
    generator = np.random.default_rng(seed)
    distances = squared_distances(generator.random((count, 5)))
    own = np.exp(-np.sqrt(distances) / median_of(distances)) + 0.05 * np.eye(count)
    return distances, generator.multivariate_normal(np.zeros(count), own)


def surprise(values, distances, link=IDENTITY):
    return inference._surprise(values, distances, median_of(distances), link)


def inferred_whole(known, distances, link=PROBABILITY):
    """Of masks, of which the first are known."""
    how = {"distances": distances, "median": median_of(distances), "parts": PARTS[: len(distances)], "link": link}
    return infer_weights(known, np.arange(len(known)), **how)


def plain_forecasts(values, between, first, process):
    """Mean and variance of the later values from the first, by conditioning in a loop over plain matrices."""
    at, own = np.arange(first), np.exp(-np.sqrt(between) / process.width)
    solve = lambda side: np.linalg.solve(own[np.ix_(at, at)] + process.noise * np.eye(first), side)  # noqa: E731
    mean = (np.ones(first) @ solve(values[:first])) / (np.ones(first) @ solve(np.ones(first)))
    for later in range(first, len(values)):
        across = own[later, :first]
        unsure = (1 - across @ solve(np.ones(first))) ** 2 / (np.ones(first) @ solve(np.ones(first)))
        yield (
            mean + across @ solve(values[:first] - mean),
            process.scale * (1 - across @ solve(across) + process.noise + unsure),
        )


def test_surprise_is_the_mean_square_of_what_the_first_half_did_not_foretell():
    distances, values = drawn(60, 3)
    process = inference._fit(distances[:30, :30], values[:30], median_of(distances))
    squares = [
        (value - mean) ** 2 / variance
        for value, (mean, variance) in zip(values[30:], plain_forecasts(values, distances, 30, process), strict=True)
    ]
    mean = (sum(min(each, 25) for each in squares) + 8 * 2) / (30 + 8)
    assert surprise(values, distances) == pytest.approx(max(mean, np.sqrt(mean)), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_process_that_is_as_it_is_taken_to_be_does_not_surprise_and_another_does(seed):
    distances, values = drawn(100, seed)
    other = values.copy()
    other[50:] *= 4  # the later answers vary four times as much
    assert 0.7 < surprise(values, distances) < 1.7
    assert surprise(other, distances) > 4


def test_one_answer_counts_at_most_so_much():
    distances, values = drawn(100, 0)
    values[70] = 1e6
    assert surprise(values, distances) < (25 + 16) / 58 + 1.5


def test_where_no_answer_is_foretold_yet_the_process_is_believed_half():
    distances, values = drawn(40, 0)
    assert surprise(values[:16], distances[:16, :16]) == 2
    assert surprise(values[:17], distances[:17, :17]) != 2


def test_the_estimate_is_lower_where_later_answers_surprise():
    distances, values = drawn(120, 4)
    known = values[:60].copy()
    calm, _ = inferred_whole(known, distances, IDENTITY)
    known[30:] = -known[30:]  # as large, against what was foretold
    alarmed, _ = inferred_whole(known, distances, IDENTITY)
    assert alarmed.estimated_correlation < calm.estimated_correlation


@pytest.mark.parametrize(
    ("answers", "times"), [(128, np.sqrt(128)), (100, np.sqrt(128)), (20, np.sqrt(128)), (144, 12)]
)
def test_the_margin_grows_with_the_root_of_the_answers_and_is_that_of_128_below(monkeypatch, answers, times):
    monkeypatch.setattr(inference, "_surprise", lambda *known: 1.0)
    seen = []
    monkeypatch.setattr(inference, "correlation_of", lambda error, signal: seen.append(error) or 0.0)
    distances, values = drawn(160, 5)
    probabilities = 1 / (1 + np.exp(-values))[:answers]
    _, unpassed = inferred_whole(probabilities, distances)
    rest = PARTS[unpassed.numbers]
    assert seen[0] == pytest.approx(PROBABILITY.margin * times * np.trace(rest.T @ unpassed.covariance @ rest))


def test_small_matrices_are_worked_on_in_one_thread_and_the_others_are_given_back(monkeypatch):
    def threads():
        return {pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas"}

    seen = []
    fit = inference._fit
    monkeypatch.setattr(inference, "_fit", lambda *args, **named: seen.append(threads()) or fit(*args, **named))
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        grid = np.random.default_rng(0).random((12, 4))
        distances = squared_distances(grid)
        how = {"distances": distances, "median": median_of(distances), "parts": grid}
        infer_weights(np.linspace(0.1, 0.9, 5), np.arange(5), **how)
        assert (seen, threads()) == ([{1}], before)
