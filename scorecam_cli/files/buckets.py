"""The door to fsspec: one file system for each kind of address, asked with a limit of time, its errors in words.

fsspec and the package for a kind of bucket are an extra of the installation. They are loaded where the first address of
that kind is used, and find credentials and servers as their own documentation says.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scorecam_cli.errors import PhotoError, ScorecamError, UsageError

TRIES = 3  # of one request, where the connection fails
_SHOWN = 160  # characters of what a library says
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "https": "aiohttp", "http": "aiohttp", "memory": "fsspec"}
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": TRIES - 1}}},
}


def ask(scheme: str, method: str, *arguments: Any, seconds: float | None, **named: Any) -> Any:
    """What a method of the file system gives, named as fsspec names it.

    Args:
        seconds: the most that it may take, whatever is tried again meanwhile; None for no limit.

    Raises:
        UsageError: a package is missing, or says that it is not told enough.
        Exception: whatever the package raises; see `in_words`.
    """
    system = filesystem(scheme)
    if not system.async_impl:
        return getattr(system, method)(*arguments, **named)
    from fsspec.asyn import sync

    return sync(system.loop, getattr(system, f"_{method}"), *arguments, timeout=seconds, **named)


def filesystem(scheme: str) -> Any:
    """The file system of fsspec for addresses of this kind, made once in each process.

    Raises:
        UsageError: a package is missing, or says that it is not told enough.
    """
    try:
        return _made(scheme, os.getpid())
    except ImportError as error:
        raise UsageError(
            f"{scheme}:// needs {_PACKAGES[scheme]}, which is not installed: pip install 'scorecam[cloud]', or copy "
            "the photos to this machine"
        ) from error
    except ValueError as error:  # an account without a name, say
        raise UsageError(f"{scheme}:// cannot be used: {_said(error)}") from error


@functools.cache
def _made(scheme: str, _process: int) -> Any:
    import fsspec

    options = _OPTIONS.get(scheme, {})
    made = fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True, **options)
    if scheme == "s3":
        made.retries = TRIES
    return made


@contextmanager
def in_words(what: str, *, ends: tuple[type[Exception], ...] = (), begins: str = "") -> Iterator[None]:
    """Whatever a package raises as one sentence: a PhotoError where it is of one object, else a UsageError.

    Args:
        what: what the sentence about every object begins with.
        ends: errors of one object by their kind that mean every other one here.
        begins: what the sentence about one object begins with.
    """
    try:
        yield
    except (ScorecamError, MemoryError):
        raise
    except Exception as error:  # each package has its own kinds, and some have none
        if isinstance(error, OSError) and not isinstance(error, ends):
            raise PhotoError(begins + _reason(error)) from error
        raise UsageError(f"{what}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such object, folder or bucket"
    if isinstance(error, PermissionError):
        return f"permission denied ({_said(error)})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return _said(error)


def _said(error: Exception) -> str:
    """What a package says, on one line."""
    text = " ".join(str(error).split())
    return (text or type(error).__name__)[:_SHOWN]
