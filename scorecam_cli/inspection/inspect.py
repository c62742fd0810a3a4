"""What kind of file a model file is, learnt before Keras sees it: by its first bytes and its structure."""

from __future__ import annotations

import re
import stat
from enum import Enum
from pathlib import Path, PurePosixPath

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.archives import CONFIG, check_archive, open_archive
from scorecam_cli.inspection.child import Part, look_into_hdf5
from scorecam_cli.inspection.limits import CONFIG_BYTES, SAVE_WHOLE

HEAD_BYTES = 512  # the farthest mark looked for is tar's "ustar", at 257

_HDF5_MARK = b"\x89HDF\r\n\x1a\n"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")  # members follow; an archive without any
_REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/+(.*)$")  # Path("gs://a/b") reads gs:/a/b
_UNPACK = "is packed or compressed; unpack it and give the .keras or .h5 file inside"
_PHOTO = "is a photo, not a Keras model; give a file ending in .keras, .h5 or .hdf5"

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
    head = head.ljust(2, b"\0")
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


def check_contents(path: Path, kind: FileKind) -> int:
    """Refuse a file that reaches outside itself, unpacks to far more than it stores or is damaged.

    Returns:
        How many numbers its arrays hold: weights, and what an optimizer kept of them.

    Raises:
        ModelError: as said.
    """
    if kind is FileKind.KERAS_ARCHIVE:
        return check_archive(path)
    return look_into_hdf5(Part(path), path=path).numbers


def _zip_kind(path: Path) -> FileKind:
    with open_archive(path) as archive:
        names = archive.namelist()
    if CONFIG in names:
        return FileKind.KERAS_ARCHIVE
    if any(PurePosixPath(name).name == "data.pkl" for name in names):
        raise ModelError(f"{path} is a PyTorch file, not a Keras model; build the model in Keras and {SAVE_WHOLE}")
    if names and all(name.endswith(".npy") for name in names):
        raise ModelError(f"{path} is a NumPy archive, not a Keras model; {SAVE_WHOLE}")
    raise ModelError(f"{path} is a zip archive without a Keras model; unpack it and give the .keras or .h5 file inside")


def _hdf5_kind(path: Path) -> FileKind:
    kinds = {
        "model": FileKind.KERAS_HDF5,
        "legacy weights": FileKind.LEGACY_WEIGHTS_HDF5,
        "weights": FileKind.WEIGHTS_HDF5,
    }
    kind = kinds.get(look_into_hdf5(Part(path), path=path).holds)
    if kind is None:
        raise ModelError(f"{path} is an HDF5 file, but not one that Keras wrote; {SAVE_WHOLE}")
    return kind
