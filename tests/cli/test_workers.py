"""`--workers`: many processes make what one makes."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from tests.black_box import networks

RISE = ("--preprocess", "unit", "--method", "rise", "--passes", "8")
POISON = """
import os
import keras
import tensorflow as tf

def look(photos):
    if (photos[:, 0, 0, :] == (255, 0, 0)).all(-1).any():
        os.abort()
    return photos

@keras.saving.register_keras_serializable("tests")
class Poison(keras.layers.Layer):
    def call(self, photos):
        seen = tf.numpy_function(look, [photos], tf.float32)
        seen.set_shape(photos.shape)
        return seen
"""


@pytest.fixture
def onnx_model(tmp_path):
    return networks.onnx_file(tmp_path)


def write_photos(folder, count, *, poison=()):
    folder.mkdir()
    rng = np.random.default_rng(2)
    for number in range(count):
        rgb = rng.integers(1, 250, (16, 16, 3), dtype=np.uint8)
        rgb[:4, :4] = (255, 0, 0) if number in poison else rgb[:4, :4]
        Image.fromarray(rgb).save(folder / f"{number}.png")
    return folder


def timeless(line):
    found = json.loads(line)
    return {key: value for key, value in found.items() if key not in ("time", "seconds")}


@pytest.mark.slow  # two processes that load TensorFlow
def test_two_make_the_files_log_and_lines_that_one_makes(scorecam, onnx_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = write_photos(tmp_path / "photos", 7)
    (photos / "3.png").write_bytes(b"no photo")
    rise = ("explain", "photos", "-m", onnx_model, *RISE, "-o", "maps", "--log", "log.jsonl")
    files, logs, outs = [], [], []
    for workers in ((), ("--workers", "2")):
        done = scorecam(*rise, *workers)
        assert done.code == 1
        assert "6 photos done (0 were up to date), 1 failed" in done.err
        files.append({path.name: path.read_bytes() for path in (tmp_path / "maps").glob("*.png")})
        logs.append([timeless(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()])
        outs.append(done.out)
        again = scorecam(*rise, *workers)
        assert again.out == done.out
        assert "(6 were up to date)" in again.err
        (tmp_path / "log.jsonl").unlink()
        for path in (tmp_path / "maps").iterdir():
            path.unlink()
    assert outs[0] == outs[1]
    assert files[0] == files[1]
    assert len(files[0]) == 12
    assert logs[0] == logs[1]
    told = [
        scorecam("predict", photos, "-m", onnx_model, *RISE[:2], "--json", *workers)
        for workers in ((), ("--workers", "2"))
    ]
    assert told[0].out == told[1].out
    assert [each.code for each in told] == [1, 1]


@pytest.mark.slow
def test_photos_that_kill_in_a_model_of_keras_fail_by_name_and_all_others_have_maps(scorecam, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = write_photos(tmp_path / "photos", 30, poison=(4, 5, 29))
    (tmp_path / "poison.py").write_text(POISON)
    scope = {}
    exec(POISON, scope)
    image = keras.Input((16, 16, 3))
    grid = keras.layers.Conv2D(4, 3, activation="relu")(scope["Poison"]()(image))
    answer = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(grid))
    keras.Model(image, answer).save("poison.keras")
    model = ("-m", "poison.keras", "--import", "poison.py", "--preprocess", "none")
    done = scorecam("explain", photos, *model, "-o", "maps", "--workers", "2", "--log", "log.jsonl", "-c", "0")
    assert done.code == 1
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    failed = {line["photo"].rpartition("/")[2]: line["reason"] for line in lines if line.get("status") == "failed"}
    reason = "two workers that had it were ended by a crash (SIGABRT)"
    assert failed == dict.fromkeys(["4.png", "5.png", "29.png"], reason)
    assert len(list((tmp_path / "maps").glob("*.scorecam.json"))) == 27
    assert done.err.count("a worker was ended by a crash") <= 3 * 3
