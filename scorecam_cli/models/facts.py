"""What the description inside a model file says of its layers: read as data, nothing is run or rebuilt."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.models.archives import CONFIG, METADATA, open_archive, read_member
from scorecam_cli.models.limits import (
    CONFIG_BYTES,
    CONFIG_DEPTH,
    CONFIG_ITEMS,
    ERROR_BYTES,
    FROM_ITS_MAKER,
    SAVE_WHOLE,
)

# Where the old format, which names no module, looks a class or function up.
_ROOMS = ("layers", "models", "initializers", "regularizers", "constraints", "activations", "dtype_policies")
# The parts of Keras that models are made of; others download, read and write files.
_MODELLING = frozenset(
    (*_ROOMS, "losses", "metrics", "ops", "optimizers", "quantizers", "random", "src", "engine", "mixed_precision")
)
_CODE = frozenset(("__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"))
_VOCABULARIES = frozenset(("StringLookup", "IntegerLookup", "IndexLookup", "TextVectorization"))


@dataclass(frozen=True)
class ModelFacts:
    """What the description of a model says of itself.

    keras_version: of the Keras that saved it; None where the file does not say.
    objects: every JSON object with a `class_name`, at any depth.
    """

    keras_version: str | None
    objects: tuple[dict[str, Any], ...]


def read_facts(path: Path, *, archive: bool) -> ModelFacts:
    """Read the description of a whole model, as data.

    Args:
        path: a file that passed the checks of its structure. archive: .keras, else HDF5.

    Raises:
        ModelError: the description is not readable JSON, or larger than any model needs.
    """
    try:
        config, version = _archive_config(path) if archive else _hdf5_config(path)
        return ModelFacts(version, _objects(config, path))
    except ModelError:
        raise
    except Exception as error:  # JSON, HDF5 and text decoding each have their own
        raise ModelError(f"{path} describes its model in a way that cannot be read; {SAVE_WHOLE}") from error


def _archive_config(path: Path) -> tuple[bytes, str | None]:
    with open_archive(path) as archive:
        config = read_member(archive, CONFIG)
        metadata = read_member(archive, METADATA) if METADATA in archive.namelist() else b"{}"
    found = _parsed(metadata, path)
    return config, _version(found.get("keras_version") if isinstance(found, dict) else None)


def _hdf5_config(path: Path) -> tuple[Any, str | None]:
    import h5py

    with h5py.File(path, "r") as h5:
        config, version = h5.attrs["model_config"], h5.attrs.get("keras_version")
    return config.encode() if isinstance(config, str) else config, _version(version)


def _parsed(text: Any, path: Path) -> Any:
    """JSON as Python values, if it is no more than a model needs: Python takes up to 40 times the bytes of the text."""
    if len(text) > CONFIG_BYTES:
        raise ModelError(f"{path} describes its model in more than {CONFIG_BYTES >> 20} MiB; {FROM_ITS_MAKER}")
    if sum(text.count(mark) for mark in (b"{", b"[", b",")) > CONFIG_ITEMS:
        raise ModelError(f"{path} describes its model in more than {CONFIG_ITEMS} values; {FROM_ITS_MAKER}")
    return json.loads(text)


def _version(found: Any) -> str | None:
    """What a terminal may show as a version; anything else counts as none."""
    text = found.decode("utf-8", errors="replace") if isinstance(found, bytes) else found
    return text if isinstance(text, str) and re.fullmatch(r"[0-9][0-9A-Za-z.+-]{0,31}", text) else None


def _objects(text: Any, path: Path) -> tuple[dict[str, Any], ...]:
    """Every described object; a stack, not recursion, so depth costs nothing."""
    config = _parsed(text, path)
    if isinstance(config, dict):  # load_model(compile=False) leaves the outer one unread
        config = {key: value for key, value in config.items() if key != "compile_config"}
    found: list[dict[str, Any]] = []
    around: list[int] = []  # for each object, the number of the one around it; -1 where there is none
    sizes: list[int] = []  # characters, for each object
    stack = [(config, 1, -1)]
    while stack:
        value, depth, number = stack.pop()
        if depth > CONFIG_DEPTH:
            raise ModelError(f"{path} describes a model more than {CONFIG_DEPTH} brackets deep; {FROM_ITS_MAKER}")
        if isinstance(value, dict) and isinstance(value.get("class_name"), str):
            found.append(value)
            around.append(number)
            sizes.append(0)
            number = len(found) - 1
        parts = list(value.values() if isinstance(value, dict) else value)
        if number >= 0:
            sizes[number] += sum(len(part) if isinstance(part, str) else 8 for part in (*value, *parts))
        stack += [(part, depth + 1, number) for part in parts if isinstance(part, dict | list)]
    if _longest_error(around, sizes) > ERROR_BYTES:
        raise ModelError(f"{path} describes objects inside each other at great length; {FROM_ITS_MAKER}")
    return tuple(found)


def _longest_error(around: list[int], sizes: list[int]) -> int:
    """Characters that Keras's error for one object can hold, with the errors that it is made from.

    The error of an object holds its whole description and the error of the object inside it: the description of the
    n-th from outside is kept n times.
    """
    whole = list(sizes)
    for number in reversed(range(len(whole))):  # what is inside comes after what is around it
        if around[number] >= 0:
            whole[around[number]] += whole[number]
    levels, kept = [0] * (len(whole) + 1), [0] * (len(whole) + 1)  # the last is for -1, around all
    for number, outer in enumerate(around):
        levels[number] = levels[outer] + 1
        kept[number] = kept[outer] + levels[number] * whole[number]
    return max(kept)


def carries_code(described: dict[str, Any]) -> bool:
    """Whether this object holds, or fetches, code or files from outside; Keras's safe mode refuses most."""
    name, config, module = described["class_name"], described.get("config"), described.get("module")
    parts = module.split(".") if isinstance(module, str) else []
    if name in _CODE or (parts[:1] == ["keras"] and len(parts) > 1 and parts[1] not in _MODELLING):
        return True
    if not isinstance(config, dict):
        return False
    if name in _VOCABULARIES and isinstance(config.get("vocabulary"), str):
        return True  # the path of a file
    # Keras 2 wrote the bytecode, its defaults and its closure as a list
    return name == "Lambda" and isinstance(config.get("function"), list)


def unknown_classes(facts: ModelFacts, known: Collection[str]) -> list[str]:
    """Name, in alphabetical order, the classes and functions that are neither Keras's own, registered, nor `known`."""
    unknown = {name_of(described) for described in facts.objects if not _is_known(described, known)}
    return sorted(name.rsplit(">", 1)[-1] for name in unknown)


def own_classes(facts: ModelFacts) -> list[str]:
    """Name, in alphabetical order, the classes a .keras archive takes from elsewhere than Keras."""
    own = (item for item in facts.objects if "module" in item and item["class_name"] != "function")
    return sorted({item["class_name"] for item in own if str(item["module"]).split(".")[0] != "keras"})


def name_of(described: dict[str, Any]) -> str:
    """The class, or the function where the object is one."""
    return str(described.get("config") if described["class_name"] == "function" else described["class_name"])


def _is_known(described: dict[str, Any], known: Collection[str]) -> bool:
    import keras

    name, module = name_of(described), described.get("module")
    if name.startswith("__"):  # Keras's notation for values: __keras_tensor__, __numpy__, ...
        return True
    registered = str(described.get("registered_name") or name)
    if registered in known or keras.saving.get_registered_object(registered) is not None:
        return True
    if isinstance(module, str) and module != "builtins":
        return module.split(".")[0] == "keras" and hasattr(sys.modules.get(module), name)
    return any(hasattr(getattr(keras, room), name) for room in _ROOMS)
