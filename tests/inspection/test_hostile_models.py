"""Model files from strangers: refused in a sentence before they cost anything; honest ones load."""

from __future__ import annotations

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

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection import child, declared
from scorecam_cli.inspection.declared import check_declared, input_pixels, least_weights
from scorecam_cli.inspection.inspect import inspect
from scorecam_cli.keras_engine.reserving import weights_within
from scorecam_cli.loading.own_models import load_model_file
from scorecam_cli.loading.weights_files import load_weights_file
from tests.inspection import hostile_models
from tests.inspection.hostile_models import HOSTILE, Bait
from tests.loading import model_zoo

SECONDS = 5  # for each refusal
MEMORY = 200  # MB for each refusal, over what the process had


@pytest.fixture
def bait(tmp_path: Path) -> Bait:
    return hostile_models.lay_bait(tmp_path)


def outside(bait: Bait) -> dict[str, tuple[int, bytes]]:
    """What lies outside the model files: when it was changed, and its bytes."""
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in bait.secret.parent.iterdir()}


# ---- all hostile files


PROGRAM = """
import contextlib, io, json, sys, time
from pathlib import Path
from scorecam_cli.cli.app import main

def memory(line):
    text = Path("/proc/self/status").read_text()
    return int(text.split(line + ":")[1].split()[0]) / 1000  # kB -> MB

def refuse(path):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = memory("VmRSS"), time.monotonic()
    out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["models", path])
        except SystemExit as ended:
            code = ended.code
    words = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return [path, code, *words, time.monotonic() - began, memory("VmHWM") - before]

good, *hostile = sys.argv[1:]
assert refuse(good)[1] == 0  # TensorFlow and Keras are loaded now
print(json.dumps([refuse(path) for path in hostile]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs the memory figures of Linux")
def test_each_is_refused_in_a_sentence_of_its_own_and_nothing_runs_or_is_touched(bait: Bait) -> None:
    """All of them by the command in one process, which takes little; the figures go to `-s`."""
    paths = [write(bait) for write in HOSTILE]
    temporary = bait.folder / "temporary"
    temporary.mkdir()
    before = outside(bait)
    for file in bait.secret.parent.iterdir():
        os.utime(file, ns=(0, before[file.name][0]))  # so old that reading it would show
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, bait.archive, *paths],
        cwd=temporary,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    read = {file.name for file in bait.secret.parent.iterdir() if file.stat().st_atime_ns}
    assert not read
    assert outside(bait) == before
    assert not list(temporary.iterdir())
    answers = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) == len(HOSTILE) >= 20
    for (path, code, out, err, seconds, megabytes), words in zip(answers, HOSTILE.values(), strict=True):
        print(f"{Path(path).name:24} {seconds:5.2f} s {megabytes:6.1f} MB")
        assert code == 3, path
        assert out == "", path
        assert err.endswith("\n"), path
        message = err[:-1]
        assert message.startswith(f"scorecam: {path} ")
        assert "; " in message  # what is wrong; what to do
        assert message.isprintable()
        assert len(message) < len(path) + 310
        assert not [word for word in words if word not in message], message
        assert seconds < SECONDS, path
        assert megabytes < MEMORY, path


def test_reading_the_bait_would_show(bait: Bait) -> None:
    """The test above is worth something only where the file system notes when a file is read."""
    os.utime(bait.vocabulary, ns=(0, bait.vocabulary.stat().st_mtime_ns))
    bait.vocabulary.read_text("utf-8")
    if not bait.vocabulary.stat().st_atime_ns:
        pytest.skip("this file system does not note when a file is read")


@pytest.mark.parametrize(
    "write",
    [
        hostile_models.link_to_another_file,
        hostile_models.array_stored_in_another_file,
        hostile_models.array_put_together_from_another_file,
        hostile_models.array_of_four_gigabytes_never_written,
        hostile_models.description_that_expands,
        hostile_models.group_inside_itself,
    ],
)
def test_hostile_weights_are_refused_for_a_named_model_too(write: Callable[[Bait], Path], bait: Bait) -> None:
    with pytest.raises(ModelError, match="; "):
        load_weights_file(model_zoo.functional(), write(bait))


@pytest.mark.parametrize(
    "program",
    [
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1)); [0 for _ in iter(int, 1)]",
        "import os; os.abort()",
        "raise SystemExit(1)",
    ],
    ids=["endless", "crash", "failure"],
)
def test_look_that_does_not_come_back_counts_as_damage(
    program: str, bait: Bait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_PROGRAM", program)
    with pytest.raises(ModelError, match="is cut short or damaged"):
        inspect(bait.hdf5)


def test_look_from_another_process_is_the_look_from_here(bait: Bait) -> None:
    request = {"path": str(bait.hdf5), "file": str(bait.hdf5)}
    with tempfile.TemporaryFile() as spare:
        there, here = json.loads(child.ask_another_process(request)), json.loads(child.answer(request, spare))
    assert there == here
    assert (there["kind"], there["stored"]) == ("KERAS_HDF5", 355)


@pytest.mark.parametrize("first", [0x08, 0x80, 0x1F, 0x50, 0x89, 0x00])
def test_file_of_one_byte_is_refused(first: int, tmp_path: Path) -> None:
    """Found by fuzzing: the marks of ONNX and pickle are two bytes long."""
    path = tmp_path / "model.keras"
    path.write_bytes(bytes([first]))
    with pytest.raises(ModelError, match="is not a Keras model; "):
        load_model_file(path)


# ---- unsafe, when the user says so


@pytest.mark.parametrize("write", [hostile_models.lambda_in_an_archive, hostile_models.lambda_in_hdf5])
def test_unsafe_lets_a_lambda_run(write: Callable[[Bait], Path], bait: Bait) -> None:
    model = load_model_file(write(bait), unsafe=True)
    model(np.zeros((1, model_zoo.H, model_zoo.W, 3), np.float32))
    assert bait.marker.exists()


@pytest.mark.parametrize("write", [hostile_models.two_thousand_million_units, hostile_models.link_to_another_file])
def test_unsafe_still_checks_sizes_and_links(write: Callable[[Bait], Path], bait: Bait) -> None:
    with pytest.raises(ModelError, match="get the model from its maker"):
        load_model_file(write(bait), unsafe=True)


# ---- weights declared and stored


def described(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config}


@pytest.mark.parametrize(
    ("objects", "weights"),
    [
        ([described("Dense", units=7)], 7),
        ([described("Conv2D", filters=4, kernel_size=[3, 5])], 60),
        ([described("Conv1D", filters=4, kernel_size=3)], 12),
        ([described("Embedding", input_dim=100, output_dim=20)], 2000),
        ([described("LSTM", units=10)], 100),
        ([described("Dense", units=7), described("Flatten")], 7),
        ([described("Dense", units="many"), described("Dense", units=-5), described("Dense")], 3),
        ([described("Dense", units=7) | {"shared_object_id": 1}] * 5, 7),
        ([described("Dense", units=7) | {"module": "mine"}], 0),
        ([described("Conv2D", filters=9e17, kernel_size=[10**6] * 40)], 10**18),
    ],
)
def test_least_weights_by_hand(objects: list[dict[str, Any]], weights: int) -> None:
    assert least_weights(objects) == weights


@pytest.mark.parametrize("make", model_zoo.LARGE_IS_SLOW)
def test_honest_model_declares_no_more_than_it_stores(
    make: Callable[[], keras.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Keras asks for while it builds is what the file holds, but for the seeds of layers that draw."""
    monkeypatch.setattr(declared, "SPARE_WEIGHTS", 2 * 3)  # at most three such layers
    monkeypatch.setattr(declared, "TIMES_STORED", 1)
    model = make()
    model.save(tmp_path / "model.keras")
    found = inspect(tmp_path / "model.keras")
    assert found.stored >= model.count_params()
    assert found.facts
    assert found.facts.weights <= model.count_params()
    load_model_file(tmp_path / "model.keras")


def test_one_weight_more_than_allowed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "SPARE_WEIGHTS", -1)
    monkeypatch.setattr(declared, "TIMES_STORED", 1)
    model_zoo.functional().save(tmp_path / "model.keras")
    init = keras.Variable.__init__
    with pytest.raises(ModelError, match="declares at least 355 weights and stores 355"):
        load_model_file(tmp_path / "model.keras")
    assert keras.Variable.__init__ is init


def test_refusal_comes_before_the_weight_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(keras.Variable, "__init__", lambda self, initializer, shape: asked.append(shape))

    def build() -> None:
        with weights_within(tmp_path / "model.keras", stored=0):
            keras.Variable("zeros", (4, 5))
            keras.Variable("zeros", (10**7 - 20,))

    with pytest.raises(ModelError, match="declares at least 10000000 weights and stores 0"):
        build()
    assert asked == [(4, 5)]


def test_refusal_in_other_words_is_still_the_refusal(tmp_path: Path) -> None:
    """Keras rewords what goes wrong inside a layer's build."""

    def build() -> None:
        with weights_within(tmp_path / "model.keras", stored=0):
            try:
                keras.Variable("zeros", (10**10,))
            except ModelError as error:
                raise ValueError("in other words") from error

    with pytest.raises(ModelError, match="declares at least 10000000000 weights"):
        build()


@pytest.mark.parametrize(("side", "fits"), [(9459, True), (9460, False)])  # 9459 ** 2 = 89 472 681 < 89 478 485
def test_input_is_at_most_as_large_as_a_photo(side: int, fits: bool) -> None:
    pixels = input_pixels(described("InputLayer", batch_shape=[None, side, side, 3]))
    if fits:
        check_declared(Path("model.keras"), weights=0, pixels=pixels, stored=0)
    else:
        with pytest.raises(ModelError, match="takes images of 89491600 pixels"):
            check_declared(Path("model.keras"), weights=0, pixels=pixels, stored=0)


def test_compiled_model_inside_a_model_loads(tmp_path: Path) -> None:
    """Its optimizer is built with it and asks for two more numbers a weight."""
    inner = model_zoo.functional()
    inner.compile("adam", "categorical_crossentropy")
    inner.fit(np.zeros((2, 16, 16, 3), np.float32), np.eye(3, dtype=np.float32)[:2], verbose=0)
    image = keras.Input((16, 16, 3))
    keras.Model(image, inner(image)).save(tmp_path / "model.keras")
    assert load_model_file(tmp_path / "model.keras").count_params() == inner.count_params()


# ---- honest files that look unusual


def test_recompressed_archive_loads(bait: Bait) -> None:
    path = bait.folder / "packed.keras"
    with zipfile.ZipFile(bait.archive) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert load_model_file(path).count_params() == 355


def test_compressed_arrays_load(bait: Bait) -> None:
    """Weights that someone saved again with gzip, shuffled and summed."""

    def pack(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape:
            new.create_dataset(name, data=item[()], compression="gzip", shuffle=True, fletcher32=True)
        elif isinstance(item, h5py.Group):
            new.require_group(name)
        for key, value in item.attrs.items():
            new[name].attrs[key] = value

    with h5py.File(bait.hdf5) as old, h5py.File(bait.folder / "packed.h5", "w") as new:
        new.attrs.update(old.attrs)
        old.visititems(pack)
    assert load_model_file(bait.folder / "packed.h5").count_params() == 355


def test_trained_model_with_its_optimizer_loads(tmp_path: Path) -> None:
    model = model_zoo.functional()
    model.compile("adam", "categorical_crossentropy")
    model.fit(np.zeros((2, 16, 16, 3), np.float32), np.eye(3, dtype=np.float32)[:2], verbose=0)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        assert load_model_file(tmp_path / name).count_params() == 355


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MobileNetV2", "DenseNet121", "NASNetMobile", "EfficientNetV2B0", "ResNet50"])
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_named_application_saved_whole_loads(name: str, ending: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None)
    model.save(tmp_path / f"model{ending}")
    assert load_model_file(tmp_path / f"model{ending}").count_params() == model.count_params()


def test_file_refused_for_its_structure_starts_no_tensorflow(bait: Bait) -> None:
    program = (
        "import sys\n"
        "from scorecam_cli.cli.app import main\n"
        "try:\n    main(['models', sys.argv[1]])\n"
        "except SystemExit as ended:\n"
        "    assert not {'tensorflow', 'keras', 'h5py'} & set(sys.modules)\n"
        "    raise\n"
    )
    path = hostile_models.two_thousand_million_units(bait)
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert "declares at least 2000000000 weights" in done.stderr
