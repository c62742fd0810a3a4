"""What a model file is and what it holds, learnt before Keras sees it: nothing in it is run or rebuilt here."""

from __future__ import annotations

import json
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from scorecam_cli.errors import ModelError

SAVE_WHOLE = 'save the whole model with model.save("model.keras") and give that file'

HEAD_BYTES = 512  # the farthest mark looked for is tar's "ustar", at 257
CONFIG_BYTES = 64 << 20  # a config.json takes about 500 bytes a layer: room for 100 000 layers
BOMB_BYTES = 256 << 20  # below this a member that unpacks to much more than it stores does no harm
BOMB_RATIO = 100  # weights barely compress; deflate reaches 1032 on zeros

_HDF5_MARK = b"\x89HDF\r\n\x1a\n"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")  # members follow; an archive without any
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError)
_HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError)
_REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/+(.*)$")  # Path("gs://a/b") reads gs:/a/b
_UNPACK = "is packed or compressed; unpack it and give the .keras or .h5 file inside"
_PHOTO = "is a photo, not a Keras model; give a file ending in .keras, .h5 or .hdf5"
# Where the old format, which names no module, looks a class or function up.
_ROOMS = ("layers", "models", "initializers", "regularizers", "constraints", "activations", "dtype_policies")
_DAMAGED = "is cut short or damaged; copy or download it again"

# Where a mark stands, the mark, what the file is and what to do.
_FOREIGN_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"version https://git-lfs", "is a Git LFS pointer, not the model itself; fetch the file with `git lfs pull`"),
    (4, b"TFL3", "is a TensorFlow Lite model, which hides its layers; give the Keras model it was converted from"),
    (0, b"\x08\x01\x12", f"is part of a TensorFlow SavedModel; load it in the code that trained it and {SAVE_WHOLE}"),
    (0, b"\x93NUMPY", f"is a NumPy array, not a Keras model; {SAVE_WHOLE}"),
    (0, b"\xff\xd8\xff", _PHOTO),
    (0, b"\x89PNG", _PHOTO),
    (257, b"ustar", _UNPACK),
    (0, b"\x1f\x8b", _UNPACK),
    (0, b"BZh", _UNPACK),
    (0, b"\xfd7zXZ", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", _UNPACK),
    (0, b"7z\xbc\xaf", _UNPACK),
)


class FileKind(Enum):
    """What a file that Keras wrote holds."""

    KERAS_ARCHIVE = "whole model, .keras archive"
    KERAS_HDF5 = "whole model, HDF5"
    WEIGHTS_HDF5 = "weights only, layout of Keras 3"
    LEGACY_WEIGHTS_HDF5 = "weights only, layout of the Keras downloads"


@dataclass(frozen=True)
class ModelFacts:
    """What the description of a model says of itself.

    keras_version: of the Keras that saved it; None where the file does not say.
    objects: every JSON object with a `class_name`, at any depth.
    """

    keras_version: str | None
    objects: tuple[dict[str, Any], ...]


def identify(path: Path) -> FileKind:
    """Tell what kind of Keras file this is, by its first bytes and its structure, never by its name.

    Raises:
        ModelError: not a file, not readable, damaged, or not written by Keras; the message says what to do.
    """
    require_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if not head:
        raise ModelError(f"{path} is empty; copy or download it again")
    if head.startswith(_HDF5_MARK):
        return _hdf5_kind(path)
    if head.startswith(_ZIP_MARKS):
        return _zip_kind(path)
    raise ModelError(f"{path} {_describe_foreign(head)}")


def require_file(path: Path) -> None:
    """Refuse what is not a plain file, without opening it: a FIFO would block for ever.

    Raises:
        ModelError: missing, remote, a folder, a FIFO or device, or out of reach.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(_describe_missing(path)) from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if stat.S_ISDIR(mode):
        raise ModelError(f"{path} {_describe_folder(path)}")
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is a pipe or a device, not a file; save the model to a file first")


def _describe_missing(path: Path) -> str:
    if remote := _REMOTE.match(str(path)):
        return f"{remote[1]}://{remote[2]} is not on this machine; download it first and give the path of the file"
    if path.is_symlink():
        return f"{path} is a link to a file that does not exist; check where it points"
    if path.with_name(path.name + ".index").exists():
        return f"{path} is a TensorFlow checkpoint; load it in the code that trained it and {SAVE_WHOLE}"
    return f"{path} does not exist; check the path of the model file"


def _describe_folder(path: Path) -> str:
    if any((path / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        return f"is a TensorFlow SavedModel folder; load it in the code that trained it and {SAVE_WHOLE}"
    if (path / "config.json").exists():
        return f"is the folder of an unpacked .keras file; {SAVE_WHOLE}"
    return "is a folder; give the model file itself, ending in .keras, .h5 or .hdf5"


def _describe_foreign(head: bytes) -> str:
    for offset, mark, answer in _FOREIGN_MARKS:
        if head[offset : offset + len(mark)] == mark:
            return answer
    if head[0] == 0x80 and 2 <= head[1] <= 5:  # the opcode PROTO of pickle and its argument
        return f"is a Python pickle (joblib or PyTorch), which can run code; load it where it was made and {SAVE_WHOLE}"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= CONFIG_BYTES:
        return f"is a safetensors file, which holds no Keras model; {SAVE_WHOLE}"
    if head[0] == 0x08 and 3 <= head[1] <= 20 and head[2:3] in (b"\x12", b"\x1a", b"\x22", b"\x3a"):
        # protobuf: ir_version, then one of the string fields of ModelProto or its graph
        return "is an ONNX model, not a Keras model; give the Keras model it was converted from"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:14].lower().startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "is a web page, not a model; download the model file itself"
    if text.startswith(b"{") and _is_text(head):
        return f"is JSON text, which holds no weights; {SAVE_WHOLE}"
    if _is_text(head):
        return "is a text file, not a Keras model; give a file saved with model.save"
    return f"is not a Keras model; {SAVE_WHOLE}"


def _is_text(head: bytes) -> bool:
    """No control characters but white space; the last character may be cut at the end of the head."""
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) >= len(head) - 3 and all(letter.isprintable() or letter.isspace() for letter in text)


def _zip_kind(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _ZIP_ERRORS as error:
        raise ModelError(f"{path} {_DAMAGED}") from error
    if "config.json" in names:
        return FileKind.KERAS_ARCHIVE
    if any(PurePosixPath(name).name == "data.pkl" for name in names):
        raise ModelError(f"{path} is a PyTorch file, not a Keras model; build the model in Keras and {SAVE_WHOLE}")
    if names and all(name.endswith(".npy") for name in names):
        raise ModelError(f"{path} is a NumPy archive, not a Keras model; {SAVE_WHOLE}")
    raise ModelError(f"{path} is a zip archive without a Keras model; unpack it and give the .keras or .h5 file inside")


def _hdf5_kind(path: Path) -> FileKind:
    import h5py

    try:
        with h5py.File(path, "r") as h5:
            if "model_config" in h5.attrs:
                return FileKind.KERAS_HDF5
            inside = h5.get("model_weights", getclass=True, getlink=True) is h5py.HardLink  # a link may lead anywhere
            if _names_layers(h5) or (inside and _names_layers(h5["model_weights"])):
                return FileKind.LEGACY_WEIGHTS_HDF5
            if h5.visit(lambda name: name.rsplit("/", 1)[-1] == "vars" or None):
                return FileKind.WEIGHTS_HDF5
    except BlockingIOError as error:  # HDF5 locks a file while a training run writes it
        raise ModelError(f"{path} is being written by another program; wait until that is done") from error
    except _HDF5_ERRORS as error:
        raise ModelError(f"{path} {_DAMAGED}") from error
    raise ModelError(f"{path} is an HDF5 file, but not one that Keras wrote; {SAVE_WHOLE}")


def _names_layers(group: Any) -> bool:
    """A long list is split over layer_names0, layer_names1, ...: an attribute holds at most 64 KB."""
    return "layer_names" in group.attrs or "layer_names0" in group.attrs


def check_archive(path: Path) -> None:
    """Refuse a .keras archive that is damaged, names files outside itself or unpacks to far more than it stores.

    Every member is read once: Keras reads weights in jumps and would not notice a wrong checksum.

    Raises:
        ModelError: as said.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if ".." in parts or parts[0] == "/" or parts[0].endswith(":"):
                    raise ModelError(f"{path} names a file outside itself; do not use it, get the model from its maker")
                if member.file_size > max(BOMB_BYTES, BOMB_RATIO * member.compress_size):
                    raise ModelError(f"{path} unpacks to far more than it stores; get the model from its maker")
            weights = "model.weights.h5" in archive.namelist()
            if archive.getinfo("config.json").file_size > CONFIG_BYTES:
                raise ModelError(
                    f"{path} has a config.json above {CONFIG_BYTES >> 20} MiB; get the model from its maker"
                )
            damaged = archive.testzip()
    except _ZIP_ERRORS as error:
        raise ModelError(f"{path} {_DAMAGED}") from error
    if damaged:
        raise ModelError(f"{path} {_DAMAGED}")
    if not weights:
        raise ModelError(f"{path} holds no model.weights.h5; {SAVE_WHOLE}")


def read_facts(path: Path, kind: FileKind) -> ModelFacts:
    """Read the description of a whole model, as data.

    Raises:
        ModelError: the description is not readable JSON.
    """
    try:
        config, version = _archive_config(path) if kind is FileKind.KERAS_ARCHIVE else _hdf5_config(path)
        return ModelFacts(version, tuple(_objects(json.loads(config))))
    except (*_ZIP_ERRORS, KeyError, TypeError, RecursionError) as error:  # ValueError is JSON's own
        raise ModelError(f"{path} describes its model in a way that cannot be read; {SAVE_WHOLE}") from error


def _archive_config(path: Path) -> tuple[bytes, str | None]:
    with zipfile.ZipFile(path) as archive:
        with archive.open("config.json") as member:
            config = member.read(CONFIG_BYTES)
        if "metadata.json" not in archive.namelist():
            return config, None
        with archive.open("metadata.json") as member:
            metadata = json.loads(member.read(CONFIG_BYTES))
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return config, _version(version)


def _hdf5_config(path: Path) -> tuple[bytes, str | None]:
    import h5py

    with h5py.File(path, "r") as h5:
        config, version = h5.attrs["model_config"], h5.attrs.get("keras_version")
    return config, _version(version)


def _version(found: Any) -> str | None:
    """What a terminal may show as a version; anything else counts as none."""
    text = found.decode("utf-8", errors="replace") if isinstance(found, bytes) else found
    return text if isinstance(text, str) and re.fullmatch(r"[0-9][0-9A-Za-z.+-]{0,31}", text) else None


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every described object; a stack, not recursion, so depth costs nothing."""
    if isinstance(config, dict):  # load_model(compile=False) leaves the outer one unread
        config = {key: value for key, value in config.items() if key != "compile_config"}
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def carries_code(described: dict[str, Any]) -> bool:
    """Whether this object holds, or fetches, code of its own, which Keras's safe mode refuses as well."""
    if described["class_name"] in ("__lambda__", "TFSMLayer", "TorchModuleWrapper"):
        return True
    config = described.get("config")
    # Keras 2 wrote the bytecode, its defaults and its closure as a list
    return described["class_name"] == "Lambda" and isinstance(config, dict) and isinstance(config.get("function"), list)


def unknown_classes(facts: ModelFacts, known: Collection[str]) -> list[str]:
    """Name, in alphabetical order, the classes and functions that are neither Keras's own, registered, nor `known`."""
    unknown = {_name(described) for described in facts.objects if not _is_known(described, known)}
    return sorted(name.rsplit(">", 1)[-1] for name in unknown)


def own_classes(facts: ModelFacts) -> list[str]:
    """Name, in alphabetical order, the classes a .keras archive takes from elsewhere than Keras."""
    own = (item for item in facts.objects if "module" in item and item["class_name"] != "function")
    return sorted({item["class_name"] for item in own if str(item["module"]).split(".")[0] != "keras"})


def _name(described: dict[str, Any]) -> str:
    return str(described.get("config") if described["class_name"] == "function" else described["class_name"])


def _is_known(described: dict[str, Any], known: Collection[str]) -> bool:
    import keras

    name, module = _name(described), described.get("module")
    if name.startswith("__"):  # Keras's notation for values: __keras_tensor__, __numpy__, ...
        return True
    registered = str(described.get("registered_name") or name)
    if registered in known or keras.saving.get_registered_object(registered) is not None:
        return True
    if isinstance(module, str) and module != "builtins":
        return module.split(".")[0] == "keras" and hasattr(sys.modules.get(module), name)
    return any(hasattr(getattr(keras, room), name) for room in _ROOMS)
