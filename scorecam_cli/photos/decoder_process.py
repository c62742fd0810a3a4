"""What the process does that decodes photos, see `photos.decoder`: it answers one request after the other."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import resource
import signal
import socket
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.parent import end_with_parent
from scorecam_cli.files.regular import read_opened
from scorecam_cli.photos.decode import Admit, Allocate, decode_photo
from scorecam_cli.photos.messages import receive, send

# Beside the pixels and the file: the libraries' own tables, and metadata. A header that takes more is made to do harm.
SPARE_BYTES = 2**28
# The most that the decoders hold at once: AVIF of 10 bits 8 bytes of YUV and three times 4 of RGB, JPEG with many
# scans 8 bytes of coefficients and 4 of pixels; 3 bytes of the result; one copy of a file's data as it is.
PIXEL_BYTES = 24
FILE_COPIES = 2
UNASKED_PIXELS = 2**18  # a photo of fewer takes less than a megabyte, and asking a tenth of a millisecond
THREAD_BYTES = 2**26  # of address space, where a decoder starts a thread for each processor


def serve(descriptor: int) -> None:
    """Answer until the other side of the socket closes."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to deal with
    warnings.simplefilter("ignore")
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    base = _address_space()
    with socket.socket(fileno=descriptor) as connection, contextlib.suppress(EOFError, ConnectionError):
        send(connection, {"ready": True})
        while True:
            task, file = receive(connection)
            assert file is not None
            _answer(connection, task, file, base)


def _answer(connection: socket.socket, task: dict[str, Any], descriptor: int, base: int) -> None:
    """Decode the photo in the open file, and say what became of it."""
    with os.fdopen(descriptor, "rb") as file:
        size = min(os.fstat(descriptor).st_size, task["max_bytes"])
        held = base + FILE_COPIES * size + SPARE_BYTES
        _allow(held)
        pixels = -1

        def admit(count: int) -> None:
            if count > UNASKED_PIXELS:
                send(connection, {"pixels": count})
                receive(connection)
            _allow(held + PIXEL_BYTES * count)

        def allocate(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
            nonlocal pixels
            pixels = _shared_file(max(1, shape[0] * shape[1] * shape[2]))
            return np.frombuffer(mmap.mmap(pixels, 0), np.uint8).reshape(shape)

        answer = _outcome(file, task, admit, allocate)  # only now is the memory of what failed free again
        try:
            send(connection, answer, pixels if "shape" in answer else None)
        finally:
            if pixels >= 0:
                os.close(pixels)


def _outcome(file: io.BufferedReader, task: dict[str, Any], admit: Admit, allocate: Allocate) -> dict[str, Any]:
    try:
        data = read_opened(file, task["max_bytes"])
        photo = decode_photo(data, max_pixels=task["max_pixels"], admit=admit, allocate=allocate)
    except PhotoError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": "not enough memory for this photo"}
    told = {"shape": photo.rgb.shape, "sha256": photo.sha256, "warnings": photo.warnings}
    if photo.bands is None:
        return told
    beside = photo.bands.shape[2] * photo.bands.dtype.itemsize  # bytes of a pixel, see photos.bands
    return {**told, "shape": (photo.height, photo.width, 3 + beside), "bands": photo.bands.dtype.name}


def _shared_file(size: int) -> int:
    """A file of so many bytes, without a name, in memory where the system has such.

    Raises:
        PhotoError: the system allows no file of that size.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("scorecam photo")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        os.ftruncate(descriptor, size)
    except OSError as error:
        os.close(descriptor)
        raise PhotoError(
            f"its pixels take {size:,} bytes, and the system allows no shared file of that size ({error.strerror}); "
            "raise the limit of file sizes (ulimit -f)"
        ) from error
    return descriptor


def _address_space() -> int:
    """Bytes of address space in use, and what threads of decoders may take; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        return pages * resource.getpagesize() + THREAD_BYTES * (os.cpu_count() or 1)
    return 0


def _allow(size: int) -> None:
    """Let this process take so much address space and no more."""
    if not size > 0:
        return
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
