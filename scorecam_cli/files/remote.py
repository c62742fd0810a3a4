"""Objects in buckets: listed, read within bounds, put whole and taken away; a file of the web can be read alone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.buckets import ask, in_words
from scorecam_cli.files.regular import too_many_bytes
from scorecam_cli.files.web import Sink, fetch_web
from scorecam_cli.records import Stored
from scorecam_cli.urls import Url

LIST_SECONDS = 900.0  # a million objects are a thousand requests, one after the other
PUT_SECONDS = 300.0
ASK_SECONDS = 60.0
_PIECE = 2**26  # bytes of one request; what is smaller takes one

# What an object is known by while its bytes are not read, and when it was put: as each kind of bucket calls it.
_VERSIONS = ("ETag", "etag", "generation", "md5Hash")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


@dataclass(frozen=True)
class Listed:
    """What a listing says of one object or folder.

    stored: None for a folder. modified: seconds since 1970 by the bucket's clock; None where it does not tell.
    """

    url: Url
    stored: Stored | None
    modified: float | None = None


def list_folder(folder: Url, *, recursive: bool) -> list[Listed]:
    """What lies in a folder of a bucket, sorted; with `recursive` all objects below it, and no folders.

    A folder that has the name of an object gives that object.

    Raises:
        PhotoError: there is no such folder.
        UsageError: it cannot be listed: no permission, no credentials, no server.
    """
    scheme = folder.scheme
    method = "find" if recursive else "ls"
    with in_words(f"{folder} cannot be listed", ends=(OSError,)):
        try:
            found = ask(scheme, method, str(folder), seconds=LIST_SECONDS, detail=True)
        except FileNotFoundError as error:
            raise PhotoError("no such object, folder or bucket") from error
    entries = found.values() if isinstance(found, dict) else found
    listed = (_listed(scheme, entry) for entry in entries)
    return sorted((each for each in listed if each.stored or each.url != folder), key=lambda each: each.url)


def look_at(stored: Stored) -> Stored:
    """The same with its size and version, asked of the bucket where no listing has told them.

    Raises:
        PhotoError: there is no such object, or it may not be read.
        UsageError: the bucket cannot be reached.
    """
    if stored.size is not None or stored.is_of_the_web:
        return stored
    with in_words(f"{stored.bucket} cannot be read"):
        entry = ask(stored.scheme, "info", stored.address, seconds=ASK_SECONDS)
    if entry["type"] != "file":
        raise PhotoError("a folder, not a photo")
    return Stored(stored.address, int(entry["size"]), _version(entry))


def fetch(stored: Stored, into: Sink, *, most_bytes: int, seconds: float | None) -> None:
    """Write the bytes of an object into an open file.

    Args:
        stored: what is too large is refused by its size, before the download.
        seconds: the most that each request may take; None for no limit.

    Raises:
        PhotoError: there is no such object, it may not be read, is too large, or takes too long.
        UsageError: the bucket cannot be reached.
    """
    try:
        if stored.is_of_the_web:
            fetch_web(stored.address, into, most_bytes=most_bytes, seconds=seconds)
        else:
            _fetch_object(look_at(stored), into, most_bytes, seconds)
    except TimeoutError as error:
        raise PhotoError(
            f"downloading took longer than {seconds:g} seconds; give --photo-timeout to wait longer (0: without end)"
        ) from error


def sha256_of(stored: Stored, *, most_bytes: int, seconds: float | None) -> str:
    """The SHA-256 of an object's bytes, in hexadecimal.

    Raises:
        PhotoError, UsageError: as `fetch`.
    """
    digest = _Digest()
    fetch(stored, digest, most_bytes=most_bytes, seconds=seconds)
    return digest.sha256.hexdigest()


def read_object(stored: Stored, most_bytes: int) -> bytes:
    """All bytes of a small object.

    Raises:
        PhotoError, UsageError: as `fetch`.
    """
    data = io.BytesIO()
    fetch(stored, data, most_bytes=most_bytes, seconds=ASK_SECONDS)
    return data.getvalue()


def put(file: Path, url: Url) -> None:
    """Make a file of this machine an object: the bucket has it whole or not at all.

    Raises:
        PhotoError: it cannot be put this time, or under this name.
        UsageError: nothing can be put there: no bucket, no permission, no credentials, no server.
    """
    with in_words(f"cannot write {url}", ends=(FileNotFoundError, PermissionError), begins=f"cannot write {url}: "):
        ask(url.scheme, "put_file", str(file), str(url), seconds=PUT_SECONDS)


def put_bytes(url: Url, data: bytes) -> None:
    """Make an object of these bytes, whole or not at all.

    Raises:
        PhotoError, UsageError: as `put`.
    """
    with in_words(f"cannot write {url}", ends=(FileNotFoundError, PermissionError), begins=f"cannot write {url}: "):
        ask(url.scheme, "pipe_file", str(url), data, seconds=ASK_SECONDS)


def remove(url: Url) -> None:
    """Take an object away; nothing where there is none.

    Raises:
        PhotoError, UsageError: as `put`.
    """
    with in_words(f"cannot remove {url}", ends=(PermissionError,)), suppress(FileNotFoundError):
        ask(url.scheme, "rm_file", str(url), seconds=ASK_SECONDS)


def _fetch_object(stored: Stored, into: Sink, most_bytes: int, seconds: float | None) -> None:
    size = stored.size or 0
    if size > most_bytes:
        raise too_many_bytes(most_bytes)
    for start in range(0, size, _PIECE):
        end = min(start + _PIECE, size)
        with in_words(f"{stored.bucket} cannot be read"):
            piece = ask(stored.scheme, "cat_file", stored.address, seconds=seconds, start=start, end=end)
        if len(piece) != end - start:
            raise PhotoError("the object changed while it was read; run the command again")
        into.write(piece)


def _listed(scheme: str, entry: Mapping[str, Any]) -> Listed:
    name = entry["name"].lstrip("/")  # of the bucket in memory it begins with a slash
    address = f"{scheme}://{name}"
    if entry["type"] != "file" or name.endswith("/"):  # some make a folder by an object whose name ends so
        return Listed(Url(address), None)
    return Listed(Url(address), Stored(address, int(entry["size"] or 0), _version(entry)), _modified(entry))


def _version(entry: Mapping[str, Any]) -> str | None:
    """What tells this object from any other that had or will have its name; None where the bucket does not tell."""
    told = next((str(entry[name]).strip('"') for name in (*_VERSIONS, *_TIMES) if entry.get(name)), None)
    return None if told is None else f"{told} {entry['size']}"


def _modified(entry: Mapping[str, Any]) -> float | None:
    when = next((entry[name] for name in _TIMES if entry.get(name)), None)
    if isinstance(when, str):
        with suppress(ValueError):
            when = datetime.fromisoformat(when)
    if isinstance(when, datetime):
        return when.timestamp()
    return float(when) if isinstance(when, int | float) else None


class _Digest:
    """A file that keeps nothing but the SHA-256 of what is written to it."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sha256.update(data)
