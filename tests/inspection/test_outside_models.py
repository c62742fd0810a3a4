"""Models seen from outside, of strangers: refused in a sentence before a runtime sees them; honest ones pass."""

from __future__ import annotations

import time

import numpy as np
import pytest

from scorecam_cli.cli.app import main
from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.inspect import FileKind, inspect
from scorecam_cli.inspection.saved_model import saved_model_sha256
from tests.black_box.networks import keras_model
from tests.inspection import outside_models
from tests.inspection.outside_models import GOOD_ONNX, ONNX, SAVED, TFLITE, good_saved, good_tflite

SECONDS = 5
HOSTILE = {
    f"{kind}: {name}": each
    for kind, found in (("tflite", TFLITE), ("onnx", ONNX), ("saved", SAVED))
    for name, each in found.items()
}


@pytest.mark.parametrize(("write", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_file_is_refused_in_a_sentence_of_its_own(write, words, tmp_path):
    path = write(tmp_path)
    began = time.process_time()
    with pytest.raises(ModelError) as caught:
        inspect(path)
    assert time.process_time() - began < SECONDS
    message = str(caught.value)
    assert message.startswith(f"{path} ")
    assert words in message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300


@pytest.mark.parametrize(
    "name", ["onnx: weights in a file of the system", "tflite: custom operator", "saved: asset that is a link"]
)
def test_hostile_file_is_exit_code_3_and_one_sentence(name, tmp_path, capfd):
    path = HOSTILE[name][0](tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["models", str(path), "--unsafe-model"])
    out, err = capfd.readouterr()
    assert (ended.value.code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert HOSTILE[name][1] in err


def test_saved_model_is_opened_only_where_it_is_trusted(tmp_path, capfd):
    path = good_saved(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["models", str(path)])
    assert ended.value.code == 3
    assert "is a TensorFlow SavedModel, a program" in capfd.readouterr().err
    assert inspect(path).kind is FileKind.SAVED_MODEL


def test_honest_files_pass_and_tell_what_they_store(tmp_path):
    (tmp_path / "model.tflite").write_bytes(good_tflite())
    lite, whole = inspect(tmp_path / "model.tflite"), inspect(GOOD_ONNX(tmp_path))
    numbers = sum(weight.size for weight in map(np.asarray, keras_model().weights))
    assert (lite.kind, whole.kind) == (FileKind.TFLITE, FileKind.ONNX)
    assert 4 * numbers <= lite.stored < 8 * numbers + 4000
    assert 4 * numbers <= whole.stored < 4 * numbers + 400


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_damage_anywhere_is_a_sentence_or_no_damage(kind, tmp_path):
    """In this process, a hundred files: what is let through is the runtime's to judge, in a process of its own."""
    from scorecam_cli.inspection.look import look

    drawn = np.random.default_rng(2)
    good = good_tflite() if kind == "tflite" else GOOD_ONNX(tmp_path).read_bytes()
    refused = 0
    for number in range(100):
        data = bytearray(good)
        for _ in range(1 + number % 5):
            data[drawn.integers(8, len(data))] = drawn.integers(256)
        path = tmp_path / "damaged"
        path.write_bytes(data)
        try:
            look(path, path, None)
        except ModelError:
            refused += 1
    assert refused > 5


def test_digest_of_a_folder_follows_its_names_and_bytes(tmp_path):
    path = good_saved(tmp_path)
    first = saved_model_sha256(path)
    assert first == saved_model_sha256(path)
    (path / "variables" / "variables.index").write_bytes(b"other")
    second = saved_model_sha256(path)
    (path / "variables" / "variables.index").rename(path / "index")
    assert len({first, second, saved_model_sha256(path)}) == 3


def test_every_hostile_file_of_a_format_differs_from_the_good_one(tmp_path):
    assert len(TFLITE) >= 10
    assert len(ONNX) >= 10
    assert len(SAVED) >= 10
    assert outside_models.tflite(lambda model: None)(tmp_path).read_bytes()[4:8] == b"TFL3"
    assert inspect(tmp_path / "model.tflite").kind is FileKind.TFLITE  # unpacked and packed again it is good still
