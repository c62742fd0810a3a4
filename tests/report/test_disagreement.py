"""How far the runs of one photo are apart."""

import numpy as np
import pytest

from scorecam_cli.manifest import NotedScore
from scorecam_cli.report.cards import ShownClass, ShownRun
from scorecam_cli.report.disagreement import disagreement
from scorecam_cli.report.levels import grid_of
from tests.manifests import noted_class, noted_manifest


def score(name, probability, index=0):
    return NotedScore(index, name, None, probability, None)


def run(*predictions, levels=None, index=242, number=0):
    """What a run shows: classes that it predicts, and the map of one class."""
    grid = None if levels is None else grid_of(np.asarray(levels, np.uint8))
    shown = ShownClass("boxer", index, "", 0.4, *[None] * 5, laid_over=False, compactness=None, grid=grid)
    manifest = noted_manifest(classes=(noted_class(probability=None),), predictions=predictions)
    return ShownRun(number, manifest, classes=(shown,))


def test_one_run_disagrees_with_nobody():
    assert disagreement([run()]) is None


def test_maps_are_compared_as_numpy_does_whatever_their_scale():
    chance = np.random.default_rng(0)
    first = chance.integers(0, 255, (12, 16))
    for second in (first // 3 + 40, 255 - first, chance.integers(0, 255, (12, 16))):
        found = disagreement([run(levels=first), run(levels=second)])
        assert found.correlation == pytest.approx(np.corrcoef(first.ravel(), second.ravel())[0, 1], abs=0.02)


def test_the_two_runs_that_are_furthest_apart_count():
    rising = np.tile(np.arange(0, 240, 10), (24, 1))
    runs = [run(levels=rising), run(levels=rising // 2), run(levels=rising[:, ::-1])]
    assert disagreement(runs).correlation == pytest.approx(-1, abs=1e-3)


def test_flat_maps_maps_of_other_classes_and_pictures_without_values_have_no_correlation():
    rising = np.tile(np.arange(0, 240, 10), (24, 1))
    for other in (run(levels=np.full((24, 24), 9)), run(levels=rising, index=7), run()):
        assert disagreement([run(levels=rising), other]).correlation is None


def test_difference_is_of_one_class_and_at_least_what_the_others_leave():
    both = [run(score("cat", 0.9), score("dog", 0.05)), run(score("dog", 0.6), score("cat", 0.3))]
    found = disagreement(both)
    assert (found.difference, found.answers) == (pytest.approx(0.6), True)
    silent = [run(score("cat", 0.9), score("dog", 0.05)), run(score("dog", 0.55), score("fox", 0.2))]
    assert disagreement(silent).difference == pytest.approx(0.7)  # cat has at most the 0.2 of the fox
    same = [run(score("cat", 0.9)), run(score("Cat", 0.9))]
    assert (disagreement(same).difference, disagreement(same).answers) == (0, False)


def test_runs_that_tell_nothing_disagree_on_nothing():
    found = disagreement([run(), run()])
    assert (found.correlation, found.difference, found.answers) == (None, None, False)
