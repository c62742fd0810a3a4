"""Which photos belong to one of N parts of a run: the same on every machine, in whatever order they are named.

A photo's part hangs on its name below the folder that all arguments lie in, and on nothing else. So each process finds
its part alone, and a photo that comes or goes moves no other.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePath

from scorecam_cli.outcomes import Found
from scorecam_cli.photos.find import folder_of_all
from scorecam_cli.urls import Url

_DIGEST_BYTES = 8  # 2^64 is so much more than any N that the parts are equally probable


def of_shard(found: Found, shard: tuple[int, int]) -> Found:
    """Those of the photos found, and of the names that lead nowhere, that are of one part; their order is kept.

    Args:
        found: all that the arguments name.
        shard: (K, N), the K-th of N parts.
    """
    number, count = shard
    names = [*(job.photo for job in found.jobs), *(failed.photo for failed in found.failures)]
    shared = found.shared or folder_of_all(name.parent for name in names if isinstance(name, Path))

    def is_ours(photo: PurePath) -> bool:
        return shard_of(name_below(found.aliases.get(photo, photo), shared), count) == number

    jobs = tuple(job for job in found.jobs if is_ours(job.photo))
    failures = tuple(failed for failed in found.failures if is_ours(failed.photo))
    notes = found.notes if jobs or failures else (*found.notes, _none_of(len(names), shard))
    return replace(found, jobs=jobs, failures=failures, notes=notes)


def shard_of(name: bytes, count: int) -> int:
    """The part, from 1 to `count`, that a photo of this name belongs to: the first 8 bytes of its SHA-256, modulo N."""
    return int.from_bytes(hashlib.sha256(name).digest()[:_DIGEST_BYTES], "big") % count + 1


def name_below(photo: PurePath, shared: Path | None) -> bytes:
    """The name of a photo below a folder, as bytes that are the same on every machine.

    They are those of the file system, with `/` between the folders; letters with accents are in one spelling (NFC),
    for some file systems change it. An address is the same wherever it is read, and taken whole.
    """
    if isinstance(photo, Url):
        return os.fsencode(str(photo))
    path = os.path.abspath(photo)  # noqa: PTH100 - without asking the disk, as Path.resolve does
    if shared is not None:
        beginning = os.path.join(shared, "")  # noqa: PTH118 - a million times
        path = path[len(beginning) :] if path.startswith(beginning) else os.path.relpath(path, shared)
    data = os.fsencode(path.replace(os.sep, "/"))
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return data


def _none_of(photos: int, shard: tuple[int, int]) -> str:
    return f"none of {photos} photo{'' if photos == 1 else 's'} is of shard {shard[0]}/{shard[1]}: nothing to do"
