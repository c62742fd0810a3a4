"""ONNX files: what they answer is what NumPy says, however their inputs lie; maps are those of the same Keras model."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import scorecam_cli
from scorecam_cli.black_box import process
from scorecam_cli.errors import ModelError, PhotoError
from tests.black_box.networks import (
    CLASSES,
    H,
    W,
    graph_of,
    initializers,
    keras_model,
    logits_by_hand,
    nodes,
    onnx_file,
    softmax,
    value,
)

IMAGES = np.random.default_rng(0).uniform(0, 1, (5, H, W, 3)).astype(np.float32)


def answers(classifier, images=IMAGES):
    return classifier.photo_answers(len(images), lambda first, last: images[first:last], batch_size=3)


def node(kind, takes, gives, **settings):
    return helper.make_node(kind, takes, gives, **settings)


def channels_last():
    turned = node("Transpose", ["photo"], ["image"], perm=[0, 3, 1, 2])
    return graph_of([turned, *nodes()], inputs=[value("photo", [None, H, W, 3])])


def one_at_a_time():
    return graph_of(nodes(), inputs=[value("image", [1, 3, H, W])], outputs=[value("logits", [1, CLASSES])])


def three_at_a_time():
    return graph_of(nodes(), inputs=[value("image", [3, 3, H, W])], outputs=[value("logits", [3, CLASSES])])


def claims_any_number():
    """It says that it takes any number of photos, and mixes what it is given."""
    calls = nodes()
    calls[-1].output[0] = "own"
    mean = node("ReduceMean", ["own"], ["mean"], axes=[0], keepdims=1)
    both = [node("Add", ["own", "mean"], ["sum"]), node("Sub", ["sum", "own"], ["rest"])]
    return graph_of([*calls, mean, *both, node("Identity", ["rest"], ["logits"])])


def ends_in_softmax():
    return graph_of([*nodes(), node("Softmax", ["logits"], ["p"], axis=1)], outputs=[value("p", [None, CLASSES])])


def half():
    cast = node("Cast", ["photo"], ["image"], to=TensorProto.FLOAT)
    return graph_of([cast, *nodes()], inputs=[value("photo", [None, 3, H, W], TensorProto.FLOAT16)])


def several_outputs():
    return graph_of(nodes(), outputs=[value("pooled", [None, 4, 1, 1]), value("logits", [None, CLASSES])])


KINDS = {
    channels_last: {},
    one_at_a_time: {},
    three_at_a_time: {},
    claims_any_number: {},
    ends_in_softmax: {},
    half: {},
    several_outputs: {"output": "logits"},
    graph_of: {},
}


@pytest.mark.parametrize(("build", "settings"), KINDS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_answers_are_those_that_numpy_gives(build, settings, tmp_path):
    model = build(nodes()) if build is graph_of else build()
    found = answers(scorecam_cli.wrap(onnx_file(tmp_path, model), preprocess="unit", **settings))
    atol = 2e-3 if build is half else 1e-5
    np.testing.assert_allclose(found.probabilities, softmax(logits_by_hand(IMAGES)), atol=atol)
    assert (found.logits is None) == (build is ends_in_softmax)


def test_numbers_of_a_byte_are_the_photo_as_it_is(tmp_path):
    scale = numpy_helper.from_array(np.float32(255), "scale")
    calls = [node("Cast", ["photo"], ["raw"], to=TensorProto.FLOAT), node("Div", ["raw", "scale"], ["image"]), *nodes()]
    inputs = [value("photo", [None, 3, H, W], TensorProto.UINT8)]
    path = onnx_file(tmp_path, graph_of(calls, inputs=inputs, initializers=[*initializers(), scale]))
    classifier = scorecam_cli.wrap(path)
    assert classifier.preparation.name == "none"
    raw = np.rint(IMAGES * 255)
    np.testing.assert_allclose(
        answers(classifier, raw).probabilities, softmax(logits_by_hand((raw / 255).astype(np.float32))), atol=1e-5
    )


def test_constant_goes_beside_every_photo(tmp_path):
    calls = nodes()
    calls[-1].output[0] = "own"
    calls.append(node("Add", ["own", "hint"], ["logits"]))
    inputs = [value("hint", [None, CLASSES]), value("image", [None, 3, H, W])]
    path = onnx_file(tmp_path, graph_of(calls, inputs=inputs))
    hint = np.array([2, -1, 0.5])
    found = answers(scorecam_cli.wrap(path, preprocess="unit", constant_inputs={"hint": hint}))
    np.testing.assert_allclose(found.probabilities, softmax(logits_by_hand(IMAGES) + hint), atol=1e-5)
    with pytest.raises(ModelError, match=r"takes 2 inputs, hint \[batch, 3\], image .*constant_inputs"):
        scorecam_cli.wrap(path, preprocess="unit")


@pytest.mark.parametrize("method", ["rise", "occlusion"])
def test_map_is_that_of_the_same_keras_model(method, tmp_path):
    photo = np.random.default_rng(3).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    settings = {"method": method, "preprocess": "unit", "top": 3, **({"passes": 60} if method == "rise" else {})}
    found = scorecam_cli.explain(photo, str(onnx_file(tmp_path)), **settings)
    known = scorecam_cli.explain(photo, keras_model(), **settings)
    assert (found.layer, found.channels, found.passes) == ("none", 0, known.passes)
    for one, other in zip(found.classes, known.classes, strict=True):
        assert one.map.any()
        np.testing.assert_allclose(one.map, other.map, atol=1e-6)


def test_random_map_needs_no_layer_either(tmp_path):
    photo = np.zeros((20, 20, 3), np.uint8)
    assert scorecam_cli.explain(photo, onnx_file(tmp_path), method="random", preprocess="unit").classes[0].map.any()


@pytest.mark.parametrize("method", ["score-cam", "gradient"])
def test_method_that_needs_layers_is_refused_with_those_that_do_not(method, tmp_path):
    path = onnx_file(tmp_path)
    with pytest.raises(ModelError, match=rf"{method} needs the layers of a Keras model; use occlusion, rise or random"):
        scorecam_cli.explain(np.zeros((20, 20, 3), np.uint8), path, method=method, preprocess="unit")


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (
            lambda: graph_of(nodes(), inputs=[value("image", [None, 12])]),
            "cannot be opened|scorecam explains classifiers of images",
        ),
        (
            lambda: graph_of(nodes(), outputs=[value("grid", [None, 4, 14, 14])]),
            r"returns grid \[batch, 4, 14, 14\]; scorecam explains classifiers that return",
        ),
        (
            lambda: graph_of(
                [node("Cast", ["image"], ["texts"], to=TensorProto.STRING)],
                outputs=[value("texts", [None, 3, H, W], TensorProto.STRING)],
            ),
            "something else than arrays of numbers",
        ),
    ],
    ids=["vector", "grid", "texts"],
)
def test_model_that_is_no_image_classifier_is_told(build, sentence, tmp_path):
    with pytest.raises(ModelError, match=sentence):
        scorecam_cli.wrap(onnx_file(tmp_path, build()), preprocess="unit")


def test_arrays_without_end_are_an_error_of_their_process_alone(tmp_path):
    """ConstantOfShape makes any number of zeros out of a shape of a few bytes."""
    shape = numpy_helper.from_array(np.array([1, 3, 300_000, 300_000]), "shape")
    calls = [
        node("ConstantOfShape", ["shape"], ["zeros"]),
        node("ReduceMax", ["zeros"], ["most"], keepdims=0),
        node("Add", ["image", "most"], ["photo"]),
        *nodes("photo"),
    ]
    path = onnx_file(tmp_path, graph_of(calls, initializers=[*initializers(), shape]))
    with pytest.raises(ModelError, match=r"cannot be opened|does not run on an input of 16 x 16 x 3"):
        scorecam_cli.wrap(path, preprocess="unit")


def test_runtime_that_is_not_installed_is_named_with_how_to_install_it(tmp_path, monkeypatch):
    without = "import sys; sys.modules['onnxruntime'] = None; "
    monkeypatch.setattr(process, "_PROGRAM", without + process._PROGRAM)
    with pytest.raises(ModelError, match=r"needs onnxruntime, which is not installed: pip install 'scorecam\[onnx\]'"):
        scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")


def test_process_that_crashes_is_one_sentence(tmp_path, monkeypatch):
    crashing = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV); "
    monkeypatch.setattr(process, "_PROGRAM", crashing + process._PROGRAM)
    with pytest.raises(ModelError, match=r"the process that ran it crashed \(SIGSEGV\)"):
        scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")


def test_process_that_never_answers_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "OPEN_SECONDS", 0.3)
    monkeypatch.setattr(process, "_PROGRAM", "import time; time.sleep(60); " + process._PROGRAM)
    with pytest.raises(ModelError, match=r"was not open after 0\.3 seconds"):
        scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")


def test_batch_that_takes_too_long_is_a_photo_that_failed(tmp_path, monkeypatch):
    classifier = scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")
    started = classifier.run.process._started
    started.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(process, "PASS_SECONDS", 0.3)
    with pytest.raises(PhotoError, match=r"took longer than 0\.3 seconds for a batch of photos"):
        answers(classifier)
    assert started.poll() is not None


def test_process_that_is_killed_between_photos_is_one_failed_photo(tmp_path):
    classifier = scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")
    classifier.run.process._started.kill()
    with pytest.raises(PhotoError, match="stops: the process that ran it ended"):
        answers(classifier)


def test_process_ends_with_the_classifier(tmp_path):
    classifier = scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")
    started = classifier.run.process._started
    assert started.poll() is None
    del classifier
    assert started.poll() is not None


def test_process_may_neither_write_nor_connect(tmp_path):
    """What a runtime could be made to do: here by Python in its place, inside the same process."""
    code = (
        "import scorecam_cli.black_box.onnx_runtime as own\n"
        "def tried(path):\n"
        "    import socket\n"
        "    found = []\n"
        f"    for act in (lambda: open({str(tmp_path / 'written')!r}, 'w'), socket.socket):\n"
        "        try:\n            act()\n"
        "        except PermissionError:\n            found.append('refused')\n"
        "    raise ValueError(' '.join(found))\n"
        "own.open_model = tried\n"
    )
    patched = f"import json, sys; sys.path[:] = json.loads(sys.argv[1])['modules']; exec({code!r}); "
    before = process._PROGRAM
    process._PROGRAM = patched + before
    try:
        with pytest.raises(ModelError, match="cannot be opened: refused refused"):
            scorecam_cli.wrap(onnx_file(tmp_path), preprocess="unit")
    finally:
        process._PROGRAM = before
    assert not (tmp_path / "written").exists()
