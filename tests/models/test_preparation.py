"""From 0-255 pixels to model units: as Keras does it, as a hand does it, at the right size and the right way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scorecam_cli.choices import Preprocess
from scorecam_cli.errors import UsageError
from scorecam_cli.models import preparation
from scorecam_cli.models.preparation import PREPARATIONS, choose_preparation, prepare

RGB = np.random.default_rng(3).integers(0, 256, (5, 7, 3)).astype(np.uint8)
NONE = PREPARATIONS["none"]

# One pixel by hand: (255, 0, 127) in every mode, three decimals more than float32 needs.
PIXEL = np.array([[[255, 0, 127]]], np.uint8)
BY_HAND = {
    "caffe": (127 - 103.939, 0 - 116.779, 255 - 123.68),
    "tf": (1.0, -1.0, 127 / 127.5 - 1),
    "torch": ((1 - 0.485) / 0.229, -0.456 / 0.224, (127 / 255 - 0.406) / 0.225),
    "unit": (1.0, 0.0, 127 / 255),
    "none": (255.0, 0.0, 127.0),
    "lite": (1.0, -127 / 128, 0.0),
}


def as_is(rgb: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    return prepare(rgb, size=(rgb.shape[0], rgb.shape[1]), channels=3, preparation=PREPARATIONS[name])


def test_by_hand_covers_every_preparation() -> None:
    assert set(BY_HAND) == set(PREPARATIONS)
    assert set(PREPARATIONS) == {str(choice) for choice in Preprocess} - {"auto"} | {"lite"}


@pytest.mark.parametrize("name", BY_HAND)
def test_one_pixel_is_scaled_as_by_hand(name: str) -> None:
    np.testing.assert_allclose(as_is(PIXEL, name)[0, 0], BY_HAND[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_a_photo_is_scaled_as_keras_applications_do(mode: str) -> None:
    from keras.src.applications import imagenet_utils

    theirs = imagenet_utils.preprocess_input(RGB.astype(np.float32), data_format="channels_last", mode=mode)
    np.testing.assert_allclose(as_is(RGB, mode), theirs, rtol=0, atol=1e-4)  # of values up to 152


@pytest.mark.parametrize("name", PREPARATIONS)
@pytest.mark.parametrize("size", [(5, 7), (4, 9)])
def test_the_result_is_float32_contiguous_and_height_by_width(name: str, size: tuple[int, int]) -> None:
    image = prepare(RGB, size=size, channels=3, preparation=PREPARATIONS[name])
    assert image.shape == (*size, 3)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert image.flags.writeable


def test_the_photo_itself_is_not_changed() -> None:
    before = RGB.copy()
    for name in PREPARATIONS:
        as_is(RGB, name)
    np.testing.assert_array_equal(RGB, before)


def test_rows_stay_rows_when_the_input_is_not_square() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[:20] = 255  # the upper half
    image = prepare(rgb, size=(8, 16), channels=3, preparation=NONE)
    np.testing.assert_array_equal(image[:3], 255)
    np.testing.assert_array_equal(image[-3:], 0)
    assert np.ptp(image, axis=1).max() == 0  # the same along every row


def test_halving_both_sides_is_the_weighted_mean_of_a_triangle() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:, 1] = 160
    # Bilinear with support over two source pixels to each side: weights 1 3 3 1 (of 8) on columns -1..2, with column -1
    # outside: output column 0 sees columns 0 1 2 with 3 3 1 (of 7); output column 1 sees columns 1 2 3 with 1 3 3.
    image = prepare(rgb, size=(2, 2), channels=3, preparation=NONE)
    np.testing.assert_allclose(image[..., 0], [[160 * 3 / 7, 160 / 7]] * 2, rtol=0, atol=1)  # rounded to 8 bits


@pytest.mark.parametrize("name", ["tf", "unit", "none", "lite"])
def test_one_channel_is_the_luma_of_itu_601(name: str) -> None:
    image = prepare(RGB, size=(5, 7), channels=1, preparation=PREPARATIONS[name])
    luma = RGB @ np.array([0.299, 0.587, 0.114])  # [H, W]
    assert image.shape == (5, 7, 1)
    assert image.dtype == np.float32
    whole = PREPARATIONS[name].scale(np.float32([[0], [1]]))
    step = float(whole[1, 0] - whole[0, 0])  # luma is rounded to whole numbers of 0-255
    expected = PREPARATIONS[name].scale(luma[..., None].astype(np.float32))
    np.testing.assert_allclose(image, expected, rtol=0, atol=0.51 * step + 1e-5)


@pytest.mark.parametrize("name", ["caffe", "torch"])
def test_preparations_for_colour_refuse_one_channel(name: str) -> None:
    with pytest.raises(UsageError, match=f"--preprocess {name} is for colour photos.*use unit, tf or none"):
        prepare(RGB, size=(5, 7), channels=1, preparation=PREPARATIONS[name])


@given(
    colour=st.tuples(*[st.integers(0, 255)] * 3),
    before=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    after=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_a_constant_photo_stays_constant_at_any_size(
    colour: tuple[int, int, int], before: tuple[int, int], after: tuple[int, int]
) -> None:
    rgb = np.full((*before, 3), colour, np.uint8)
    image = prepare(rgb, size=after, channels=3, preparation=NONE)
    np.testing.assert_array_equal(image, np.broadcast_to(np.float32(colour), (*after, 3)))


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), after=st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_resizing_stays_within_what_the_photo_holds(seed: int, after: tuple[int, int]) -> None:
    rgb = np.random.default_rng(seed).choice(np.array([0, 3, 250, 255], np.uint8), (9, 13, 3))
    image = prepare(rgb, size=after, channels=3, preparation=NONE)
    assert rgb.min() <= image.min() <= image.max() <= rgb.max()


@pytest.mark.parametrize("name", PREPARATIONS)
def test_a_closed_mask_looks_as_the_preparation_says(name: str) -> None:
    # The 0-255 pixel whose model units are 0 (the zero of a straight line through two points), by its name.
    ends = PREPARATIONS[name].scale(np.float32([[0, 0, 0], [255, 255, 255]]))
    pixel = -ends[0] * 255 / (ends[1] - ends[0])
    pixel = pixel[::-1] if name == "caffe" else pixel
    looks = {"black": (0, 0, 0), "mid-grey": (127.25,) * 3, "the mean colour of ImageNet": (123.7, 116.5, 103.7)}
    np.testing.assert_allclose(pixel, looks[PREPARATIONS[name].closed], rtol=0, atol=0.5)


# ---- which preparation


@pytest.mark.parametrize("choice", ["caffe", "tf", "torch", "unit", "none"])
def test_what_the_user_asks_for_is_used_whatever_is_known(choice: str) -> None:
    for named, itself in [(None, False), ("caffe", False), (None, True), ("tf", True)]:
        chosen = choose_preparation(Preprocess(choice), named=named, prepares_itself=itself, model="m.keras")
        assert chosen is PREPARATIONS[choice]


def test_auto_takes_the_catalogue_then_what_the_model_does_itself() -> None:
    auto = Preprocess.AUTO
    assert choose_preparation(auto, named="lite", prepares_itself=True, model="X").name == "lite"
    assert choose_preparation(auto, named="caffe", prepares_itself=False, model="X").name == "caffe"
    assert choose_preparation(auto, named=None, prepares_itself=True, model="m.keras").name == "none"


def test_auto_without_a_clue_asks_and_lists_every_choice() -> None:
    with pytest.raises(UsageError) as caught:
        choose_preparation(Preprocess.AUTO, named=None, prepares_itself=False, model="m.keras")
    message = str(caught.value)
    assert message.startswith("m.keras has no rescaling")
    listed = message.partition("--preprocess ")[2]
    for choice in set(Preprocess) - {Preprocess.AUTO}:
        assert f"{choice} (" in listed
    assert "\n" not in message


@pytest.mark.parametrize("axis", [0, 1])
def test_a_very_long_photo_is_seen_as_a_shorter_one_of_the_same_content(monkeypatch, axis):
    ramp = np.linspace(0, 255, 30_000)
    rgb = np.broadcast_to(np.rint(np.stack([ramp, 255 - ramp, ramp / 2], -1)).astype(np.uint8)[:, None], (30_000, 2, 3))
    rgb = np.ascontiguousarray(rgb if axis == 0 else rgb.transpose(1, 0, 2))
    look = {"size": (16, 16), "channels": 3, "preparation": PREPARATIONS["none"]}
    whole = prepare(rgb, **look)
    monkeypatch.setattr(preparation, "LONGEST_SIDE", 20_000)
    assert max(preparation._shortened(rgb, (16, 16)).shape) < 1100
    assert np.abs(prepare(rgb, **look) - whole).max() <= 1
