"""TensorFlow Lite files and SavedModels: what they answer is what NumPy says; what they may not do, they cannot."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.black_box.building import open_file
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.inspect import FileKind, inspect
from scorecam_cli.loading.outside import load_any
from tests.black_box.networks import H, W, logits_by_hand, softmax, tflite_bytes
from tests.inspection.outside_models import tflite

IMAGES = np.random.default_rng(0).uniform(0, 1, (5, H, W, 3)).astype(np.float32)


def answers(classifier):
    return classifier.photo_answers(len(IMAGES), lambda first, last: IMAGES[first:last], batch_size=3)


@pytest.mark.parametrize("quantised", [pytest.param(False, marks=pytest.mark.slow), True], ids=["float32", "uint8"])
def test_lite_model_answers_as_numpy_does_up_to_its_steps(quantised, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite_bytes(quantised=quantised))
    classifier = scorecam_cli.wrap(path, preprocess="unit")
    kept = classifier.run.picture.tensor
    assert (kept.dtype, kept.name) == ("uint8" if quantised else "float32", "image")
    assert classifier.head.kind == "softmax"
    np.testing.assert_allclose(
        answers(classifier).probabilities, softmax(logits_by_hand(IMAGES)), atol=0.03 if quantised else 1e-5
    )


@pytest.mark.slow
def test_lite_model_whose_operator_reads_nowhere_is_refused_by_its_runtime(tmp_path):
    path = tflite(lambda model: setattr(model.subgraphs[0].operators[0], "inputs", [10**6] * 3))(tmp_path)
    assert inspect(path).kind is FileKind.TFLITE  # the look does not judge what an operator is given
    with pytest.raises(ModelError, match=r"cannot be opened|crashed"):
        open_file(path, FileKind.TFLITE)


class Writing(tf.Module):
    """The classifier, and a file that it writes whenever it is asked."""

    def __init__(self, where):
        super().__init__()
        self.where, self.scale = where, tf.Variable(1.0)

    @tf.function(input_signature=[tf.TensorSpec([None, H, W, 3], name="image")])
    def serve(self, image):
        with tf.control_dependencies([tf.raw_ops.WriteFile(filename=self.where, contents="RUN")]):
            return tf.nn.softmax(self.scale * tf.reduce_mean(image, axis=[1, 2]))


@pytest.mark.parametrize(
    "writes", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["honest", "writing a file"]
)
def test_saved_model_answers_and_cannot_write(writes, tmp_path):
    module = Writing(str(tmp_path / "written"))
    if not writes:
        signature = tf.TensorSpec([None, H, W, 3], name="image")
        module.serve = tf.function(
            lambda image: tf.nn.softmax(module.scale * tf.reduce_mean(image, axis=[1, 2])), input_signature=[signature]
        )
    path = tmp_path / "saved"
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve})
    if writes:
        module.serve(IMAGES)
        assert (tmp_path / "written").read_text() == "RUN"  # so it does where nothing keeps it from it
        (tmp_path / "written").unlink()
    settings = ModelSettings(str(path), preprocess="unit", unsafe=True)
    if not writes:
        means = IMAGES.astype(np.float64).mean(axis=(1, 2))
        np.testing.assert_allclose(answers(load_any(settings)).probabilities, softmax(means), atol=1e-5)
        return
    with pytest.raises(ModelError, match=r"does not run on an input of 16 x 16 x 3: .* stops: "):
        load_any(settings)
    assert not (tmp_path / "written").exists()
