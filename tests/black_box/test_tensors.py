"""Numbers kept as small integers and pictures however they lie, solved by hand."""

import numpy as np
import pytest

from scorecam_cli.black_box.building import picture_of
from scorecam_cli.black_box.tensors import Picture, Tensor, told
from scorecam_cli.errors import ModelError

BYTES = Tensor("image", (1, 2, 2, 1), "uint8", 0.5, 10)


def test_kept_numbers_stand_for_those_that_were_meant():
    values = np.array([-5, -4.76, 0, 0.2, 0.3, 122.5, 9999], np.float32)
    stored = BYTES.stored(values)  # x / 0.5 + 10, rounded, cut to 0 .. 255
    assert stored.dtype == np.uint8
    np.testing.assert_array_equal(stored, [0, 0, 10, 10, 11, 255, 255])
    np.testing.assert_array_equal(BYTES.meant(stored), [-5, -5, 0, 0, 0.5, 122.5, 122.5])


def test_whole_numbers_without_a_scale_are_what_they_are():
    plain = Tensor("image", (None, 2, 2, 3), "uint8")
    assert plain.counts
    assert not BYTES.counts
    np.testing.assert_array_equal(plain.stored(np.array([-1, 0.4, 254.6, 300], np.float32)), [0, 0, 255, 255])
    np.testing.assert_array_equal(plain.meant(np.array([7], np.uint8)), [7])


def test_picture_is_laid_as_the_input_has_it():
    images = np.arange(2 * 2 * 4 * 3, dtype=np.float32).reshape(2, 2, 4, 3)
    first = Picture(Tensor("i", (None, 3, 2, 4), "float32"), 0, channels_first=True)
    assert (first.sides, first.channels) == ((2, 4), 3)
    np.testing.assert_array_equal(first.laid(images)[1, 2], images[1, :, :, 2])
    last = Picture(Tensor("i", (None, 2, 4, 3), "float64"), 0, channels_first=False)
    assert (last.sides, last.channels) == ((2, 4), 3)
    np.testing.assert_array_equal(last.laid(images), images)


@pytest.mark.parametrize(
    ("shape", "first", "channels_first"),
    [
        ((None, 224, 224, 3), True, False),
        ((None, 3, 224, 224), False, True),
        ((1, 1, 28, 28), False, True),
        ((None, None, None, 3), True, False),
        ((None, 3, None, None), False, True),
        ((None, 3, 3, 3), True, True),
        ((None, 3, 3, 3), False, False),
        ((None, 1, 64, 3), True, True),
        ((None, 224, 224, 8), True, False),
        ((None, 13, 120, 120), False, True),
        ((None, None, None, 4), True, False),
    ],
)
def test_where_the_colours_are_is_told_by_their_number(shape, first, channels_first):
    found = picture_of(Tensor("i", shape, "float32"), 0, first=first, name="m")
    assert found.channels_first is channels_first


@pytest.mark.parametrize("shape", [(), (1, 12), (1, 9, 32, 7), (1, 224, 224, 224), (None,) * 4, (1, 3, 8, 8, 3)])
def test_what_is_no_picture_is_told(shape):
    with pytest.raises(ModelError, match=r"m takes i \[.*c being 1, 3, or up to 64"):
        picture_of(Tensor("i", shape, "float32"), 0, first=True, name="m")


GOOD = {"name": "a", "shape": [None, 3], "dtype": "float32", "scale": 0, "zero": 0}


def test_tensor_is_told_and_its_name_shown_without_tricks():
    assert told(GOOD) == Tensor("a", (None, 3), "float32")
    assert told({**GOOD, "name": "a\x1b[2J" + "b" * 999}).name == ("a[2J" + "b" * 999)[:200]


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"shape": "ab"},
        {"shape": [-1]},
        {"shape": [2**50]},
        {"shape": [1] * 99},
        {"shape": [1.5]},
        {"dtype": "object"},
        {"dtype": "tensor(string)"},
        {"scale": float("nan")},
        {"scale": "1"},
        {"zero": 1.5},
    ],
)
def test_what_another_process_tells_is_not_believed(change):
    with pytest.raises(ValueError, match="'name'"):  # it shows what was told
        told({**GOOD, **change})
