"""`scorecam predict` and `scorecam models` from the outside."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from tests.loading import model_zoo


def foolbox_photos():
    spec = importlib.util.find_spec("foolbox")
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    return sorted(folder.glob("imagenet_*.jpg")) if folder else []


def test_at_least_17_of_the_20_labelled_photos_are_predicted_right(scorecam):
    photos = foolbox_photos()
    if not photos:
        pytest.skip("the photos are in the package foolbox")
    done = scorecam("predict", *photos, "-m", "EfficientNetLite0", "--json", "-k", 1)
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, len(objects)) == (0, 20)
    right = [each["classes"][0]["index"] == int(re.search(r"_(\d+)\.jpg", each["photo"])[1]) for each in objects]
    assert sum(right) >= 17


def test_prediction_is_a_table_or_one_object_per_photo(scorecam, photo, tiny_model):
    table = scorecam("predict", photo, "-m", tiny_model)
    done = scorecam("predict", photo, "-m", tiny_model, "--json")
    found = json.loads(done.out)
    assert set(found) == {"photo", "model", "classes"}
    assert [set(each) >= {"index", "name", "wnid", "probability"} for each in found["classes"]] == [True] * 3
    probabilities = [each["probability"] for each in found["classes"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert table.paths[0] == str(photo)
    assert [float(line.split()[0]) for line in table.paths[1:]] == pytest.approx(probabilities, abs=1e-4)


def test_failed_photo_of_a_prediction_sets_the_exit_code(scorecam, photo, tiny_model):
    (photo.parent / "text.jpg").write_text("no photo")
    done = scorecam("predict", photo.parent, "-m", tiny_model)
    assert done.code == 1
    assert "text.jpg: failed: " in done.err


def test_models_lists_every_named_model(scorecam):
    done = scorecam("models")
    lines = done.out.splitlines()
    assert len(lines) == 1 + 41
    row = next(line for line in lines if line.startswith("VGG16 "))
    assert re.split(r"\s{2,}", row)[:6] == ["VGG16", "224 x 224", "138.4 M", "block5_conv3", "14 x 14", "512"]
    objects = [json.loads(line) for line in scorecam("models", "--json").out.splitlines()]
    packaged = next(each for each in objects if each["name"] == "EfficientNetLite0")
    assert Path(packaged["weights_file"]).is_file()


def test_models_of_a_file_lists_its_layers_and_marks_the_default(scorecam, tmp_path):
    path = tmp_path / "mine.keras"
    model_zoo.nested().save(path)
    lines = scorecam("models", path).out.splitlines()
    assert "16 x 16" in lines[0]
    marked = [line for line in lines if line.startswith("*")]
    assert [line.split()[1] for line in marked] == ["backbone/relu_2"]
    objects = [json.loads(line) for line in scorecam("models", path, "--json").out.splitlines()]
    assert [each["layer"] for each in objects if each["default"]] == ["backbone/relu_2"]
    assert all(len(each["shape"]) == 3 for each in objects)


def test_models_of_a_name_needs_no_weights(scorecam, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    done = scorecam("models", "mobilenetv2")
    assert done.code == 0
    assert [line.split()[1] for line in done.paths if line.startswith("*")] == ["out_relu"]


def test_unknown_model_name_is_answered_with_the_nearest(scorecam):
    done = scorecam("models", "resnet5")
    assert done.code == 2
    assert "ResNet50" in done.err
