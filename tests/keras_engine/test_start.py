"""Keras and TensorFlow start quietly, as scorecam needs them, and devices are named or refused."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scorecam_cli import __version__, own_process
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.keras_engine.start import _without_galleries, device_name, start, versions

# Keras as a user may have left it: another backend, channels first, half precision.
KERAS_JSON = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-7}

STARTED = """
import json, sys
from scorecam_cli.keras_engine.start import start
keras, tensorflow = start()
facts = {
    "backend": keras.backend.backend(),
    "image_data_format": keras.config.image_data_format(),
    "floatx": keras.config.floatx(),
    "policy": keras.config.dtype_policy().name,
    "same": start() == (keras, tensorflow) == (sys.modules["keras"], sys.modules["tensorflow"]),
}
json.dump(facts, open(sys.argv[1], "w"))
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter without the settings that the tests make."""
    left_out = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "GLOG_minloglevel", "SCORECAM_DEBUG")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """What a fresh process says, and what it found, where the user's keras.json says otherwise."""
    folder = tmp_path_factory.mktemp("keras_home")
    (folder / "keras.json").write_text(json.dumps(KERAS_JSON))
    facts = folder / "facts.json"
    done = run(STARTED, str(facts), KERAS_HOME=str(folder), KERAS_BACKEND="numpy")
    return done, json.loads(facts.read_text()) if facts.is_file() else {}


def test_a_fresh_start_prints_nothing(fresh: tuple[subprocess.CompletedProcess[str], dict[str, Any]]) -> None:
    done, _ = fresh
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_keras_is_as_scorecam_needs_it_whatever_the_user_configured(
    fresh: tuple[subprocess.CompletedProcess[str], dict[str, Any]],
) -> None:
    _, facts = fresh
    assert facts == {
        "backend": "tensorflow",
        "image_data_format": "channels_last",
        "floatx": "float32",
        "policy": "float32",
        "same": True,
    }


@pytest.mark.parametrize("ours", [True, False])
def test_keras_finds_no_pyplot_while_it_is_imported_into_a_process_of_the_commands_own(
    ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_process, "is_ours", lambda: ours)
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    with _without_galleries():
        assert ("matplotlib.pyplot" in sys.modules) is ours
        if ours:
            with pytest.raises(ImportError):
                importlib.import_module("matplotlib.pyplot")
    assert "matplotlib.pyplot" not in sys.modules


def test_another_backend_in_the_process_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    keras, _ = start()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError) as caught:
        start.__wrapped__()  # as for the first time
    assert str(caught.value) == (
        "Keras runs on the backend 'jax' here; "
        "scorecam needs TensorFlow: set KERAS_BACKEND=tensorflow before keras is imported"
    )


def test_an_empty_keras_home_is_dropped_before_keras_takes_it_for_the_working_folder(tmp_path: Path) -> None:
    code = '''
import os, sys
class Finder:
    """Shows what Keras would find, were it imported."""
    def find_spec(self, wanted, path=None, target=None):
        if wanted == "keras":
            print("KERAS_HOME" in os.environ, os.environ["KERAS_BACKEND"])
            raise ImportError
sys.meta_path.insert(0, Finder())
try:
    from scorecam_cli.keras_engine.start import start
except ImportError:
    pass
'''
    assert run(code, KERAS_HOME="").stdout == "False tensorflow\n"
    assert run(code, KERAS_HOME=str(tmp_path)).stdout == "True tensorflow\n"


QUIET = """
import os, sys
from scorecam_cli.keras_engine.quiet import quiet_stderr
if "closed" in sys.argv:
    os.close(2)
    sys.stderr = None
try:
    with quiet_stderr():
        if "closed" not in sys.argv:
            os.write(2, b"chatter of C++\\n")
        if "fail" in sys.argv:
            raise ValueError
except ValueError:
    print("failed")
if "closed" not in sys.argv:
    os.write(2, b"afterwards\\n")
print("done")
"""


def test_chatter_is_swallowed_and_stderr_works_again() -> None:
    done = run(QUIET)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "afterwards\n")


def test_chatter_is_swallowed_where_the_start_fails_or_is_ended() -> None:
    done = run(QUIET, "fail")
    assert (done.stdout, done.stderr) == ("failed\ndone\n", "afterwards\n")


def test_chatter_is_shown_under_debug() -> None:
    assert run(QUIET, SCORECAM_DEBUG="1").stderr == "chatter of C++\nafterwards\n"


def test_a_closed_stderr_is_no_obstacle() -> None:
    done = run(QUIET, "closed")
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_versions_name_all_three() -> None:
    keras, tensorflow = start()
    assert versions() == {
        "scorecam": __version__,
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
    }


# ---- devices


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let TensorFlow see as many GPUs as a test wants."""
    _, tensorflow = start()

    def see(count: int) -> None:
        found = [SimpleNamespace(name=f"/device:GPU:{number}") for number in range(count)]
        monkeypatch.setattr(tensorflow.config, "list_logical_devices", lambda kind: found)

    return see


@pytest.mark.parametrize(
    ("count", "device", "expected"),
    [
        (0, "auto", "/CPU:0"),
        (0, "cpu", "/CPU:0"),
        (2, "auto", "/GPU:0"),
        (2, "CPU", "/CPU:0"),
        (2, "gpu", "/GPU:0"),
        (2, "GPU:1", "/GPU:1"),
    ],
)
def test_devices_are_named_as_tensorflow_names_them(gpus: Any, count: int, device: str, expected: str) -> None:
    gpus(count)
    assert device_name(device) == expected


@pytest.mark.parametrize(("count", "device"), [(0, "gpu"), (0, "gpu:7"), (2, "gpu:2"), (2, "gpu:7")])
def test_a_gpu_that_is_not_there_is_refused_with_the_count(gpus: Any, count: int, device: str) -> None:
    gpus(count)
    with pytest.raises(UsageError) as caught:
        device_name(device)
    assert str(caught.value) == (
        f"device {device} is not on this machine: TensorFlow sees {count} GPUs; use --device cpu or auto"
    )


@pytest.mark.parametrize("device", ["tpu", "gpu:x", "gpu:-1", "gpu:", "cpu:3", "auto:1", ""])
def test_a_device_that_nobody_knows_is_refused_even_where_there_are_gpus(gpus: Any, device: str) -> None:
    gpus(2)
    with pytest.raises(UsageError, match="is not known; use --device auto, cpu, gpu or gpu:1"):
        device_name(device)
