"""Pictures of several measures and maps shown together: each once, each part as if alone."""

import numpy as np
import pytest

from scorecam_cli.choices import Fill
from scorecam_cli.faithfulness.asking import WHOLE, Pictures, ask_together, digest
from scorecam_cli.faithfulness.curves import Ends, curve_pictures
from scorecam_cli.faithfulness.drops import shown_of_map
from scorecam_cli.faithfulness.ranks import pixel_ranks
from scorecam_cli.faithfulness.road import road_pictures
from scorecam_cli.models.answers import Answers

IMAGE = np.random.default_rng(0).uniform(-1, 1, (6, 8, 3)).astype(np.float32)


class Sums:
    """A classifier of two "classes", the sums of a picture and of its squares; it notes what it is shown."""

    def __init__(self, batch=32):
        self.batch, self.shown = batch, []

    def photo_answers(self, count, images, *, batch_size=None, on_passes=None):
        found = [images(first, min(first + self.batch, count)) for first in range(0, count, self.batch)]
        self.shown.append(np.concatenate(found))
        values = self.shown[-1].reshape(count, -1).astype(np.float64)
        return Answers(np.stack([values.sum(axis=1), (values**2).sum(axis=1)], axis=1).astype(np.float32), None)


def squares(*numbers, alone=False):
    """Pictures of one grey each, which is their key."""
    return Pictures(numbers, lambda at: np.full_like(IMAGE, numbers[at]), alone)


def of_map(saliency, steps=5):
    """All that the measures show of one map."""
    ranks = pixel_ranks(saliency)
    ends = Ends.of(IMAGE, Fill.ZERO, Fill.BLUR)
    return [
        *shown_of_map(IMAGE, saliency, ranks),
        curve_pictures(ends, ranks, steps=steps),
        road_pictures(IMAGE, ranks),
    ]


def test_a_picture_of_several_parts_is_shown_once_and_each_part_has_its_answer():
    model = Sums()
    one, other = ask_together(model, [squares(1, 2, 1), squares(3, 2, 4)])
    np.testing.assert_array_equal(model.shown[0][:, 0, 0, 0], [1, 2, 3, 4])
    np.testing.assert_array_equal(one[:, 0], np.array([1, 2, 1]) * IMAGE.size)
    np.testing.assert_array_equal(other[:, 0], np.array([3, 2, 4]) * IMAGE.size)


@pytest.mark.parametrize(("numbers", "shown"), [((1, 2, 3), [1, 2, 3, 3]), ((1, 2), [1, 2]), ((1,), [1])])
def test_none_is_left_to_a_pass_of_its_own_but_the_only_one(numbers, shown):
    model = Sums()
    (found,) = ask_together(model, [squares(*numbers)])
    np.testing.assert_array_equal(model.shown[0][:, 0, 0, 0], shown)
    np.testing.assert_array_equal(found[:, 0], np.array(numbers) * IMAGE.size)


def test_those_that_are_asked_alone_are_in_a_pass_of_their_own():
    model = Sums()
    together, alone = ask_together(model, [squares(1, 2), squares(2, 5, alone=True)])
    assert [len(each) for each in model.shown] == [2, 1, 1]
    np.testing.assert_array_equal(np.concatenate([together, alone])[:, 0], np.array([1, 2, 2, 5]) * IMAGE.size)


def test_nothing_is_asked_where_nothing_is_to_be_shown():
    model = Sums()
    assert ask_together(model, []) == []
    assert model.shown == []


def test_pictures_of_one_key_are_the_same_and_no_picture_is_shown_twice():
    saliency = np.random.default_rng(1).random((6, 8), np.float32)
    turned = saliency.copy()
    turned[[0, 3], [1, 5]] = saliency[[3, 0], [5, 1]]  # two pixels change places: most steps stay the same
    maps = [saliency, saliency * 2, turned, np.zeros_like(saliency)]
    by_key: dict[object, np.ndarray] = {}
    every = 0
    for parts in map(of_map, maps):
        for part in parts:
            for number, key in enumerate(part.keys):
                made = part.make(number)
                np.testing.assert_array_equal(by_key.setdefault((part.alone, key), made), made)
                every += 1
    assert len({made.tobytes() for (alone, _), made in by_key.items() if not alone}) == sum(
        not alone for alone, _ in by_key
    )
    assert len(by_key) < 0.7 * every


def test_each_map_has_the_answers_that_it_has_alone():
    maps = [np.random.default_rng(seed).random((6, 8), np.float32) for seed in range(3)]
    parts = [part for saliency in maps for part in of_map(saliency)]
    together = ask_together(Sums(), parts)
    for part, found in zip(parts, together, strict=True):
        np.testing.assert_array_equal(found, ask_together(Sums(batch=5), [part])[0])


def test_the_photo_as_it_is_has_one_key_in_all_measures():
    saliency = np.random.default_rng(2).random((6, 8), np.float32)
    whole = [(part, number) for part in of_map(saliency) for number, key in enumerate(part.keys) if key == WHOLE]
    assert len(whole) == 3
    for part, number in whole:
        np.testing.assert_array_equal(part.make(number), IMAGE)


def test_digests_are_the_same_for_equal_arrays_alone():
    mask = np.random.default_rng(3).random((5, 7)) < 0.5
    other = mask.copy()
    other[4, 6] = ~other[4, 6]
    assert digest(mask) == digest(mask.copy()) != digest(other)
    assert digest(IMAGE) == digest(IMAGE.copy()) != digest(-IMAGE)
