"""The zip archive that a .keras file is: opened, checked and read without believing what its headers say."""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from shutil import copyfileobj

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.child import Part, look_into_hdf5
from scorecam_cli.inspection.limits import (
    CONFIG_BYTES,
    DAMAGED,
    DIRECTORY_BYTES,
    EXPANSION,
    FREE_BYTES,
    FROM_ITS_MAKER,
    MEMBERS,
    SAVE_WHOLE,
)

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, for reading; whatever fails while it is read counts as damage.

    Raises:
        ModelError: damaged, or a list of members so long that it would not fit into memory.
    """
    try:
        with _ShortReads(path) as file, zipfile.ZipFile(file) as archive:
            file.longest = None
            yield archive
    except ModelError:
        raise
    except Exception as error:  # zipfile lets through what struct, zlib and its own arithmetic raise
        raise ModelError(f"{path} {DAMAGED}") from error


class _ShortReads(io.FileIO):
    """A file that refuses to be read far at once: zipfile takes the list of members in one go, as long as it says."""

    longest: int | None = DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        length = left if size is None or size < 0 else min(size, left)
        if self.longest is not None and length > self.longest:
            raise ModelError(f"{self.name} has a list of members above {self.longest >> 20} MiB; {FROM_ITS_MAKER}")
        return super().read(length)


def check_archive(path: Path) -> int:
    """Refuse a .keras archive that is damaged, reaches outside itself or unpacks to far more than it stores.

    Every member is read once: Keras reads weights in jumps and would not notice a wrong checksum.

    Returns:
        How many numbers its weights file holds.

    Raises:
        ModelError: as said.
    """
    file_bytes = path.stat().st_size
    with open_archive(path) as archive:
        _check_members(archive.infolist(), path, file_bytes)
        if WEIGHTS not in archive.namelist():
            raise ModelError(f"{path} holds no {WEIGHTS}; {SAVE_WHOLE}")
        if archive.testzip():
            raise ModelError(f"{path} {DAMAGED}")
        with _weights_part(archive, path) as part:
            return look_into_hdf5(part, path=path).numbers


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The first CONFIG_BYTES of a member and one more: whoever gets that one knows that it is too long."""
    with archive.open(name) as member:
        return member.read(CONFIG_BYTES + 1)


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


@contextmanager
def _weights_part(archive: zipfile.ZipFile, path: Path) -> Iterator[Part]:
    """Where the weights lie as they are: HDF5 reads in jumps, and zipfile begins anew at each jump back."""
    member = archive.getinfo(WEIGHTS)
    if member.compress_type == zipfile.ZIP_STORED:
        with path.open("rb") as file:
            file.seek(member.header_offset)
            name_bytes, extra_bytes = struct.unpack("<26x2H", file.read(30))  # end of the local header
        yield Part(path, member.header_offset + 30 + name_bytes + extra_bytes, member.file_size)
    else:
        with tempfile.TemporaryDirectory(prefix="scorecam-") as folder:
            unpacked = Path(folder) / "weights"
            with archive.open(member) as packed, unpacked.open("wb") as file:
                copyfileobj(packed, file)
            yield Part(unpacked)
