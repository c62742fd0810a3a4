"""Outputs on their way into a bucket: written on this machine first, then put there whole, the manifest last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath

from scorecam_cli.files import remote
from scorecam_cli.files.temporaries import new_folder
from scorecam_cli.files.write import unwritable
from scorecam_cli.urls import Url


@contextmanager
def staged(output: PurePath) -> Iterator[Path]:
    """Where the files of a photo are written first: their own place, or for a bucket a folder that is gone afterwards.

    Args:
        output: the path that their names begin with.

    Raises:
        PhotoError: there is no room for that folder.
    """
    if not isinstance(output, Url):
        yield Path(output)
        return
    try:
        folder = new_folder()
    except OSError as error:
        raise unwritable(Path(tempfile.gettempdir()), error) from error
    try:
        yield folder / output.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(
    written: Sequence[Path], output: PurePath, *, again: bool, before_each: Callable[[], None]
) -> tuple[PurePath, ...]:
    """The files of a photo where they belong, and their paths there.

    Args:
        written: as `staged` said where, the manifest last.
        output: the path that their names begin with in the end.
        again: an earlier manifest is there; it is taken away before what it vouches for changes.
        before_each: called before each object; it may raise to stop.

    Raises:
        PhotoError, UsageError: an object cannot be put.
    """
    if not isinstance(output, Url):
        return tuple(written)
    places = tuple(output.with_name(path.name) for path in written)
    if again:
        remote.remove(places[-1])
    for path, place in zip(written, places, strict=True):
        before_each()
        remote.put(path, place)
    return places
