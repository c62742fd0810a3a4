"""A photo for which memory runs out is one that failed; the run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scorecam_cli.errors import PhotoError


@contextmanager
def shortage_as_photo_error() -> Iterator[None]:
    """For what is done to one photo.

    Raises:
        PhotoError: in the place of a MemoryError.
    """
    try:
        yield
    except MemoryError as error:
        raise PhotoError(
            "not enough memory for this photo; close other programs, or make the photo smaller first"
        ) from error
