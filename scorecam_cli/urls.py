"""Addresses of buckets and of the web, where a photo may be and outputs may go as in a folder of this machine."""

from __future__ import annotations

import re
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import urlsplit

from scorecam_cli.errors import UsageError

BUCKETS = ("s3", "gs", "az", "memory")  # the last is of one process, for tests
READ_ONLY = ("https", "http")  # one file at a time: nothing can be listed there, and nothing written
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class Url(PurePosixPath):
    """A folder or a file in a bucket, or a file of the web, with the names, parents and joins that any path has.

    It is no `Path`: nothing of this machine is found under it. As text it is the address, `s3://bucket/dog.jpg`.
    """

    def __str__(self) -> str:
        """The address, with the two slashes that paths make one of."""
        return super().__str__().replace(":/", "://", 1)

    @property
    def scheme(self) -> str:
        """What stands before the colon, in small letters: `s3`."""
        return self.parts[0].removesuffix(":").lower()


def is_url(text: str) -> bool:
    """Whether a name is an address, of whatever kind, and not one of this machine."""
    return _SCHEME.match(text) is not None


def url(text: str) -> Url:
    """The address as a path; a query, which may hold a secret, and a user's name are left out.

    Raises:
        UsageError: it is of a kind that cannot be read, or names neither a bucket nor a host.
    """
    found = _SCHEME.match(text)
    scheme = "" if found is None else found[1].lower()
    if scheme not in (*BUCKETS, *READ_ONLY):
        known = ", ".join(f"{each}://" for each in (*BUCKETS[:-1], READ_ONLY[0]))
        raise UsageError(f"{shown(text)} is none of {known}: give one of these, or a file of this machine")
    if "\0" in text:
        raise UsageError(f"{shown(text)!r} cannot be an address: it holds a NUL")
    rest = text[found.end() if found else 0 :]
    if not rest.strip("/") or rest.startswith("/"):
        raise UsageError(f"{text} names no {'host' if scheme in READ_ONLY else 'bucket'}: give {scheme}://NAME/...")
    return Url(shown(text) if scheme in READ_ONLY else text)


def place(text: str) -> PurePath:
    """A path of this machine, or an address.

    Raises:
        UsageError: an address of a kind that cannot be read.
    """
    return url(text) if is_url(text) else Path(text)


def shown(text: str) -> str:
    """An address without what may be secret in it: the query of a signed one, a user's name and password."""
    if not text.lower().startswith(tuple(f"{each}://" for each in READ_ONLY)):
        return text
    try:
        parts = urlsplit(text)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:  # brackets in the name of a host, say
        return text.partition("?")[0]
