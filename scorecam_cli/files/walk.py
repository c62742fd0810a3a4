"""What lies below a folder or matches a pattern, in sorted order, without opening any file."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

PHOTO_SUFFIXES = tuple(
    f".{kind}"
    for kind in (
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "webp",
        "gif",
        "bmp",
        "dib",
        "tif",
        "tiff",
        "avif",
        "heic",
        "heif",
    )
)
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Unreadable:
    """A folder that could not be listed, and why."""

    path: Path
    error: OSError


def is_pattern(argument: str) -> bool:
    """Whether a name holds a character that patterns give a meaning."""
    return _MAGIC.search(argument) is not None


def has_photo_suffix(name: str) -> bool:
    """Whether a name ends as those of photos do, in any case."""
    return name.lower().endswith(PHOTO_SUFFIXES)


def fixed_prefix(pattern: str) -> Path:
    """The folders that a pattern begins with, up to the first part that can match more than one name."""
    return Path(*takewhile(lambda part: not is_pattern(part), Path(pattern).parts[:-1]))


def list_folder(folder: Path, *, recursive: bool) -> Iterator[os.DirEntry[str] | Unreadable]:
    """The entries of a folder that are not hidden and not folders, sorted; then those of its subfolders.

    A symbolic link to a folder is followed, each real folder once: links that lead in circles end there.
    """
    for listed in _folders(folder, _Once()):
        if isinstance(listed, Unreadable):
            yield listed
        else:
            yield from listed.others
        if not recursive:
            return


def expand_pattern(pattern: str) -> Iterator[Path]:
    """The names that match, sorted within each folder: `*`, `?`, `[...]` within a name, `**` over folders.

    As in a shell, a hidden name needs a pattern part that begins with a dot.
    """
    parts = Path(pattern).parts
    matches = iter([Path()])
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            matches = _any_depth(matches, with_files=last)
        elif is_pattern(part):
            matches = _matching(matches, part, folders_only=not last)
        else:
            matches = _joined(matches, part)
    yield from matches


def _joined(folders: Iterator[Path], name: str) -> Iterator[Path]:
    for folder in folders:
        path = folder / name
        if os.path.lexists(path):
            yield path


def _matching(folders: Iterator[Path], part: str, *, folders_only: bool) -> Iterator[Path]:
    matches = re.compile(fnmatch.translate(part)).match
    for folder in folders:
        try:
            entries = _visible(folder, hidden=part.startswith("."))
        except OSError:  # a folder on the way that cannot be listed matches nothing, as in a shell
            continue
        for entry in entries:
            if matches(entry.name) and (not folders_only or _is_folder(entry)):
                yield folder / entry.name


def _any_depth(folders: Iterator[Path], *, with_files: bool) -> Iterator[Path]:
    """The folders themselves and all below them, each real folder once; only their files where `**` ends a pattern."""
    once = _Once()
    for folder in folders:
        for listed in _folders(folder, once):
            if isinstance(listed, Unreadable):
                continue
            if with_files:
                yield from (listed.path / entry.name for entry in listed.others)
            else:
                yield listed.path


def everything_below(folder: Path) -> Iterator[tuple[Path, list[os.DirEntry[str]] | Unreadable]]:
    """A folder and all below it, each with what is in it and no folder, hidden files too; hidden folders are left out.

    A folder that cannot be listed comes with the reason.
    """
    for listed in _folders(folder, _Once(), hidden=True):
        yield listed.path, listed if isinstance(listed, Unreadable) else listed.others


@dataclass(frozen=True)
class _Listed:
    """A folder; others: what is in it and no folder, sorted, but for what is hidden."""

    path: Path
    others: list[os.DirEntry[str]]


def _folders(folder: Path, once: _Once, *, hidden: bool = False) -> Iterator[_Listed | Unreadable]:
    """A folder and all below it, each before its subfolders, these sorted; what `once` has seen is left out."""
    waiting = [folder]  # a stack, not recursion: folders nest deeper than Python calls
    while waiting:
        current = waiting.pop()
        try:
            if once.seen(current):
                continue
            entries = _visible(current, hidden=hidden)
        except OSError as error:
            yield Unreadable(current, error)
            continue
        subfolders: list[Path] = []
        others: list[os.DirEntry[str]] = []
        for entry in entries:
            if _is_folder(entry):
                if not entry.name.startswith("."):
                    subfolders.append(current / entry.name)
            else:
                others.append(entry)
        yield _Listed(current, others)
        waiting.extend(reversed(subfolders))


@dataclass
class _Once:
    """Which folders were walked, by what they are and not by what they are called."""

    identities: set[tuple[int, int]] = field(default_factory=set)

    def seen(self, folder: Path) -> bool:
        status = folder.stat()
        identity = status.st_dev, status.st_ino
        if identity in self.identities:
            return True
        self.identities.add(identity)
        return False


def _visible(folder: Path, *, hidden: bool = False) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if hidden or not entry.name.startswith(".")]
    return sorted(kept, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link that leads to itself
        return False
