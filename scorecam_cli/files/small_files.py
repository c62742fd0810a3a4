"""The one door for the small files that a user names: tables, lists, names of classes, code to import.

Each is a plain file of bounded size, or refused in a sentence that names it. A pipe, a device or a folder is never
opened, so that nothing waits and nothing without an end is read.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.regular import kind_of, open_regular, reason_of

_PIECE = 2**20  # bytes asked for at once: memory follows what is there, not what would be allowed


@dataclass(frozen=True)
class Kind:
    """What a file is for, and how much of it is read.

    called: what a message calls it. most_bytes: a larger file is refused. wanted: what to give, for the message.
    """

    called: str
    most_bytes: int
    wanted: str


@dataclass(frozen=True)
class Document:
    """A small file of text. sha256: of its bytes, in hexadecimal."""

    text: str
    sha256: str


LABELS = Kind("labels file", 2**24, "a text, CSV or JSON file")  # 21,841 classes of 100 bytes: 2 MB
TRUTH = Kind("--truth", 2**28, "a CSV of `photo,class`")  # a million lines of 50 bytes: 50 MB
BOXES = Kind("boxes", 2**28, "a CSV in UTF-8 or a folder of Pascal VOC XML")  # 2.5 million boxes of 100 bytes
ANNOTATION = Kind("annotation", 2**20, "an XML file as Pascal VOC has them")  # 1000 objects of 1 kB
FILE_LIST = Kind("--files-from", 2**28, "a text file, one name a line")  # a million names of 250 bytes
LOG = Kind("--retry-failed", 2**31, "the file of an earlier --log")  # a million photos, a thousand bytes each: 1 GB
CONSTANT = Kind("--constant-input", 2**26, "a .npy file of numbers")  # 4096 x 4096 float32
IMPORT = Kind("--import", 2**24, "a Python file")
EVALUATION = Kind("--evaluation", 2**28, "the table that `scorecam evaluate` writes")  # 0.5 kB a row: 500,000 photos
REVIEW = Kind("--review", 2**26, "what the page exports as JSON or CSV")  # 100,000 notes of 500 bytes: 50 MB
GROWING_TABLE = Kind("evaluation table", 2**28, "another --output-dir")
AGREEMENT = Kind("settings of shards", 2**20, "another --output-dir")
EVALUATION_SETTINGS = Kind("evaluation settings", 2**20, "another --output-dir")


def read_small(path: Path, kind: Kind) -> bytes:
    """All bytes of a small file.

    Raises:
        UsageError: it is missing, not readable, no plain file, or larger than its kind is.
    """
    require_plain(path, kind)
    try:
        with open_regular(path) as file:
            return _bounded(file, f"{kind.called} {path}", kind)
    except PhotoError as error:  # something else took its place after the look
        raise unreadable(f"{kind.called} {path}", kind, str(error)) from error


def read_stream(stream: IO[bytes], kind: Kind) -> bytes:
    """All bytes of standard input, where that stands for a small file.

    Raises:
        UsageError: it cannot be read, or more comes than its kind has.
    """
    return _bounded(stream, "standard input", kind)


def read_small_text(path: Path, kind: Kind, *, undecodable: str = "strict") -> str:
    """The text of a small file in UTF-8, with or without a byte order mark in front.

    Args:
        path: the file.
        kind: what it is for.
        undecodable: `surrogateescape` where file names in no valid encoding shall survive.

    Raises:
        UsageError: it cannot be read, is too large, or no text in UTF-8.
    """
    return read_small_document(path, kind, undecodable=undecodable).text


def read_small_document(path: Path, kind: Kind, *, undecodable: str = "strict") -> Document:
    """The same together with the digest of its bytes, both of one reading: nothing can change in between."""
    data = read_small(path, kind)
    try:
        text = data.decode("utf-8-sig", undecodable)
    except UnicodeDecodeError as error:
        raise UsageError(f"{kind.called} {path} is not text in UTF-8 (byte {error.start}); save it as UTF-8") from error
    if "\0" in text:
        raise UsageError(f"{kind.called} {path} is not text: it holds a NUL byte; give {kind.wanted}")
    return Document(text, hashlib.sha256(data).hexdigest())


def small_sha256(path: Path, kind: Kind) -> str:
    """The SHA-256 of a small file's bytes, in hexadecimal.

    Raises:
        UsageError: it cannot be read, or is too large.
    """
    return hashlib.sha256(read_small(path, kind)).hexdigest()


def too_large(name: str, kind: Kind) -> UsageError:
    """The sentence about a file that is larger than its kind is."""
    return UsageError(f"{name} is larger than {kind.most_bytes // 2**20} MiB, the most that is read of it")


def unreadable(name: str, kind: Kind, reason: str) -> UsageError:
    """The sentence about a file that cannot be read."""
    return UsageError(f"{name} cannot be read: {reason}; give {kind.wanted}")


def require_plain(path: Path, kind: Kind) -> None:
    """Nothing, where there is a plain file.

    Raises:
        UsageError: there is none.
    """
    name = f"{kind.called} {path}"
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise unreadable(name, kind, reason_of(error)) from error
    if not stat.S_ISREG(mode):
        raise unreadable(name, kind, f"it is {kind_of(mode)}, not a file")


def _bounded(stream: IO[bytes], name: str, kind: Kind) -> bytes:
    data = bytearray()
    try:
        while piece := stream.read(_PIECE):
            data += piece
            if len(data) > kind.most_bytes:
                raise too_large(name, kind)
        return bytes(data)
    except MemoryError as error:
        raise unreadable(name, kind, "not enough memory") from error
    except OSError as error:
        raise unreadable(name, kind, reason_of(error)) from error
