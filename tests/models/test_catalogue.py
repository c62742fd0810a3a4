"""The named models: complete, found however they are written, and known without TensorFlow."""

import inspect
import subprocess
import sys

import keras
import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.models.catalogue import catalogue, named_model


def test_reading_the_catalogue_needs_no_tensorflow() -> None:
    code = "import sys; from scorecam_cli.models.catalogue import catalogue as c;c();print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"


def test_every_classifier_of_keras_applications_is_named_and_nothing_else() -> None:
    classifiers = {
        name
        for name, function in vars(keras.applications).items()
        if inspect.isfunction(function) and "classifier_activation" in inspect.signature(function).parameters
    }
    names = [named.name for named in catalogue()]
    assert names[0] == "EfficientNetLite0"
    assert set(names[1:]) == classifiers
    assert len(names) == len(set(names)) == 41


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("VGG16", "VGG16"),
        ("vgg16", "VGG16"),
        ("vgg-16", "VGG16"),
        ("EFFICIENTNET_LITE0", "EfficientNetLite0"),
        ("efficientnet-v2-b0", "EfficientNetV2B0"),
        ("ResNet 50 V2", "ResNet50V2"),
    ],
)
def test_a_model_is_found_in_any_case_with_and_without_dashes(text: str, name: str) -> None:
    assert named_model(text).name == name


def test_every_model_is_found_by_its_own_name() -> None:
    for named in catalogue():
        assert named_model(named.name) is named_model(named.name.lower()) is named


@pytest.mark.parametrize(("text", "near"), [("VGG17", "VGG16"), ("efficientlite", "EfficientNetLite0")])
def test_an_unknown_model_is_answered_with_the_nearest(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_model(text)
    message = str(caught.value)
    assert message.startswith(f"model {text!r} is not known; nearest: ")
    assert near in message
    assert "`scorecam models` lists the names" in message


def test_a_model_like_no_other_is_told_where_the_names_are() -> None:
    with pytest.raises(UsageError, match=r"^model 'qqq' is not known; `scorecam models` lists the names; "):
        named_model("qqq")


def test_what_a_name_is_not_is_said_with_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    with pytest.raises(UsageError, match=r"'photos' is not known; .*; it is a folder without a model in it$"):
        named_model("photos")
    with pytest.raises(UsageError, match=r"'qqq' is not known; .*; no file has that name$"):
        named_model("qqq")
