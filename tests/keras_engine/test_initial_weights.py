"""First values of weights: as Keras would draw them, without what its drawing leaves behind."""

import hashlib
from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest

from scorecam_cli.keras_engine.initial_weights import LARGE, drawn_by_numpy, read_from_file
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.models.catalogue import named_model

SIDE = 2**11  # SIDE x SIDE is LARGE


def dense():
    layer = keras.layers.Dense(SIDE)
    layer.build((None, SIDE))
    return np.asarray(layer.kernel)


def test_large_weights_have_the_spread_that_keras_gives_them():
    assert SIDE * SIDE >= LARGE
    with drawn_by_numpy(3):
        ours = dense()
    limit = np.sqrt(6 / (SIDE + SIDE))  # Glorot & Bengio 2010
    assert np.abs(ours).max() <= limit
    assert abs(ours.mean()) < limit / 100
    assert ours.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)  # of a uniform distribution
    assert ours.std() == pytest.approx(dense().std(), rel=0.01)


def test_the_seed_decides():
    drawn = []
    for seed in (1, 1, 2):
        with drawn_by_numpy(seed):
            drawn.append(dense())
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


def test_weights_that_will_be_read_start_at_zero_and_small_ones_are_left_to_keras():
    with read_from_file():
        assert not dense().any()
        middling = keras.layers.Dense(64)
        middling.build((None, 64))
        assert not np.asarray(middling.kernel).any()
        small = keras.layers.Dense(4)
        small.build((None, 4))
    assert np.asarray(small.kernel).any()
    assert dense().any()  # afterwards all is as before


@pytest.mark.parametrize("stored", [np.float32, np.float16, np.float64])
def test_large_weights_read_without_a_copy_are_those_of_the_file(tmp_path, stored):
    rows = SIDE + 5
    layer = keras.layers.Dense(SIDE, use_bias=False)
    layer.build((None, rows))
    values = np.random.default_rng(1).normal(size=(rows, SIDE)).astype(stored)
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["kernel"] = values
    with h5py.File(tmp_path / "weights.h5") as file, read_from_file():
        layer.kernel.assign(file["kernel"])
        with pytest.raises(ValueError, match="shape"):
            layer.kernel.assign(values[:-1])
    np.testing.assert_array_equal(np.asarray(layer.kernel), values.astype(np.float32))


@pytest.mark.slow
def test_official_efficientnet_file_given_by_its_path_is_the_network_that_keras_builds_of_it(tmp_path, monkeypatch):
    from keras.src.utils import file_utils

    keras.utils.set_random_seed(1)
    path = tmp_path / "efficientnetb0.weights.h5"
    keras.applications.EfficientNetB0(weights=None).save_weights(path)
    monkeypatch.setattr(file_utils, "get_file", lambda *_, **__: str(path))  # as if it had been downloaded
    theirs = keras.applications.EfficientNetB0(weights="imagenet", classifier_activation=None)
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    known = named_model("EfficientNetB0")
    named = replace(known, source=replace(known.source, file_hash=digest))
    ours = build_named(named, weights=str(path), seed=0, offline=True)
    photo = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    expected = np.asarray(theirs(photo))
    np.testing.assert_allclose(np.asarray(ours(photo)), expected, atol=1e-4 * np.abs(expected).max())
    other = build_named(
        replace(known, source=replace(known.source, file_hash="0" * 32)), weights=str(path), seed=0, offline=True
    )
    assert np.abs(np.asarray(other(photo)) - expected).max() > 1e-2 * np.abs(expected).max()
