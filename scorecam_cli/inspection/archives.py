"""The zip archive that a .keras file is: opened once, checked and read without believing what its headers say."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import IO, Any, NamedTuple

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.hdf5_structure import look_into
from scorecam_cli.inspection.limits import (
    CONFIG_BYTES,
    DAMAGED,
    EXPANSION,
    FREE_BYTES,
    FROM_ITS_MAKER,
    MEMBERS,
    SAVE_WHOLE,
)

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


class Archive(NamedTuple):
    """What a .keras archive holds.

    numbers: how many its weights file holds. config, metadata: JSON text, perhaps one byte longer than any is read.
    others: members beside the three of a model.
    """

    numbers: int
    config: bytes
    metadata: bytes
    others: int


def look_into_archive(where: Path, path: Path, spare: IO[bytes]) -> Archive:
    """Refuse a .keras archive that is damaged, reaches outside itself or unpacks to far more than it stores.

    Every member is read once: Keras reads weights in jumps and would not notice a wrong checksum.

    Args:
        where: where it lies.
        path: what the user calls it.
        spare: an empty file, for weights that have to be unpacked.

    Raises:
        ModelError: as said. Whatever zipfile and h5py raise: damaged.
    """
    import h5py

    file_bytes = where.stat().st_size
    with where.open("rb") as file, zipfile.ZipFile(file) as archive:
        _check_members(archive.infolist(), path, file_bytes)
        names = archive.namelist()
        if CONFIG not in names:
            raise ModelError(f"{path} {_what_else(names)}")
        if WEIGHTS not in names:
            raise ModelError(f"{path} holds no {WEIGHTS}; {SAVE_WHOLE}")
        if archive.testzip():
            raise ModelError(f"{path} {DAMAGED}")
        with h5py.File(_weights(archive, file, spare), "r") as h5:
            numbers = look_into(h5, path, file_bytes=file_bytes).numbers
        metadata = _read(archive, METADATA) if METADATA in names else b"{}"
        return Archive(numbers, _read(archive, CONFIG), metadata, len({*names} - {CONFIG, METADATA, WEIGHTS}))


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """The first CONFIG_BYTES of a member and one more: whoever gets that one knows that it is too long."""
    with archive.open(name) as member:
        return member.read(CONFIG_BYTES + 1)


def _what_else(names: Sequence[str]) -> str:
    if any(PurePosixPath(name).name == "data.pkl" for name in names):
        return f"is a PyTorch file, not a Keras model; build the model in Keras and {SAVE_WHOLE}"
    if names and all(name.endswith(".npy") for name in names):
        return f"is a NumPy archive, not a Keras model; {SAVE_WHOLE}"
    return "is a zip archive without a Keras model; unpack it and give the .keras or .h5 file inside"


def _check_members(members: Sequence[zipfile.ZipInfo], path: Path, file_bytes: int) -> None:
    """What the list of members says, before any of them is read."""
    if len(members) > MEMBERS:
        raise ModelError(f"{path} has {len(members)} members, a model has three; {FROM_ITS_MAKER}")
    if len({member.filename for member in members}) < len(members):
        raise ModelError(f"{path} holds two members of one name; {FROM_ITS_MAKER}")
    for member in members:
        _check_member(member, path)
    if sum(member.compress_size for member in members) > file_bytes:
        raise ModelError(f"{path} has members that overlap; {FROM_ITS_MAKER}")
    if sum(member.file_size for member in members) > max(FREE_BYTES, EXPANSION * file_bytes):
        raise ModelError(f"{path} unpacks to far more than it stores; {FROM_ITS_MAKER}")


def _check_member(member: zipfile.ZipInfo, path: Path) -> None:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or parts[0].endswith(":"):
        raise ModelError(f"{path} names a file outside itself; {FROM_ITS_MAKER}")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ModelError(f"{path} holds a link or a device, not only files; {FROM_ITS_MAKER}")
    if member.flag_bits & 1:
        raise ModelError(f"{path} is locked with a password; unpack it and {SAVE_WHOLE}")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack without a bound
        raise ModelError(f"{path} is packed in a way that Keras never uses; {SAVE_WHOLE}")
    if member.filename in (CONFIG, METADATA) and member.file_size > CONFIG_BYTES:
        raise ModelError(f"{path} has a {member.filename} above {CONFIG_BYTES >> 20} MiB; {FROM_ITS_MAKER}")


def _weights(archive: zipfile.ZipFile, file: IO[bytes], spare: IO[bytes]) -> Any:
    """The weights as a file of their own: HDF5 reads in jumps, and zipfile begins anew at each jump back."""
    member = archive.getinfo(WEIGHTS)
    if member.compress_type != zipfile.ZIP_STORED:
        with archive.open(member) as packed:
            copyfileobj(packed, spare)
        spare.flush()
        return spare
    file.seek(member.header_offset)
    name_bytes, extra_bytes = struct.unpack("<26x2H", file.read(30))  # end of the local header
    return _Slice(file, member.header_offset + 30 + name_bytes + extra_bytes, member.file_size)


class _Slice(io.RawIOBase):
    """`size` bytes of a file from `first` on, as a file."""

    def __init__(self, file: IO[bytes], first: int, size: int) -> None:
        self._file, self._first, self._size, self._at = file, first, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        self._file.seek(self._first + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
