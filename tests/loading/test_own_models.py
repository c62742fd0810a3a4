"""Models and weights of users: what loads gives the same numbers, what cannot load says why in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError, ScorecamError, UsageError, WeightsError
from scorecam_cli.inspection import child
from scorecam_cli.inspection.digest import model_file_sha256
from scorecam_cli.inspection.inspect import FileKind, inspect
from scorecam_cli.loading.own_models import load_model_file
from scorecam_cli.loading.weights_files import load_weights_file
from tests.loading import model_zoo

# The same operations on the same weights on one machine: only the order of threads may differ.
TOLERANCE = 1e-6

IN_HDF5 = [make for make in model_zoo.MODELS if make not in model_zoo.SUBCLASSED]


def outputs(model: keras.Model) -> NDArray[np.float32]:
    return np.asarray(keras.ops.cast(model(model_zoo.example_images(model)), "float32"))


def assert_same_outputs(model: keras.Model, other: keras.Model) -> None:
    np.testing.assert_allclose(outputs(model), outputs(other), atol=TOLERANCE, rtol=0)


def assert_one_sentence(error: ScorecamError, path: Path, *words: str) -> None:
    message = str(error)
    assert str(path) in message
    assert "\n" not in message
    assert "Received:" not in message
    assert "Traceback" not in message
    assert "; " in message  # what is wrong; what to do
    for word in words:
        assert word in message


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The functional model of the zoo under one of its four forms, written once."""
    folder = tmp_path_factory.mktemp("saved")
    model = model_zoo.functional()
    model.save(folder / "whole.keras")
    model.save(folder / "whole.h5")
    model.save_weights(folder / "only.weights.h5")
    with h5py.File(folder / "legacy.h5", "w") as h5:
        legacy_h5_format.save_weights_to_hdf5_group(h5, model)
    return lambda name: folder / name


FORMS = {
    "whole.keras": FileKind.KERAS_ARCHIVE,
    "whole.h5": FileKind.KERAS_HDF5,
    "only.weights.h5": FileKind.WEIGHTS_HDF5,
    "legacy.h5": FileKind.LEGACY_WEIGHTS_HDF5,
}


def test_model_file_is_known_by_its_bytes_without_tensorflow() -> None:
    code = "import sys, scorecam_cli.inspection.digest; assert not {'tensorflow', 'keras', 'h5py'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# ---- whole models


@pytest.mark.parametrize("make", model_zoo.LARGE_IS_SLOW)
def test_keras_archive_gives_the_same_outputs(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    model = make()
    model.save(tmp_path / "model.keras")
    assert_same_outputs(model, load_model_file(tmp_path / "model.keras"))


@pytest.mark.parametrize("make", IN_HDF5, ids=lambda make: make.__name__)
def test_hdf5_gives_the_same_outputs(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    model = make()
    model.save(tmp_path / "model.h5")
    assert_same_outputs(model, load_model_file(tmp_path / "model.h5"))


@pytest.mark.parametrize(("form", "kind"), FORMS.items())
def test_kind_is_told_by_content(form: str, kind: FileKind, saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / "no-ending"
    path.write_bytes(saved(form).read_bytes())
    assert inspect(path).kind is kind


@pytest.mark.parametrize(("form", "name"), [("whole.keras", "a.h5"), ("whole.h5", "a.keras"), ("whole.keras", "A B")])
def test_wrong_ending_loads_by_content(form: str, name: str, saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(saved(form).read_bytes())
    assert_same_outputs(model_zoo.functional(), load_model_file(path))


def test_relative_path_loads(saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved("whole.h5").parent)
    assert_same_outputs(model_zoo.functional(), load_model_file(Path("whole.h5")))


def test_loads_where_links_are_not_allowed(saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("a required privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert_same_outputs(model_zoo.functional(), load_model_file(saved("whole.keras")))


def test_sha256_is_of_the_bytes(saved: Callable[[str], Path]) -> None:
    path = saved("whole.h5")
    assert model_file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


# ---- code inside files


@pytest.mark.parametrize("write", [model_zoo.write_lambda_archive, model_zoo.write_lambda_hdf5])
def test_lambda_is_refused_and_never_runs(write: Callable[[Path, Path], Path], tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    path = write(tmp_path, marker)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "Lambda", "replace it")
    assert caught.value.__cause__ is None  # refused before Keras saw it
    assert not marker.exists()


def test_lambda_would_run_without_safe_mode(tmp_path: Path) -> None:
    """The other tests are worth something only if this file is dangerous."""
    marker = tmp_path / "marker"
    path = model_zoo.write_lambda_archive(tmp_path, marker)
    keras.models.load_model(path, safe_mode=False)
    assert marker.exists()


def test_lambda_as_keras_2_wrote_it_is_refused(saved: Callable[[str], Path], tmp_path: Path) -> None:
    def hide(config: dict[str, Any]) -> None:
        config["config"]["layers"][1] = {"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None, None]}}

    path = rewrite_hdf5_config(saved("whole.h5"), tmp_path, hide)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "Lambda")


def test_layer_that_loads_outside_code_is_refused(saved: Callable[[str], Path], tmp_path: Path) -> None:
    def hide(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["class_name"] = "TFSMLayer"

    path = rewrite_archive(saved("whole.keras"), tmp_path, edit_config=hide)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "TFSMLayer", "replace it")


# ---- classes of the user's own

LAYERS_PY = """
import keras
{decorator}
class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs
"""
REGISTERED = '@keras.saving.register_keras_serializable(package="mine")'


def write_user_class(folder: Path, decorator: str, ending: str) -> tuple[Path, Path, NDArray[np.float32]]:
    """A Python file with a layer class, a model saved with it, and what the model gives; the class is then unknown."""
    source = folder / "user_layers.py"
    source.write_text(LAYERS_PY.format(decorator=decorator), encoding="utf-8")
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(source.read_text(encoding="utf-8"), scope)
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, keras.layers.Flatten()(scope["Doubled"]()(image)))
    model.save(folder / f"user{ending}")
    keras.saving.get_custom_objects().pop("mine>Doubled", None)
    return source, folder / f"user{ending}", np.asarray(model(np.ones((1, 4, 4, 1), np.float32)))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("decorator", [REGISTERED, ""], ids=["registered", "plain"])
def test_import_file_supplies_the_class(decorator: str, ending: str, tmp_path: Path) -> None:
    source, path, expected = write_user_class(tmp_path, decorator, ending)
    model = load_model_file(path, imports=[source])
    np.testing.assert_array_equal(np.asarray(model(np.ones((1, 4, 4, 1), np.float32))), expected)
    assert not (tmp_path / "__pycache__").exists()
    keras.saving.get_custom_objects().pop("mine>Doubled", None)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("decorator", [REGISTERED, ""], ids=["registered", "plain"])
def test_unknown_class_is_named(decorator: str, ending: str, tmp_path: Path) -> None:
    _, path, _ = write_user_class(tmp_path, decorator, ending)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "uses Doubled,", "--import FILE.py")


def test_import_file_without_the_class_is_told(tmp_path: Path) -> None:
    _, path, _ = write_user_class(tmp_path, REGISTERED, ".keras")
    other = tmp_path / "other.py"
    other.write_text("NUMBER = 1\n", encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_model_file(path, imports=[other])
    assert_one_sentence(caught.value, path, "Doubled", "no --import file", "register_keras_serializable")


def test_import_file_may_import_its_neighbours(saved: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_import.py").write_text("NUMBER = 1\n", encoding="utf-8")
    source = tmp_path / "source.py"
    source.write_text("from neighbour_of_import import NUMBER\n", encoding="utf-8")
    load_model_file(saved("whole.keras"), imports=[source])
    assert sys.path.index(str(tmp_path)) == len(sys.path) - 1  # hides nothing that is installed
    sys.path.remove(str(tmp_path))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import keras\n\nx = missing\n", ("line 3", "NameError", "missing")),
        ("import keras\nclass A(\n", ("line 2", "SyntaxError")),
        ("import sys\nsys.exit(4)\n", ("line 2", "SystemExit")),
        ("raise ValueError('one\\ntwo')\n", ("line 1", "ValueError: one")),
    ],
    ids=["name", "syntax", "exit", "two lines"],
)
def test_error_in_import_file_names_its_line(
    code: str, words: tuple[str, ...], saved: Callable[[str], Path], tmp_path: Path
) -> None:
    source = tmp_path / "broken.py"
    source.write_text(code, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_model_file(saved("whole.keras"), imports=[source])
    assert_one_sentence(caught.value, source, *words)


def test_missing_import_file_is_named(saved: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_model_file(saved("whole.keras"), imports=[tmp_path / "no.py"])
    assert_one_sentence(caught.value, tmp_path / "no.py", "cannot be read")


# ---- files that are not a model


def write_tflite(folder: Path) -> Path:
    path = folder / "model.keras"
    path.write_bytes(b"\x1c\0\0\0TFL3" + b"\0" * 64)
    return path


def write_onnx(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_bytes(b"\x08\x07\x12\x07pytorch\x1a\x032.1:" + b"\0" * 64)
    return path


def write_empty(folder: Path) -> Path:
    (folder / "empty.keras").touch()
    return folder / "empty.keras"


def write_folder(folder: Path) -> Path:
    (folder / "models").mkdir()
    return folder / "models"


def write_fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.keras")
    return folder / "pipe.keras"


def write_broken_link(folder: Path) -> Path:
    (folder / "link.keras").symlink_to(folder / "gone.keras")
    return folder / "link.keras"


def write_checkpoint(folder: Path) -> Path:
    (folder / "ckpt-1.index").write_bytes(b"\0")
    return folder / "ckpt-1"


def write_other_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "other.keras", "w") as archive:
        archive.writestr("model/config.json", "{}")
    return folder / "other.keras"


def write_other_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "data.h5", "w") as h5:
        h5["images"] = np.zeros(3)
    return folder / "data.h5"


def write_json(folder: Path) -> Path:
    (folder / "model.json").write_text(model_zoo.functional().to_json(), encoding="utf-8")
    return folder / "model.json"


def write_gzip(folder: Path) -> Path:
    (folder / "model.keras.gz").write_bytes(b"\x1f\x8b\x08\0" + b"\0" * 16)
    return folder / "model.keras.gz"


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda folder: folder / "no.keras", ("does not exist", "check the path")),
        (write_empty, ("empty",)),
        (write_folder, ("is a folder", "give the model file")),
        (model_zoo.write_saved_model, ("SavedModel", "damaged", "copy")),
        (write_fifo, ("pipe",)),
        (write_broken_link, ("link",)),
        (write_checkpoint, ("checkpoint", "model.save")),
        (model_zoo.write_text, ("text file", "model.save")),
        (write_json, ("JSON", "no weights")),
        (model_zoo.write_html, ("web page", "download")),
        (model_zoo.write_lfs_pointer, ("Git LFS", "git lfs pull")),
        (model_zoo.write_pickle, ("pickle", "model.save")),
        (model_zoo.write_torch, ("PyTorch", "model.save")),
        (write_tflite, ("TensorFlow Lite", "without a network", "convert")),
        (write_onnx, ("ONNX", "damaged", "copy")),
        (write_gzip, ("compressed", "unpack")),
        (write_other_zip, ("zip archive", "unpack")),
        (write_other_hdf5, ("HDF5", "model.save")),
        (model_zoo.write_weights, ("--weights", "--model NAME")),
    ],
)
def test_what_is_no_model_says_what_to_do(
    write: Callable[[Path], Path], words: tuple[str, ...], tmp_path: Path
) -> None:
    path = write(tmp_path)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, *words)


@pytest.mark.parametrize("address", ["gs://bucket/m.keras", "s3://b/m.h5", "https://x.org/m.keras", "hf://who/model"])
def test_remote_path_says_download_first(address: str) -> None:
    with pytest.raises(ModelError, match="download it first") as caught:
        inspect(Path(address))
    assert address in str(caught.value)  # with both slashes, as it was given


def test_no_permission_is_told(saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved("whole.keras")

    def refuse(self: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)  # root, who runs tests in containers, may read everything
    with tempfile.TemporaryFile() as spare:
        told = json.loads(child.answer({"path": str(path), "file": str(path)}, spare))
    assert told == {"refused": f"{path} cannot be read (Permission denied); check its permissions"}
    with pytest.raises(ModelError) as caught:
        model_file_sha256(path)
    assert_one_sentence(caught.value, path, "permissions")


@pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("form", FORMS)
def test_cut_file_is_told(form: str, share: float, saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = model_zoo.write_cut(saved(form), tmp_path, share)
    for load in (load_model_file, lambda cut: load_weights_file(model_zoo.functional(), cut)):
        with pytest.raises(ModelError) as caught:
            load(path)
        assert_one_sentence(caught.value, path, "damaged", "download it again")


def test_wrong_checksum_is_told(saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = model_zoo.write_flipped(saved("whole.keras"), tmp_path)
    for load in (load_model_file, lambda flipped: load_weights_file(model_zoo.functional(), flipped)):
        with pytest.raises(ModelError) as caught:
            load(path)
        assert_one_sentence(caught.value, path, "damaged")


# ---- archives that were tampered with or made by another Keras


def rewrite_archive(
    whole: Path,
    folder: Path,
    *,
    edit_config: Callable[[dict[str, Any]], None] | None = None,
    members: dict[str, bytes] | None = None,
    without: str = "",
) -> Path:
    """A copy of a .keras file with another description, more members, or one member less."""
    path = folder / "rewritten.keras"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json" and edit_config:
                config = json.loads(data)
                edit_config(config)
                data = json.dumps(config).encode()
            if name != without and name not in (members or {}):
                new.writestr(name, data)
        for name, data in (members or {}).items():
            new.writestr(name, data)
    return path


def rewrite_hdf5_config(whole: Path, folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    path = folder / "rewritten.h5"
    path.write_bytes(whole.read_bytes())
    with h5py.File(path, "r+") as h5:
        config = json.loads(h5.attrs["model_config"])
        edit(config)
        h5.attrs["model_config"] = json.dumps(config)
    return path


def break_class(config: dict[str, Any]) -> None:
    config["config"]["layers"][1] |= {"class_name": "ConvOfTheFuture"}


def ugly_class(config: dict[str, Any]) -> None:
    config["config"]["layers"][1] |= {"class_name": "Bad\x1b[2J\nName"}


def as_keras_2(config: dict[str, Any]) -> None:
    config |= {"module": "keras.src.engine.functional", "registered_name": "Functional"}


def wrong_argument(config: dict[str, Any]) -> None:
    config["config"]["layers"][1]["config"]["kernel_size"] = "three"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"members": {"../outside": b""}}, ("outside itself",)),
        ({"members": {"/outside": b""}}, ("outside itself",)),
        ({"members": {"..\\outside": b""}}, ("outside itself",)),
        ({"members": {"assets/zeros": bytes(300 << 20)}}, ("unpacks to far more",)),
        ({"members": {"config.json": b" " * (65 << 20)}}, ("config.json above 8 MiB",)),
        ({"members": {"config.json": b"{"}}, ("cannot be read",)),
        ({"members": {"config.json": b"[" * 100_000}}, ("cannot be read",)),
        ({"without": "model.weights.h5"}, ("no model.weights.h5",)),
        ({"members": {"model.weights.h5": b"not HDF5"}}, ("damaged", "download it again")),
        ({"edit_config": wrong_argument}, ("could not be rebuilt", "model.save")),
        ({"edit_config": break_class}, ("ConvOfTheFuture", "--import")),
        ({"edit_config": ugly_class}, ("uses Bad[2JName,",)),
        (
            {"edit_config": break_class, "members": {"metadata.json": b'{"keras_version": "3.99.0"}'}},
            ("saved by Keras 3.99.0", "newer", "pip install -U keras"),
        ),
        (
            {"edit_config": as_keras_2, "members": {"metadata.json": b'{"keras_version": "2.15.0"}'}},
            ("Keras 2.15.0", 'model.save("model.h5")'),
        ),
    ],
)
def test_archive_that_cannot_be_trusted_or_rebuilt(
    change: dict[str, Any], words: tuple[str, ...], saved: Callable[[str], Path], tmp_path: Path
) -> None:
    path = rewrite_archive(saved("whole.keras"), tmp_path, **change)
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, *words)


def test_weights_that_the_archive_lacks_are_not_left_random(tmp_path: Path) -> None:
    """Older Keras left layers in lists of lists out of its files."""
    model_zoo.listed_blocks().save(tmp_path / "whole.keras")
    bare = tmp_path / "bare.h5"
    with zipfile.ZipFile(tmp_path / "whole.keras") as archive:
        bare.write_bytes(archive.read("model.weights.h5"))
    with h5py.File(bare, "r+") as h5:
        del h5["blocks"]
    path = rewrite_archive(tmp_path / "whole.keras", tmp_path, members={"model.weights.h5": bare.read_bytes()})
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "own class ListedBlocks", "save it again")


# ---- weights for a named application


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["", "weights"], ids=["own name", "no ending"])
def test_weights_load_from_every_form(form: str, name: str, saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / (name or form)
    path.write_bytes(saved(form).read_bytes())
    model = model_zoo.functional()
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    load_weights_file(model, path)
    assert_same_outputs(model_zoo.functional(), model)
    assert all("assign" not in vars(weight) for weight in model.weights)


def chain(filters: tuple[int, ...], classes: int | None, name: str = "chain") -> keras.Model:
    """3x3 convolutions, then, with `classes`, the head."""
    image = x = keras.Input((16, 16, 3))
    for size in filters:
        x = keras.layers.Conv2D(size, 3, padding="same")(x)
    if classes:
        x = keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, x, name=name)


def save_as(model: keras.Model, form: str, folder: Path) -> Path:
    path = folder / form
    if form == "legacy.h5":
        with h5py.File(path, "w") as h5:
            legacy_h5_format.save_weights_to_hdf5_group(h5, model)
    elif form == "only.weights.h5":
        model.save_weights(path)
    else:
        model.save(path)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: chain((4, 4), 3), ("has 3 layers with weights and VGG0 has 4",)),
        (lambda: chain((4, 4, 8), None), ("no classification head", "_notop", "VGG0")),
        (lambda: chain((4, 4, 8), 5), ("shape 8 x 5 where VGG0 has one of 8 x 3",)),
        (lambda: chain((4, 8, 4), 3), ("shape", "VGG0")),
    ],
    ids=["fewer layers", "no head", "other classes", "other widths"],
)
def test_weights_of_another_model_are_refused(
    form: str,
    other: Callable[[], keras.Model],
    words: tuple[str, ...],
    tmp_path: Path,
    recwarn: pytest.WarningsRecorder,
) -> None:
    path = save_as(other(), form, tmp_path)
    recwarn.clear()
    with pytest.raises(WeightsError) as caught:
        load_weights_file(chain((4, 4, 8), 3), path, name="VGG0")
    assert_one_sentence(caught.value, path, *words)
    assert caught.value.__cause__ is not None
    assert not [warning for warning in recwarn if warning.category is UserWarning]  # the error says it all


def test_model_goes_by_its_own_name(tmp_path: Path) -> None:
    path = save_as(chain((4,), 3), "legacy.h5", tmp_path)
    with pytest.raises(WeightsError, match="bigger has 3"):
        load_weights_file(chain((4, 4), 3, name="bigger"), path)


def test_partial_load_cannot_pass(saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader that stops half way without a word is caught by counting."""
    model = model_zoo.functional()
    whole = keras.Model.load_weights

    def half(self: keras.Model, path: str) -> None:
        whole(keras.Model(self.inputs, self.get_layer("gap").output), path, skip_mismatch=True)

    monkeypatch.setattr(keras.Model, "load_weights", half)
    with pytest.raises(WeightsError) as caught:
        load_weights_file(model, saved("only.weights.h5"))
    assert_one_sentence(caught.value, saved("only.weights.h5"), "only 4 of the 6 weight arrays of functional")


def test_damaged_inner_weights_are_refused(saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = rewrite_archive(saved("whole.keras"), tmp_path, members={"model.weights.h5": b"not HDF5"})
    with pytest.raises(ModelError) as caught:
        load_weights_file(model_zoo.functional(), path)
    assert_one_sentence(caught.value, path, "damaged", "download it again")


@pytest.mark.parametrize("value", [3, b"{", "[]", np.zeros(4)], ids=["number", "cut", "list", "array"])
def test_hdf5_with_a_wrong_description_is_told(value: Any, saved: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(saved("whole.h5").read_bytes())
    with h5py.File(path, "r+") as h5:
        h5.attrs["model_config"] = value
    with pytest.raises(ModelError) as caught:
        load_model_file(path)
    assert_one_sentence(caught.value, path, "model.save")
