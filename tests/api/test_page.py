"""The examples of docs/python-api.md run as they stand."""

import re
import shutil
from pathlib import Path

import keras
import numpy as np
from keras import layers

import scorecam_cli

ROOT = Path(__file__).parents[2]


def small_resnet():
    """What can stand for ResNet50: as many classes, a layer of the name that the page asks for, and no download."""
    image = keras.Input((32, 32, 3))
    grid = layers.Conv2D(4, 3, strides=4, activation="relu", name="conv4_block6_out")(image)
    return keras.Model(image, layers.Dense(1000, "softmax")(layers.GlobalAveragePooling2D()(grid)), name="resnet50")


def test_examples_run_and_give_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras.applications, "ResNet50", small_resnet)
    Path("sample_images").symlink_to(ROOT / "sample_images")
    shutil.copy(ROOT / "sample_images" / "chelsea.jpg", "dog.jpg")
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python-api.md").read_text("utf-8"), re.S)
    assert len(examples) >= 4
    names = {"photos": ["dog.jpg"]}
    kept = []
    for example in examples:
        exec(example, names)
        kept.append(dict(names))
    cat = kept[0]["found"].classes[0]
    assert cat.map.shape == (224, 224)
    assert cat.map.dtype == np.float32
    assert cat.score.label.name == "Egyptian cat"
    written = {path.name for path in Path("maps").iterdir()}
    assert {"cat_and_coffee.jpg.scorecam-285-heatmap.png", "dog.jpg.scorecam-242-compare.png"} <= written
    assert isinstance(names["seen"], scorecam_cli.ComparedPhoto)
    assert 0 <= names["measured"].means["score-cam"]["drop"].mean <= 1
