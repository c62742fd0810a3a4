"""What is to be doubted of a map is seen wherever the map is: on stderr, in the manifest, in the panel, on the page."""

import json
import shutil

import keras
import numpy as np
import pytest

from tests.figures.sheets import words_drawn
from tests.report.samples import parsed

SAME = "the class keeps the same probability under every mask (0.665 to 0.665): this map says nothing about the class"
TWICE = "scales photos itself (layer rescale), and --preprocess unit has scaled them before"


@pytest.fixture
def unlearned(tmp_path):
    """A model file that answers the same whatever it is shown, of photos that it scales itself."""
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255, name="rescale")(image))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax", name="head")(x))
    model.get_layer("head").set_weights([np.zeros((4, 3)), np.array([0.0, 2.0, 1.0])])
    path = tmp_path / "unlearned.keras"
    model.save(path)
    return path


def test_doubts_are_seen_wherever_the_map_is_those_about_the_model_once_on_stderr(scorecam, photo, unlearned):
    shutil.copy(photo, photo.with_name("second.png"))
    page = photo.with_name("page.html")
    with words_drawn() as lines:
        done = scorecam(
            *("explain", photo, photo.with_name("second.png"), "-m", unlearned, "--preprocess", "unit", "-q"),
            *("--save", "panel,heatmap", "--page", page),
        )
    assert done.code == 0
    assert done.err.count(f"{photo}: warning: {SAME}\n") == 1
    assert done.err.count(SAME) == 2
    assert done.err.count(TWICE) == 1
    assert done.err.startswith(f"warning: {unlearned} {TWICE}")
    manifest = json.loads(photo.with_name("dog.png.scorecam.json").read_text())
    assert SAME in manifest["warnings"]
    assert [TWICE in warning for warning in manifest["warnings"]] == [True, False]
    assert manifest["classes"][0]["doubts"] == manifest["warnings"]
    drawn = " ".join(lines)
    assert drawn.count(SAME) == 2
    assert "has scaled them before" in drawn
    for card in parsed(page.read_text("utf-8")).cards:
        assert card["classes"][0]["doubts"] == manifest["warnings"]


def test_the_same_network_that_has_learnt_something_is_not_doubted(scorecam, photo, unlearned):
    model = keras.models.load_model(unlearned)
    kernel = np.array([[-9.0, 9, 0], [9, -9, 0], [-9, 9, 0], [9, 0, -9]])
    model.get_layer("head").set_weights([kernel, np.zeros(3)])
    model.save(unlearned)
    done = scorecam("explain", photo, "-m", unlearned, "-q")
    assert (done.code, done.err) == (0, "")
    assert json.loads(photo.with_name("dog.png.scorecam.json").read_text())["warnings"] == []


def test_compare_says_of_which_methods_the_maps_are_to_be_doubted(scorecam, photo, unlearned):
    with words_drawn() as lines:
        done = scorecam("compare", photo, "-m", unlearned, "--methods", "score-cam,random", "--json", "-q")
    (entry,) = json.loads(done.out)["classes"]
    assert [method["doubts"] for method in entry["methods"]] == [[SAME], []]
    assert done.err == f"{photo}: class 1, score-cam: warning: {SAME}\n"
    assert SAME in " ".join(lines)
