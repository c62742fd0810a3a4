"""Which input is the photo, which output the class, and what does not fit: of a process that is only played."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scorecam_cli.black_box import building
from scorecam_cli.black_box.building import build_black_box
from scorecam_cli.black_box.process import OutOfMemoryError
from scorecam_cli.choices import HeadKind, Preprocess
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import ClassError, ModelError, PhotoError, UsageError
from scorecam_cli.inspection.inspect import FileKind, Inspected
from scorecam_cli.loading import opening
from scorecam_cli.loading.opening import look_into
from scorecam_cli.models.constants import constants_of
from scorecam_cli.models.labels import numbered_labels
from scorecam_cli.models.preparation import choose_preparation
from tests.black_box.networks import CLASSES, H, W, logits_by_hand, softmax

IMAGES = np.random.default_rng(0).uniform(0, 1, (9, H, W, 3)).astype(np.float32)
PATH = Path("model.onnx")


def tensor(name, *shape, **more):
    return {"name": name, "shape": list(shape), "dtype": "float32", "scale": 0, "zero": 0, **more}


IMAGE, LOGITS = tensor("image", None, H, W, 3), tensor("logits", None, CLASSES)


class Played:
    """A process that answers with NumPy's logits; of more than `most` photos at once it runs out of memory."""

    inputs, outputs, most = (IMAGE,), (LOGITS,), 10**6

    def __init__(self, path, kind):
        self.asked = []
        self.told = json.loads(json.dumps({"inputs": self.inputs, "outputs": self.outputs, "versions": {"x": "1"}}))

    def run(self, arrays, *, output, together):
        self.asked.append(len(arrays[0]))
        if len(arrays[0]) > self.most:
            raise OutOfMemoryError
        place = next(at for at, each in enumerate(self.inputs) if each["name"] == "image")
        return logits_by_hand(arrays[place]).astype(np.float32)

    def end(self):
        pass


@pytest.fixture
def built(monkeypatch):
    def build(*, inputs=(IMAGE,), outputs=(LOGITS,), most=10**6, constants=None, **settings):
        played = type("Own", (Played,), {"inputs": inputs, "outputs": outputs, "most": most})
        monkeypatch.setattr(building, "Process", played)
        preprocess = Preprocess(settings.pop("preprocess", "unit"))
        asked = {"output": None, "wanted_size": None, "head": HeadKind.AUTO, "version": "0", **settings}
        return build_black_box(
            PATH,
            FileKind.ONNX,
            labels=numbered_labels,
            preparation=lambda own: choose_preparation(preprocess, named=None, prepares_itself=own, model="model.onnx"),
            constants=constants_of(constants or {}),
            **asked,
        )

    return build


def answers(classifier, **settings):
    return classifier.photo_answers(len(IMAGES), lambda first, last: IMAGES[first:last], **settings)


def test_answers_are_the_same_in_batches_of_any_size(built):
    classifier = built()
    expected = softmax(logits_by_hand(IMAGES))
    for size in (None, 1, 4, 9, 100):
        done = []
        np.testing.assert_allclose(
            answers(classifier, batch_size=size, on_passes=done.append).probabilities, expected, atol=1e-6
        )
        assert sum(done) == len(IMAGES)
    assert (classifier.versions, classifier.exclusive) == ({"scorecam": "0", "x": "1"}, True)


def test_batch_is_halved_where_memory_runs_out_and_that_is_said_once(built):
    classifier = built(most=2)
    np.testing.assert_allclose(
        answers(classifier, batch_size=9).probabilities, softmax(logits_by_hand(IMAGES)), atol=1e-6
    )
    assert classifier.batch_for(9) == 2
    assert "batches of 9 do not fit" in classifier.shortened_batch(9)
    assert classifier.shortened_batch(9) is None
    classifier.run.process.most = 0
    with pytest.raises(PhotoError, match=r"memory runs out with one photo at a time; model\.onnx needs more"):
        answers(classifier)


BOX = tensor("box", None, 4)


def test_output_is_chosen_by_name_or_number(built):
    for name in ("logits", "1"):
        assert built(outputs=(BOX, LOGITS), output=name).run.place == 1


AGE = tensor("age", None, 2)


@pytest.mark.parametrize(
    ("settings", "kind", "sentence"),
    [
        ({"preprocess": "auto"}, UsageError, "say how its training code prepared the photos"),
        ({"output": "box"}, UsageError, r"output 'box' does not exist; model.onnx has logits \[batch, 3\]"),
        ({"outputs": (BOX, LOGITS)}, ModelError, r"2 outputs, box \[batch, 4\], logits .*; name the one .*--output"),
        ({"wanted_size": (32, 32)}, ModelError, "takes images of 16 x 16 and no others; leave out --input-size"),
        ({"constants": {"age": 1}}, UsageError, r"has no input 'age'; it takes image \[batch, 16, 16, 3\]"),
        ({"constants": {"image": 1}}, UsageError, "has no input left for the photo"),
        ({"inputs": (AGE, IMAGE)}, ModelError, "takes 2 inputs, age .*, image .*; give all but the photo with --const"),
        (
            {"inputs": (AGE, IMAGE), "constants": {"age": [1, 2, 3]}},
            UsageError,
            r"has the shape \[3\] and the input takes \[2\]",
        ),
        ({"inputs": (tensor("image", None, H, W, 3, dtype="int8"),)}, ModelError, "takes int8 and does not say"),
        ({"inputs": (tensor("image", None, H, W, 3, dtype="tensor(string)"),)}, ModelError, "else than arrays of numb"),
        ({"inputs": ()}, ModelError, "cut short or damaged"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_told(settings, kind, sentence, built):
    with pytest.raises(kind, match=sentence):
        built(**settings)


def test_class_that_does_not_exist_is_told(built):
    classifier = built()
    seen = classifier.observe(IMAGES[0])
    assert seen.activations.shape == (7, 7, 0)
    assert classifier.choose_classes(seen, asked=(), top=3)[0] == seen.answers.probabilities.argmax()
    with pytest.raises(ClassError, match="has classes 0-2"):
        classifier.choose_classes(seen, asked=("7",), top=0)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layers": ("conv",)}, "--layer conv: model.onnx is seen from outside, without its layers"),
        ({"precision": "bfloat16"}, "--precision bfloat16 is for Keras models"),
        ({"device": "gpu"}, "--device gpu is for Keras models; model.onnx runs on the CPU"),
        ({"imports": (Path("own.py"),)}, "--import is for Keras models"),
    ],
    ids=str,
)
def test_what_is_of_keras_models_alone_is_refused(settings, sentence, monkeypatch):
    monkeypatch.setattr(opening, "inspect", lambda path: Inspected(FileKind.ONNX, 0))
    with pytest.raises(UsageError, match=sentence):
        look_into(ModelSettings("model.onnx", **settings))
