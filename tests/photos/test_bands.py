"""Photos of bands, from `.npy` files: a model is shown what the file holds, a person something of it."""

from __future__ import annotations

import hashlib
import io

import keras
import numpy as np
import pytest
from keras import layers

import scorecam_cli
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.models.preparation import PREPARATIONS, prepare
from scorecam_cli.photos.bands import shown
from scorecam_cli.photos.decode import decode_photo
from scorecam_cli.photos.read import read_photo
from tests.files.test_npy import HOSTILE

DRAWN = np.random.default_rng(0)


def bands_of(dtype, shape):
    values = DRAWN.random(shape)
    return (values * {"uint8": 255, "uint16": 60_000, "float32": 7}[dtype]).astype(dtype)


def test_bands_take_the_room_of_their_bytes(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1000, 600, 13), np.uint16))
    admitted = []
    read_photo(tmp_path / "a.npy", max_pixels=600_000, admit=admitted.append)
    assert admitted == [9 * 600_000]  # 3 bytes of colours and 26 of bands, about nine times three


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(9, 7, 8), (9, 7, 1), (9, 7), (9, 7, 2), (600, 500, 4), (3, 2, 64)])
def test_bands_come_back_through_the_process_as_they_were_saved(dtype, shape, tmp_path):
    array = bands_of(dtype, shape)
    np.save(tmp_path / "a.npy", array)
    photo = read_photo(tmp_path / "a.npy")
    assert photo.sha256 == hashlib.sha256((tmp_path / "a.npy").read_bytes()).hexdigest()
    assert (photo.height, photo.width, photo.rgb.dtype) == (*shape[:2], np.uint8)
    alone = decode_photo((tmp_path / "a.npy").read_bytes())
    np.testing.assert_array_equal(photo.rgb, alone.rgb)
    if (dtype == "uint8" and array.ndim < 3) or (shape[-1] == 1 and dtype == "uint8"):
        assert photo.bands is None
        np.testing.assert_array_equal(photo.rgb, np.repeat(array.reshape(9, 7, 1), 3, axis=2))
        return
    np.testing.assert_array_equal(photo.bands, array.reshape(*shape[:2], -1))
    np.testing.assert_array_equal(photo.pixels, photo.bands)
    assert photo.bands.dtype == dtype


def test_three_bands_of_bytes_are_a_photo_like_any_other():
    file = io.BytesIO()
    array = bands_of("uint8", (5, 4, 3))
    np.save(file, array)
    photo = decode_photo(file.getvalue())
    np.testing.assert_array_equal(photo.rgb, array)
    assert photo.bands is None


def test_person_sees_the_first_three_bands_stretched_between_percentiles():
    ramp = np.arange(101, dtype=np.float32)[None, :, None] * np.array([1, 10, -1, 5], np.float32)
    seen = shown(ramp)
    assert seen.shape == (1, 101, 3)
    by_hand = np.rint(np.clip((np.arange(101) - 2) / 96, 0, 1) * 255)  # percentiles 2 and 98 of 0 .. 100 are 2 and 98
    np.testing.assert_array_equal(seen[0, :, 0], by_hand)
    np.testing.assert_array_equal(seen[0, :, 1], by_hand)
    np.testing.assert_array_equal(seen[0, :, 2], by_hand[::-1])
    grey = shown(ramp[..., :2])
    np.testing.assert_array_equal(grey, np.repeat(by_hand[None, :, None], 3, axis=2))
    assert not shown(np.full((4, 4, 5), 7, np.uint16)).any()  # flat: black, and no division by nothing


def test_each_band_is_resized_by_itself_and_scaled_by_its_type():
    array = np.repeat(np.repeat(bands_of("uint16", (4, 3, 5)), 2, axis=0), 2, axis=1)  # blocks of 2 x 2
    none = prepare(array, size=(8, 6), channels=5, preparation=PREPARATIONS["none"])
    np.testing.assert_array_equal(none, array.astype(np.float32))
    unit = prepare(array, size=(8, 6), channels=5, preparation=PREPARATIONS["unit"])
    np.testing.assert_allclose(unit, array / 65535, rtol=1e-6)
    half = prepare(array, size=(16, 12), channels=5, preparation=PREPARATIONS["none"])
    assert half.shape == (16, 12, 5)
    np.testing.assert_allclose(half.mean(axis=(0, 1)), array.mean(axis=(0, 1)), rtol=1e-2)


@pytest.mark.parametrize(
    ("array", "preparation", "kind", "sentence"),
    [
        (
            bands_of("uint8", (4, 4, 4)),
            "none",
            PhotoError,
            r"has 4 bands and the model takes 8; .*\[height, width, 8\]",
        ),
        (bands_of("uint8", (4, 4, 3)), "none", PhotoError, "has 3 bands and the model takes 8"),
        (bands_of("uint8", (4, 4, 8)), "caffe", UsageError, "--preprocess caffe is for photos of colours"),
        (bands_of("float32", (4, 4, 8)), "unit", PhotoError, "holds float32, and unit is for uint8 and uint16"),
    ],
)
def test_bands_that_do_not_fit_are_told(array, preparation, kind, sentence):
    with pytest.raises(kind, match=sentence):
        prepare(array, size=(4, 4), channels=8, preparation=PREPARATIONS[preparation])


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((4, 4, 8)), "holds float64; save it as uint8, uint16 or float32"),
        (
            np.zeros((4, 4, 65), np.uint8),
            r"has the shape \[4, 4, 65\]; save it as \[height, width, bands\] of up to 64",
        ),
        (np.zeros((2, 4, 4, 3), np.uint8), "has the shape"),
        (np.zeros((0, 4, 3), np.uint8), "has the shape"),
        (np.full((4, 4, 8), np.nan, np.float32), "values that are not finite"),
    ],
)
def test_array_that_is_no_photo_is_told(array, sentence, tmp_path):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(PhotoError, match=sentence):
        read_photo(tmp_path / "a.npy")


@pytest.mark.parametrize("name", [name for name, (data, _) in HOSTILE.items() if data.startswith(b"\x93NUMPY")])
def test_hostile_array_is_a_photo_that_failed(name, tmp_path):
    (tmp_path / "a.npy").write_bytes(HOSTILE[name][0])
    with pytest.raises(PhotoError, match=r"^the \.npy file "):
        read_photo(tmp_path / "a.npy")


def test_large_array_is_refused_before_it_is_looked_at(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((30, 40, 4), np.uint8))
    with pytest.raises(PhotoError, match="40 x 30 pixels are too large: at most 1,000"):
        read_photo(tmp_path / "a.npy", max_pixels=1000)


@pytest.mark.parametrize("method", ["score-cam", "grad-cam", "integrated-gradients", "occlusion"])
def test_model_of_eight_bands_points_at_what_lights_up_in_the_eighth(method, tmp_path):
    """The class is told by the eighth band alone: the seven others are noise."""
    image = keras.Input((16, 16, 8))
    kernel = np.zeros((3, 3, 8, 2), np.float32)
    kernel[:, :, 7, 0] = 1
    kernel[:, :, :7, 1] = 0.05
    grid = layers.Conv2D(2, 3, padding="same", activation="relu")(image)
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(grid)))
    model.set_weights([kernel, np.zeros(2), np.eye(2), np.zeros(2)])
    array = (DRAWN.random((48, 64, 8)) * 9000).astype(np.uint16)
    array[..., 7] = 0
    array[30:42, 8:20, 7] = 60_000
    np.save(tmp_path / "field.npy", array)
    found = scorecam_cli.explain(tmp_path / "field.npy", model, preprocess="unit", method=method, classes=[0])
    in_memory = scorecam_cli.explain(array, model, preprocess="unit", method=method, classes=[0])
    np.testing.assert_array_equal(found.classes[0].map, in_memory.classes[0].map)
    row, column = np.unravel_index(found.classes[0].map.argmax(), (16, 16))
    assert 10 <= row < 14
    assert 2 <= column < 5
    assert found.overlay().size == (64, 48)
