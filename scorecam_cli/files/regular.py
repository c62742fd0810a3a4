"""Open a file only where it is a plain file, so that a pipe, a device or a folder is never touched."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from scorecam_cli.errors import PhotoError

# O_NONBLOCK: should a pipe take the file's place between the look and the opening, the opening returns at once.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_PIECE = 2**20  # read at once of a file that holds more than its size said

_REASONS = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file: a part of its path is not a folder",
    errno.EACCES: "permission denied: the file cannot be read",
    errno.EPERM: "permission denied: the file cannot be read",
    errno.ELOOP: "a symbolic link that leads back to itself",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.EISDIR: "a folder, not a photo",
}


def open_regular(path: Path) -> io.BufferedReader:
    """A plain file, open for reading bytes; symbolic links are followed.

    Raises:
        PhotoError: the file is missing, not readable, or no plain file.
    """
    try:
        _require_regular(path.stat())  # before the opening: opening some devices has effects
        descriptor = os.open(path, _FLAGS)
        try:
            _require_regular(os.fstat(descriptor))
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except (OSError, ValueError) as error:
        raise PhotoError(reason_of(error)) from error


def read_regular(path: Path, limit: int) -> bytes:
    """All bytes of a plain file that holds no more than `limit` of them.

    Raises:
        PhotoError: the file is missing, not readable, no plain file, or larger than `limit` bytes.
    """
    try:
        with open_regular(path) as file:
            return read_opened(file, limit)
    except OSError as error:  # of closing, too: a network's file system may tell then what went wrong
        raise PhotoError(reason_of(error)) from error


def read_opened(file: io.BufferedReader | io.BufferedRandom, limit: int) -> bytes:
    """All bytes of an open file; memory is taken for what the file holds, not for what it may hold.

    Raises:
        PhotoError: it cannot be read, or holds more than `limit` bytes.
    """
    try:
        size = os.fstat(file.fileno()).st_size
        data, wanted = b"", min(size, limit) + 1
        while piece := file.read(wanted):
            data += piece
            if len(data) > limit:
                raise too_many_bytes(limit)
            if len(piece) < wanted:
                break
            wanted = min(_PIECE, limit + 1 - len(data))  # of a file that grows
        return data
    except OSError as error:
        raise PhotoError(reason_of(error)) from error
    except MemoryError as error:
        raise PhotoError(f"not enough memory for a file of {size / 2**20:.0f} MiB") from error


def too_many_bytes(limit: int) -> PhotoError:
    """The sentence about a photo of more bytes than are read."""
    return PhotoError(f"the file is larger than {limit / 2**20:.0f} MiB, the most that is read")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a plain file's bytes, in hexadecimal.

    Raises:
        PhotoError: the file is missing, not readable, or no plain file.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PhotoError(reason_of(error)) from error


def joint_sha256(digests: Mapping[str, str]) -> str:
    """One digest of files by their names and their own digests, in the order given."""
    joint = hashlib.sha256()
    for name, sha256 in digests.items():
        joint.update(os.fsencode(name) + b"\0" + bytes.fromhex(sha256))
    return joint.hexdigest()


def kind_of(mode: int) -> str:
    """What a file that is no plain file is called, from its `st_mode`."""
    names = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "a special file")


def reason_of(error: OSError | ValueError) -> str:
    """Why a file cannot be read, in one sentence without its path."""
    if isinstance(error, ValueError):  # a NUL byte or a lone surrogate that the system cannot encode
        return "the name cannot be a file name on this system"
    known = _REASONS.get(error.errno or 0)
    return known or f"the file cannot be read: {error.strerror or type(error).__name__}"


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError(f"{kind_of(status.st_mode)}, not a photo")
