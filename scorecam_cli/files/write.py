"""Whole files or none: each is written beside its place under another name, then moved over it in one step."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.files.png import encode_rows
from scorecam_cli.files.temporaries import sweep, temporary_name
from scorecam_cli.manifest import WrittenFile

# A 12-megapixel overlay takes 0.8 s and 16.4 MB at level 1, 1.2 s and 15.6 MB at 3, 4.6 s and 14.7 MB at 6; a heatmap
# 0.3 s and 2.8 MB at level 1, 0.5 s and 1.4 MB at 6. Time is worth more here than the tenth of the disk.
COMPRESS_LEVEL = 1

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than the system allows",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "the folder does not exist",
    errno.ENOTDIR: "a file stands where a folder should be",
    errno.EEXIST: "a file stands where a folder should be",
    errno.EISDIR: "a folder stands where the file should be",
    errno.ENAMETOOLONG: "the name is too long for the file system",
    errno.ELOOP: "a symbolic link in its path leads back to itself",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_MORE = (*_FULL, errno.EROFS)  # with these the files of every other photo would fail as well
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # some file systems in user space: the file is written
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)  # the file system has none
_BUFFER_BYTES = 2**20  # the encoder of PNG gives 64 kB and a few bytes by turns
_swept: set[Path] = set()  # folders this process has written to


def write_png(path: Path, rgb: NDArray[np.uint8]) -> WrittenFile:
    """A PNG of the pixels and nothing else: no metadata of the photo, the same bytes for the same pixels.

    Args:
        path: replaced if it exists, also where it is a symbolic link; its folder is made.
        rgb: uint8 [H0, W0, 3].

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    return write_image(path, Image.fromarray(rgb))


def write_image(path: Path, image: Image.Image, *, dpi: int | None = None) -> WrittenFile:
    """The PNG that `write_png` makes, of an image of mode RGB; dpi: its dots in an inch, None: not said.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    said: dict[str, Any] = {} if dpi is None else {"dpi": (dpi, dpi)}
    # Straight to the disk: the encoded picture of a large photo would take hundreds of megabytes more.
    return _write_whole(path, lambda file: image.save(file, "PNG", compress_level=COMPRESS_LEVEL, **said))


def write_rows(path: Path, parts: Iterable[NDArray[np.uint8]], *, width: int, height: int) -> WrittenFile:
    """A PNG of the same pixels in less memory and more bytes, see `png.encode_rows`.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    shape = {"width": width, "height": height}
    return _write_whole(path, lambda file: encode_rows(file, parts, compress_level=COMPRESS_LEVEL, **shape))


def write_array(path: Path, array: NDArray[np.float32]) -> WrittenFile:
    """A `.npy` file of the map as it was computed, float32, C order.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    encoded = io.BytesIO()
    np.save(encoded, np.ascontiguousarray(array, dtype="<f4"), allow_pickle=False)
    return write_bytes(path, encoded.getvalue())


def write_text(path: Path, text: str) -> None:
    """A text file in UTF-8, in which file names in no valid encoding survive.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def write_bytes(path: Path, data: bytes) -> WrittenFile:
    """A file of these bytes.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    return _write_whole(path, lambda file: file.write(data))


def write_json(path: Path, obj: Any) -> None:
    """A JSON file in plain ASCII, so that file names in no valid encoding survive.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    text = json.dumps(obj, indent=2, allow_nan=False)  # NaN is no JSON, and must not occur
    write_bytes(path, f"{text}\n".encode("ascii"))


def write_new(path: Path, data: bytes) -> bool:
    """A file of these bytes where none is, whole as soon as it is there; False where there is one, which stays.

    Of several processes that call this at the same time one writes, on file systems that have hard links.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    if os.path.lexists(path):
        return False
    temporary = path.with_name(temporary_name(path.name))
    try:
        _make_folder(path.parent)
        try:
            _write_synced(temporary, lambda file: file.write(data))
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    return True


def require_writable(folder: Path) -> None:
    """Nothing, where a file can be made in a folder, which is made itself where it is missing.

    A full disk is not asked about: there may be room again when there is something to write.

    Raises:
        PhotoError: none can.
    """
    if folder in _swept:
        return
    probe = folder / temporary_name("probe")
    try:
        _make_folder(folder)
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        probe.unlink()
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) or error.errno not in _FULL:
            raise unwritable(folder, error) from error
    else:
        _sweep_once(folder)


def remove(path: Path) -> None:
    """Take back a file, a manifest say, before what it vouches for is written anew; nothing where there is none.

    Raises:
        PhotoError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:  # nothing there; the first file written says what is wrong
        pass
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error


def _write_whole(path: Path, fill: Callable[[BinaryIO], object]) -> WrittenFile:
    """What `fill` writes, at `path`, all or none, whatever interrupts."""
    try:
        _make_folder(path.parent)
        _sweep_once(path.parent)
        temporary = path.with_name(temporary_name(path.name))
        try:
            written = _write_synced(temporary, fill)
            temporary.replace(path)  # over a symbolic link, not through it
        except BaseException:  # an interrupt, too, leaves nothing behind
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    return written


def _make_folder(folder: Path) -> None:
    """The folder and those above it that are missing; not by recursion: folders nest deeper than Python calls."""
    missing = []
    while True:
        try:
            folder.mkdir(exist_ok=True)
            break
        except FileNotFoundError:
            if folder.parent == folder:
                raise
            missing.append(folder)
            folder = folder.parent
    for inner in reversed(missing):
        inner.mkdir(exist_ok=True)


def unwritable(path: Path, error: OSError | ValueError) -> PhotoError:
    """Why a file could not be written, in words; an OutputError where nothing else could be written either."""
    if isinstance(error, ValueError):  # a NUL byte, a lone surrogate, or no name at all
        return PhotoError(f"cannot write {path}: this cannot be a file name on this system")
    reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    kind = OutputError if error.errno in _NO_MORE else PhotoError
    return kind(f"cannot write {path}: {reason}")


def _sweep_once(folder: Path) -> None:
    """Before the first file that this process writes there: remove what dead processes left half-written."""
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)


def _write_synced(path: Path, fill: Callable[[BinaryIO], object]) -> WrittenFile:
    """Write a new file to the disk; what is told of it is asked of the open file, whoever has its name by then."""
    # Mode 0666: the system takes the umask off by itself. Reading the umask means setting it for a moment, which every
    # other thread would see.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    raw = _Digested(descriptor, "wb")
    with io.BufferedWriter(raw, _BUFFER_BYTES) as file:
        fill(file)
        file.flush()
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise
        status = os.fstat(descriptor)
    return WrittenFile(status.st_size, raw.sha256.hexdigest(), status.st_mtime_ns, status.st_ino)


class _Digested(io.FileIO):
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self.sha256 = hashlib.sha256()

    def write(self, data: Any) -> int:
        """Write some of the bytes, as many as the disk takes at once."""
        count = super().write(data)
        self.sha256.update(memoryview(data)[:count])
        return count
