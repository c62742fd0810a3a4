"""Paired differences: their test by hand and against SciPy, and Holm's correction."""

from itertools import product

import numpy as np
import pytest

from scorecam_cli.faithfulness import paired
from scorecam_cli.faithfulness.paired import Difference, differences, holm, sign_flip_p


def rows(**numbers):
    """A row for each method and photo; None is an empty cell."""
    return [
        {"method": method.replace("_", "-"), "photo": f"{photo}.jpg", "drop": "" if value is None else str(value)}
        for method, values in numbers.items()
        for photo, value in enumerate(values)
    ]


def test_sign_flips_by_hand():
    assert sign_flip_p([1, 1, 1]) == 2 / 8  # all + and all -
    assert sign_flip_p([3, 1, -1]) == 4 / 8 + 2 / 8  # 3 of 5, 3, 3, 1 and their mirrors reach 3
    assert sign_flip_p([2, 0, 0]) == 1  # one difference tells nothing
    assert sign_flip_p([0, 0]) == sign_flip_p([1, -1]) == 1


@pytest.mark.parametrize("count", [2, 5, 9])
def test_both_halves_together_are_all_signs(count):
    apart = np.random.default_rng(count).normal(0.3, 1, count).round(1)
    sums = [abs(np.dot(signs, apart)) for signs in product((-1, 1), repeat=count)]
    assert sign_flip_p(apart) == pytest.approx(np.mean(np.array(sums) >= abs(apart.sum()) - 1e-9))


def test_it_is_the_exact_permutation_test_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    for seed in range(3):
        apart = np.random.default_rng(seed).normal(0.4, 1, 11)
        exact = stats.permutation_test(
            (apart,), lambda each, axis: each.mean(axis=axis), permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip_p(apart) == pytest.approx(exact.pvalue, abs=1e-12)


def test_signs_by_chance_come_near_all_of_them(monkeypatch):
    apart = np.random.default_rng(4).normal(0.5, 1, 18)
    exact = sign_flip_p(apart)
    monkeypatch.setattr(paired, "EXACT", 5)
    assert sign_flip_p(apart) == pytest.approx(exact, abs=0.01)
    assert sign_flip_p(np.ones(40)) == 1 / (1 + paired.DRAWS)  # never 0


def test_holm_by_hand():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])  # .01 x 3, .03 x 2, .04 x 1 but not below
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_stars_are_of_the_corrected_p():
    stars = [Difference(1, None, 9, 0.0001, p).stars for p in (0.05, 0.049, 0.009, 0.0009)]
    assert stars == ["", "*", "**", "***"]


def test_differences_are_of_the_photos_that_both_have():
    found = differences(rows(cam=[1, 2, 3, None], other=[2, 4, None, 9]), ["drop"], baseline="cam")
    assert list(found) == ["other"]
    difference = found["other"]["drop"]
    assert (difference.difference, difference.photos) == (1.5, 2)
    assert difference.standard_error == pytest.approx(0.5)  # of 1 and 2
    assert difference.p == 0.5


def test_each_measure_is_corrected_for_its_own_methods():
    few = [
        {"method": each, "photo": str(n), "gain": str(n * (each == "a"))} for each in ("base", "a") for n in range(9)
    ]
    many = rows(base=[0] * 8, a=[1] * 8, b=[2] * 8, c=[-1] * 8)
    found = differences([*many, *few], ["drop", "gain"], baseline="base")
    p = 2 / 2**8
    assert [found[method]["drop"].p_holm for method in "abc"] == pytest.approx([3 * p] * 3)
    assert found["a"]["gain"].p_holm == found["a"]["gain"].p == p
    assert found["b"].keys() == {"drop"}


def test_a_baseline_without_numbers_has_no_differences():
    assert differences(rows(cam=[None], other=[1]), ["drop"], baseline="cam") == {"other": {}}
