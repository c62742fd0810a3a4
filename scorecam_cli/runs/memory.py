"""Memory of photos: one for which it runs out is one that failed, and what a large one took is given back."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scorecam_cli.errors import PhotoError

LARGE_PIXELS = 2**24  # 67 MB as an image of 4 bytes a pixel


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


def give_back(pixels: int) -> None:
    """Return what is free again after work on a photo of so many pixels to the system, where that is much.

    A C library keeps it, in each thread its own, which for photos of 89 million pixels were 500 MB.
    """
    if pixels >= LARGE_PIXELS:
        with suppress(AttributeError, OSError, TypeError):  # where the library has no such function
            ctypes.CDLL(None).malloc_trim(0)
