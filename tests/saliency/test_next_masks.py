"""The next masks: by hand, against the error that is left in plain algebra, and in turns."""

import numpy as np
import pytest

from scorecam_cli.saliency.next_masks import Unpassed, next_masks

ONE_LAYER = np.zeros(9, int)


def unknown(masks, seed):
    """Covariance [M, M] of weights and parts [M, 4] of a map, of some masks."""
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(masks, 3))
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    scales = generator.uniform(0.1, 2, masks)
    return np.exp(-apart) * np.outer(scales, scales), generator.normal(size=(masks, 4))


def error_left(covariance, parts, chosen):
    """Expected squared error of the map where the weights of the chosen are known."""
    rest = np.setdiff1d(np.arange(len(parts)), chosen)
    across = covariance[np.ix_(rest, chosen)]
    left = covariance[np.ix_(rest, rest)]
    if len(chosen):
        left = left - across @ np.linalg.solve(covariance[np.ix_(chosen, chosen)], across.T)
    return float(np.sum((left @ parts[rest]) * parts[rest]))


def test_independent_weights_go_by_variance_times_what_they_add_by_hand():
    # Variances 4, 1, 9; a unit of each adds (1, 0), (0, 3), (1, 1) to the map: 4 * 1, 1 * 9, 9 * 2.
    unpassed = Unpassed(np.array([7, 2, 5]), np.diag([4.0, 1.0, 9.0]))
    parts = np.array([[1.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    assert next_masks(unpassed, parts, count=3, turns=np.zeros(3, int)).tolist() == [5, 2, 7]


def test_what_another_answer_tells_already_is_not_asked_again():
    # The first two weights are nearly the same: one of them tells the other, so the third is next.
    covariance = np.array([[1, 0.99, 0], [0.99, 1, 0], [0, 0, 0.5]])
    parts = np.ones((3, 1))
    assert set(next_masks(Unpassed(np.arange(3), covariance), parts, count=2, turns=np.zeros(3, int))) in (
        {0, 2},
        {1, 2},
    )


@pytest.mark.parametrize("seed", range(5))
def test_each_choice_leaves_the_least_error_of_all(seed):
    covariance, parts = unknown(9, seed)
    chosen = next_masks(Unpassed(np.arange(9), covariance), parts, count=5, turns=ONE_LAYER)
    for step, mask in enumerate(chosen):
        others = np.setdiff1d(np.arange(9), chosen[:step])
        errors = [error_left(covariance, parts, [*chosen[:step], other]) for other in others]
        assert mask == others[int(np.argmin(errors))]


def test_layers_take_turns_until_one_has_no_more():
    covariance, parts = unknown(9, 7)
    scales = np.repeat([1e-3, 1], [3, 6])
    covariance *= np.outer(scales, scales)  # nothing to learn from the first layer
    layers = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
    chosen = next_masks(Unpassed(np.arange(9), covariance), parts, count=8, turns=layers)
    assert np.bincount(layers[chosen[:6]]).tolist() == [3, 3]
    assert np.bincount(layers[chosen]).tolist() == [3, 5]
    assert len(set(chosen)) == 8


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_choice_is_the_same_in_any_unit(scale):
    covariance, parts = unknown(9, 3)
    plain = next_masks(Unpassed(np.arange(9), covariance), parts, count=6, turns=ONE_LAYER)
    scaled = next_masks(Unpassed(np.arange(9), scale**2 * covariance), parts, count=6, turns=ONE_LAYER)
    np.testing.assert_array_equal(plain, scaled)
