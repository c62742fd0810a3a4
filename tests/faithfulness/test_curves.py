"""Deletion and insertion on lamps whose every step is known, and against a plain loop."""

import tracemalloc
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Fill
from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.faithfulness.curves import deletion_and_insertion
from tests.faithfulness.lamps import four_pixels, lamp_classifier, tripling
from tests.loading import model_zoo
from tests.saliency.test_fills import blurred

WHITE = np.ones((4, 6, 1), np.float32)


@pytest.fixture(scope="module")
def lamp():
    return lamp_classifier(four_pixels())


def both(classifier, saliency, image=WHITE, **options):
    options = {"steps": 24, "insertion_fill": Fill.ZERO, "class_index": 1} | options
    return deletion_and_insertion(classifier, image, saliency=saliency, **options)


def test_curves_and_areas_by_hand(lamp):
    found = both(lamp, four_pixels())
    falling = [tripling(k) for k in (4, 3, 2, 1)] + [0.5] * 21  # the four pixels go first, the others change nothing
    rising = [tripling(k) for k in (0, 1, 2, 3)] + [tripling(4)] * 21
    np.testing.assert_allclose(found.deletion.probabilities, falling, atol=1e-6)
    np.testing.assert_allclose(found.insertion.probabilities, rising, atol=1e-6)
    np.testing.assert_allclose(found.deletion.fractions, np.arange(25) / 24, atol=1e-12)
    # trapezoids of width 1/24: half of both ends, the others whole
    by_hand = (81 / 82 / 2 + 27 / 28 + 9 / 10 + 3 / 4 + 20 * 0.5 + 0.25) / 24
    assert found.deletion.area == pytest.approx(by_hand, abs=1e-6)
    assert found.insertion.area == pytest.approx((0.25 + 0.75 + 0.9 + 27 / 28 + 20.5 * 81 / 82) / 24, abs=1e-6)


def test_no_map_beats_the_perfect_one_and_none_is_worse_than_its_inverse(lamp):
    best, worst = both(lamp, four_pixels()), both(lamp, 1 - four_pixels())
    assert worst.deletion.area - best.deletion.area > 0.35
    for seed in range(8):
        found = both(lamp, np.random.default_rng(seed).uniform(0, 1, (4, 6)).astype(np.float32))
        assert best.deletion.area < found.deletion.area < worst.deletion.area
        assert worst.insertion.area < found.insertion.area < best.insertion.area


def test_curves_begin_and_end_with_the_whole_and_the_fill_photo(lamp):
    for map_seed, steps in ((0, 1), (1, 5), (2, 24)):
        saliency = np.random.default_rng(map_seed).uniform(0, 1, (4, 6)).astype(np.float32)
        found = both(lamp, saliency, steps=steps)
        np.testing.assert_allclose(found.deletion.probabilities[[0, -1]], [tripling(4), 0.5], atol=1e-6)
        np.testing.assert_allclose(found.insertion.probabilities[[0, -1]], [0.5, tripling(4)], atol=1e-6)


@pytest.mark.parametrize("fill", Fill)
def test_curves_equal_a_plain_loop(fill):
    model = model_zoo.functional()
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    random = np.random.default_rng(5)
    image = random.uniform(0, 1, (16, 16, 3)).astype(np.float32)
    saliency = random.permutation(256).reshape(16, 16).astype(np.float32)  # no ties: the order is plain
    found = deletion_and_insertion(
        classifier, image, saliency=saliency, class_index=2, steps=7, deletion_fill=fill, insertion_fill=fill
    )
    empty = {"zero": np.zeros_like(image), "mean": np.ones_like(image) * image.mean((0, 1)), "blur": blurred(image)}
    deletion, insertion = [], []
    for step in range(8):
        count = 256 * step // 7
        deleted, inserted = image.copy(), empty[fill].astype(np.float32)
        for value in range(255, 255 - count, -1):
            row, column = np.argwhere(saliency == value)[0]
            deleted[row, column] = empty[fill][row, column]
            inserted[row, column] = image[row, column]
        deletion.append(np.asarray(model(deleted[None]))[0, 2])
        insertion.append(np.asarray(model(inserted[None]))[0, 2])
    differences = [
        np.abs(found.deletion.probabilities - deletion).max(),
        np.abs(found.insertion.probabilities - insertion).max(),
    ]
    print(f"{fill}: largest difference {max(differences):.1e}")
    assert max(differences) < 1e-5


def test_batch_size_changes_no_curve_and_holds_the_memory(lamp):
    saliency, passes = four_pixels(), []
    small, large = (both(lamp, saliency, batch_size=size, on_passes=passes.append) for size in (3, 50))
    np.testing.assert_allclose(small.deletion.probabilities, large.deletion.probabilities, atol=1e-6)
    assert passes == [3] * 16 + [32, 16]  # 50, of which the whole and the blank photo are the same twice


def test_memory_does_not_grow_with_the_steps():
    image = np.ones((64, 64, 3), np.float32)  # 49 kB

    def photo_answers(count, images, **_):
        for first in range(0, count, 4):
            assert images(first, min(first + 4, count)).shape[1:] == image.shape
        return SimpleNamespace(probabilities=np.zeros((count, 2), np.float32))

    saliency = np.random.default_rng(0).uniform(0, 1, (64, 64)).astype(np.float32)
    tracemalloc.start()
    deletion_and_insertion(
        SimpleNamespace(photo_answers=photo_answers), image, saliency=saliency, class_index=0, steps=200
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * image.nbytes  # all 402 photos at once are ten times that


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": 0}, "0 steps: give 1 to 24"),
        ({"steps": 25}, "25 steps: give 1 to 24"),
    ],
)
def test_steps_out_of_range_are_refused(lamp, options, said):
    with pytest.raises(UsageError, match=said):
        both(lamp, four_pixels(), **options)


def test_map_of_another_size_is_refused(lamp):
    with pytest.raises(UsageError, match="6 x 4 and the prepared photo 4 x 6"):
        both(lamp, four_pixels().T)


def test_probability_that_is_not_finite_fails_the_photo():
    classifier = lamp_classifier(four_pixels() * np.nan)
    assert isinstance(classifier.model, keras.Model)
    with pytest.raises(NumericsError, match="not finite"):
        both(classifier, four_pixels())
