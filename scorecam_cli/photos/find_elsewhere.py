"""Addresses to photos: which objects of a bucket, or which file of the web, an argument names. No object is read."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.remote import Listed, list_folder
from scorecam_cli.files.walk import has_photo_suffix, is_pattern
from scorecam_cli.photos.names import is_output
from scorecam_cli.records import PhotoJob, Stored
from scorecam_cli.urls import READ_ONLY, Url, url

_ODD_PARTS = ("", ".", "..")


@dataclass(frozen=True)
class Elsewhere:
    """What an address names.

    photos: with all that a listing tells of each. refused: names that no file of this machine could have.
    below: the part of an address that an output's subfolder leaves out. ours: outputs that were named, left out.
    deeper: there are subfolders that were not looked into.
    """

    below: Url
    photos: tuple[tuple[Url, Stored], ...] = ()
    refused: tuple[Url, ...] = ()
    ours: int = 0
    deeper: bool = False


def photos_at(text: str, *, recursive: bool, pattern: bool) -> Elsewhere:
    """The photos of an object, of a folder of a bucket, of a pattern of objects, or the one of a file of the web.

    A name that ends as those of photos do is taken for an object, and asked for when it is read. A folder is listed
    once, and so is what lies below the fixed beginning of a pattern.

    Args:
        recursive: also the subfolders of a folder.
        pattern: `*`, `?` and `[` are no letters; `**` stands for folders. Objects match, folders do not.

    Raises:
        PhotoError: there is nothing of this name.
        UsageError: it is no address, or the bucket cannot be listed.
    """
    address = url(text)
    if address.scheme in READ_ONLY:
        return _sorted_out([Listed(address, Stored(text))], address.parent, named=True)
    if pattern and is_pattern(text):
        return _matching(address)
    if has_photo_suffix(address.name):
        return _sorted_out([Listed(address, Stored(text))], address.parent, named=True)
    found = list_folder(address, recursive=recursive)
    if [each.url for each in found if each.stored] == [address]:
        return _sorted_out(found, address.parent, named=True)
    shown = [each for each in found if _is_shown(each, address)]
    deeper = any(each.stored is None for each in shown)
    return _sorted_out([each for each in shown if has_photo_suffix(each.url.name)], address, deeper=deeper)


def require_writable(jobs: Sequence[PhotoJob]) -> None:
    """Nothing, where outputs can be written to their places.

    Raises:
        UsageError: one would go next to a file of the web.
    """
    for job in jobs:
        if isinstance(job.output, Url) and job.output.scheme in READ_ONLY:
            raise UsageError(f"{job.photo}: nothing can be written there: give -o with a folder, or one of a bucket")


def require_here(jobs: Sequence[PhotoJob]) -> None:
    """Nothing, where outputs go to this machine.

    Raises:
        UsageError: one would go elsewhere.
    """
    for job in jobs:
        if isinstance(job.output, Url):
            raise UsageError(f"{job.photo}: only `explain` writes into buckets: give -o with a folder of this machine")


def require_readable_again(jobs: Sequence[PhotoJob]) -> None:
    """Nothing, where all photos and outputs are files of this machine, as a page needs them.

    Raises:
        UsageError: one is not.
    """
    for job in jobs:
        if isinstance(job.output, Url) or job.source is not None:
            raise UsageError(f"{job.photo}: --page is made of files on this machine, photos and maps: leave it out")


def _matching(pattern: Url) -> Elsewhere:
    fixed = pattern.parts[:-1]
    count = next((number for number, part in enumerate(fixed) if is_pattern(part)), len(fixed))
    if count < 2:
        raise UsageError(f"{pattern}: the bucket needs its own name; patterns are of the objects in it")
    below, wanted = Url(*pattern.parts[:count]), pattern.parts[count:]
    found = list_folder(below, recursive=len(wanted) > 1 or wanted[0] == "**")
    matching = [each for each in found if each.stored and _matches(each.url.parts[count:], wanted)]
    return _sorted_out(matching, below, named=True)


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the parts of a name are those of a pattern; as in a shell, what is hidden asks for a dot."""
    if not wanted:
        return not parts
    first, rest = wanted[0], wanted[1:]
    if first == "**":
        here = any(_matches(parts[skipped:], rest or ["*"]) for skipped in range(len(parts)))
        return here and not any(part.startswith(".") for part in parts[: len(parts) - len(rest)])
    if not parts or (parts[0].startswith(".") and not first.startswith(".")):
        return False
    return re.match(fnmatch.translate(first), parts[0]) is not None and _matches(parts[1:], rest)


def _is_shown(listed: Listed, folder: Url) -> bool:
    try:
        return not any(part.startswith(".") and part != ".." for part in listed.url.relative_to(folder).parts)
    except ValueError:  # it leads out of the folder by its name
        return True


def _sorted_out(found: Sequence[Listed], below: Url, *, named: bool = False, deeper: bool = False) -> Elsewhere:
    photos: list[tuple[Url, Stored]] = []
    refused: list[Url] = []
    ours = 0
    for each in found:
        if each.stored is None:
            continue
        if _is_odd(each.stored):
            refused.append(each.url)
        elif is_output(each.url.name):
            ours += named
        else:
            photos.append((each.url, each.stored))
    if named and not (photos or refused or ours):
        raise PhotoError("no such object, and no photo matches this pattern")
    return Elsewhere(below, tuple(photos), tuple(refused), ours, deeper)


def _is_odd(stored: Stored) -> bool:
    """Whether its name cannot be one below a folder of this machine: such a name may lead anywhere."""
    path = stored.address.split("/", 3)
    parts = path[3].partition("?")[0].split("/") if len(path) > 3 else [""]
    return any(part in _ODD_PARTS for part in parts) or "\0" in stored.address
