"""No description, in either format, gets anything run, read or fetched: each attack is a refusal of its own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import pytest

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection import description
from scorecam_cli.loading import own_models
from tests.inspection.attacks import ATTACKS, OLD_ATTACKS, Layers, klass
from tests.loading import model_zoo

PATH = Path("model")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The description of the good model: of a .keras file or of an HDF5 file, each time a new one."""
    model, path = model_zoo.functional(), tmp_path_factory.mktemp("good") / "model.h5"
    model.save(path)
    with h5py.File(path) as h5:
        texts = {".keras": model.to_json(), ".h5": h5.attrs["model_config"]}
    return lambda ending: json.loads(texts[ending])


def refusal(described: dict[str, Any], classes: dict[str, type] | None = None) -> str:
    """What is said of a description, "" where nothing is."""
    try:
        found = description.describe(json.dumps(described), "3.15.1", PATH)
        own_models.check_names(PATH, found, classes or {}, imported=False)
    except ModelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_the_good_description_is_taken(ending: str, good: Callable[[str], dict[str, Any]]) -> None:
    assert refusal(good(ending)) == ""


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(("edit", "words"), ATTACKS.values(), ids=ATTACKS)
def test_attack_is_refused(
    edit: Callable[[Layers], None], words: str, ending: str, good: Callable[[str], dict[str, Any]]
) -> None:
    described = good(ending)
    edit(described["config"]["layers"])
    assert_one_sentence(refusal(described), words)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(("edit", "words"), OLD_ATTACKS.values(), ids=OLD_ATTACKS)
def test_attack_in_the_old_format_is_refused(
    edit: Callable[[Layers], None], words: str, ending: str, good: Callable[[str], dict[str, Any]]
) -> None:
    described = good(ending)
    edit(described["config"]["layers"])
    assert_one_sentence(refusal(described), words)


def assert_one_sentence(message: str, words: str) -> None:
    assert message.startswith(f"{PATH} "), message
    assert words in message
    assert "; " in message  # what is wrong; what to do
    assert message.isprintable()
    assert len(message) < 300


def test_attack_is_refused_among_the_users_own_classes_too(good: Callable[[str], dict[str, Any]]) -> None:
    """A class of the user's that happens to have the name of one of Keras does not open the door to that."""
    described = good(".keras")
    ATTACKS["saved model"][0](described["config"]["layers"])
    assert "names TFSMLayer" in refusal(described, {"TFSMLayer": model_zoo.ScaledTanh})
    described["config"]["layers"][1]["registered_name"] = "TFSMLayer"
    assert "names TFSMLayer" in refusal(described, {"TFSMLayer": model_zoo.ScaledTanh})


def test_how_a_model_inside_was_trained_is_not_read(tmp_path: Path) -> None:
    inner = model_zoo.functional()
    inner.compile("adam", "categorical_crossentropy")
    image = keras.Input((model_zoo.H, model_zoo.W, 3))
    keras.Model(image, inner(image)).save(tmp_path / "model.keras")
    loaded = own_models.load_model_file(tmp_path / "model.keras")
    assert getattr(loaded.get_layer(inner.name), "optimizer", None) is None
    assert "compile_from_config" not in vars(keras.Model)


def test_files_beside_the_model_are_refused(tmp_path: Path) -> None:
    """Keras would unpack them, for a layer that reads its vocabulary."""
    path = tmp_path / "model.keras"
    model_zoo.functional().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/layers/string_lookup/vocabulary.txt", "a")
    with pytest.raises(ModelError, match="holds 1 files beside the three of a model"):
        own_models.load_model_file(path)
    assert own_models.load_model_file(path, unsafe=True).count_params() == 355


def test_calls_are_counted_over_models_inside_models(good: Callable[[str], dict[str, Any]]) -> None:
    """70 kB: models inside each other, each called eight times, six levels: 262 144 calls."""
    described = good(".keras")
    layers: Layers = described["config"]["layers"]
    node = layers[1]["inbound_nodes"][0]
    inner = klass("keras.layers", "ReLU", {"name": "relu"})
    for level in range(6):
        inner = klass("keras", "Sequential", {"name": f"s{level}", "layers": [inner]}) | {"inbound_nodes": [node] * 8}
    layers.append(inner | {"name": "s5"})
    assert "calls its layers more than 10000 times" in refusal(described)
