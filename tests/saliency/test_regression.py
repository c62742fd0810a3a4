"""The regression of answers on masks: by hand, against least squares, and in what must never change."""

import math

import numpy as np
import pytest

from scorecam_cli.saliency.regression import STRENGTH, Regression, centred_deviations, centred_weights

SHAPES = [(40, 9), (9, 40), (20, 20)]  # masks and positions: more of either


def data(count, positions, seed=0):
    generator = np.random.default_rng(seed)
    return generator.random((count, positions)), generator.random(count)


def test_four_masks_that_open_one_position_each_by_hand():
    # X = 1, so Xc = 1 - J/4, and Xc^T Xc is the same; the sum of its squares is 3. y without its mean 0.25 lies in its
    # range, so b = (y - 0.25) / (1 + l) with l = 3 * strength.
    answers = np.array([0.7, 0.1, 0.1, 0.1])
    fit = Regression.on(np.eye(4), strength=1 / 3)
    np.testing.assert_allclose(fit.contributions(answers), np.array([0.45, -0.15, -0.15, -0.15]) / 2)
    np.testing.assert_allclose(fit.weights(answers), np.array([0.45, -0.15, -0.15, -0.15]) / 2)
    np.testing.assert_allclose(centred_weights(answers), [0.45, -0.15, -0.15, -0.15])


@pytest.mark.parametrize(("count", "positions"), SHAPES)
@pytest.mark.parametrize("strength", [0.01, STRENGTH, 1])
def test_contributions_are_those_of_least_squares_with_the_penalty_as_further_answers(count, positions, strength):
    masks, answers = data(count, positions)
    apart = np.array([row - masks.mean(axis=0) for row in masks])
    root = np.sqrt(strength * sum(float(row @ row) for row in apart))
    rows = np.concatenate([apart, root * np.eye(positions)])
    expected = np.linalg.lstsq(rows, np.concatenate([answers - answers.mean(), np.zeros(positions)]), rcond=None)[0]
    fit = Regression.on(masks, strength=strength)
    np.testing.assert_allclose(fit.contributions(answers), expected, atol=1e-10)


@pytest.mark.parametrize(("count", "positions"), SHAPES)
def test_contributions_are_the_sum_of_masks_times_weights_that_sum_to_nothing(count, positions):
    masks, answers = data(count, positions)
    fit = Regression.on(masks)
    weights = fit.weights(answers)
    assert weights.sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(
        sum(a * mask for a, mask in zip(weights, masks, strict=True)), fit.contributions(answers)
    )


def test_a_constant_adds_nothing_and_a_factor_stays_a_factor():
    masks, answers = data(30, 6)
    fit = Regression.on(masks)
    once = fit.contributions(answers)
    np.testing.assert_allclose(fit.contributions(3 * answers - 7), 3 * once, atol=1e-12)
    assert not np.abs(fit.contributions(np.full(30, 0.4))).max() > 1e-12


def test_the_order_of_the_masks_does_not_matter():
    masks, answers = data(30, 6)
    order = np.random.default_rng(1).permutation(30)
    np.testing.assert_allclose(
        Regression.on(masks[order]).contributions(answers[order]), Regression.on(masks).contributions(answers)
    )


def test_a_strong_penalty_leaves_the_direction_of_the_centred_sum():
    masks, answers = data(50, 12)
    centred = centred_weights(answers) @ masks
    near, far = (Regression.on(masks, strength=each).contributions(answers) for each in (1e4, 0.01))
    cosine = [float(b @ centred / np.linalg.norm(b) / np.linalg.norm(centred)) for b in (near, far)]
    assert cosine[0] > 1 - 1e-6
    assert cosine[1] < 0.99


@pytest.mark.parametrize("finer", [2, 4])
def test_a_finer_grid_of_the_same_masks_gives_the_same_map(finer):
    masks, answers = data(40, 9)
    coarse = Regression.on(masks).contributions(answers)
    fine = Regression.on(np.repeat(masks, finer, axis=1)).contributions(answers)
    np.testing.assert_allclose(fine, np.repeat(coarse, finer) / finer)  # a position is so much smaller


@pytest.mark.parametrize(("count", "positions"), [(300, 196), (60, 196), (1000, 49)])
def test_a_fit_has_no_more_degrees_of_freedom_than_it_needs_answers(count, positions):
    fit = Regression.on(data(count, positions)[0])
    assert 1 < np.einsum("np,np->", fit.apart, fit.effects) <= 1 / STRENGTH


def test_masks_that_do_not_differ_tell_nothing():
    masks = np.full((20, 4), 0.3) + 1e-8 * np.random.default_rng(2).random((20, 4))  # as near as float32 tells
    answers = data(20, 4)[1]
    fit = Regression.on(masks)
    assert not fit.contributions(answers).any()
    assert not fit.weights(answers).any()


@pytest.mark.parametrize(("count", "positions"), [(12, 4), (8, 12)])
def test_deviations_are_those_of_errors_without_the_mask_itself(count, positions):
    masks, answers = data(count, positions)
    fit = Regression.on(masks)
    errors = []
    for out in range(count):  # the fit without one mask, with the same penalty and an intercept that has none
        rows = np.concatenate([np.delete(masks, out, axis=0), np.sqrt(fit.penalty) * np.eye(positions)])
        ones = np.concatenate([np.ones(count - 1), np.zeros(positions)])
        solved = np.linalg.lstsq(
            np.column_stack([rows, ones]), np.concatenate([np.delete(answers, out), np.zeros(positions)]), rcond=None
        )[0]
        errors.append(answers[out] - masks[out] @ solved[:-1] - solved[-1])
    moved = [errors[n] * fit.contributions(np.eye(count)[n]) for n in range(count)]
    np.testing.assert_allclose(fit.deviations(answers), np.sqrt(np.sum(np.square(moved), axis=0)))


def test_deviations_of_the_centred_sum_by_hand():
    masks, answers = np.array([[1.0, 0], [0, 0], [0, 1]]), np.array([0.6, 0.3, 0.3])
    # Of the answers without their mean, 0.2, -0.1, -0.1, times the masks without theirs, (2, -1, -1) / 3 and so on.
    first = np.array([0.2 * 2, -0.1 * -1, -0.1 * -1]) / 3
    second = np.array([0.2 * -1, -0.1 * -1, -0.1 * 2]) / 3
    np.testing.assert_allclose(centred_deviations(masks, answers), np.sqrt([(first**2).sum(), (second**2).sum()]))


def test_halves_of_the_masks_agree_in_sign_as_often_as_the_deviations_say():
    generator = np.random.default_rng(5)
    masks = generator.random((400, 25)) * generator.random((400, 1))
    slopes = generator.normal(0, 0.02, 25)
    answers = masks @ slopes + generator.normal(0, 1, 400) * masks.mean(axis=1) * 0.4  # more noise where more is open
    fit = Regression.on(masks)
    # Of two halves the one is as far above the whole as the other below it, by one deviation: they agree in sign where
    # that is less than the whole is away from zero, with probability erf(z / sqrt(2)).
    away = np.abs(fit.contributions(answers)) / fit.deviations(answers)
    said = np.array([math.erf(z / math.sqrt(2)) for z in away])
    agreed = np.zeros(25)
    for _ in range(60):
        order = generator.permutation(400)
        halves = [Regression.on(masks[part]).contributions(answers[part]) for part in (order[:200], order[200:])]
        agreed += np.sign(halves[0]) == np.sign(halves[1])
    print(f"said {said.mean():.3f}, agreed {agreed.mean() / 60:.3f}")
    assert 0.2 < said.mean() < 0.9
    assert np.abs(agreed / 60 - said).mean() < 0.1
    assert agreed.mean() / 60 == pytest.approx(said.mean(), abs=0.05)
