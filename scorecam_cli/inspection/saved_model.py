"""The folder of a TensorFlow SavedModel: that it is one, that it leads nowhere else, and which bytes it holds."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.limits import DAMAGED, FROM_ITS_MAKER, SAVED_FILES
from scorecam_cli.inspection.places import OutsideError, Places
from scorecam_cli.inspection.protobuf import fields_of

PROGRAM = "saved_model.pb"
_META_GRAPHS = 2  # of a SavedModel
_PROGRAM_BYTES = 2 << 30


def is_saved_model(path: Path) -> bool:
    """Whether this is the folder of one."""
    return os.path.isdir(path) and os.path.lexists(path / PROGRAM)  # noqa: PTH112 - too long a name is no error


def look_into_saved_model(path: Path) -> int:
    """Refuse a folder that is damaged, or holds anything but plain files and folders.

    Returns:
        How many bytes it stores.

    Raises:
        ModelError: as said.
    """
    stored = sum(file.stat().st_size for file in _files(path))
    program = path / PROGRAM
    if not program.is_file() or program.stat().st_size > _PROGRAM_BYTES:
        raise ModelError(f"{path} holds a TensorFlow SavedModel that {DAMAGED}")
    try:
        with program.open("rb") as file:
            size = program.stat().st_size
            if not any(field.number == _META_GRAPHS for field in fields_of(Places(file, size), 0, size)):
                raise OutsideError
        if not (path / "variables" / "variables.index").is_file():
            raise OutsideError
    except OutsideError as error:
        raise ModelError(f"{path} holds a TensorFlow SavedModel that {DAMAGED}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    return stored


def saved_model_sha256(path: Path) -> str:
    """Identify the names and bytes of the folder: 64 hexadecimal digits; notes about it that Keras adds count, too.

    Raises:
        ModelError: a file cannot be read, or is no plain file.
    """
    digest = hashlib.sha256()
    try:
        for file in _files(path):
            with file.open("rb") as opened:
                one = hashlib.file_digest(opened, "sha256").digest()
            digest.update(os.fsencode(file.relative_to(path)) + b"\0" + one)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """Every file below the folder, in order of name; nothing that a link, a pipe or a device could lead to."""
    count = 0
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
        for entry in entries:
            count += 1
            mode = entry.stat(follow_symlinks=False).st_mode
            if count > SAVED_FILES:
                raise ModelError(f"{path} holds more than {SAVED_FILES} files; {FROM_ITS_MAKER}")
            if stat.S_ISDIR(mode):
                waiting.append(Path(entry.path))
            elif stat.S_ISREG(mode):
                yield Path(entry.path)
            else:
                raise ModelError(f"{path} holds a link, a pipe or a device ({entry.name!r}); {FROM_ITS_MAKER}")
