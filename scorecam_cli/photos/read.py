"""A file to a photo, by a process of its own: one that takes too long or crashes is one photo that failed."""

from __future__ import annotations

import atexit
import io
import signal
import threading
from pathlib import Path

from scorecam_cli.config import MAX_PIXELS, PHOTO_SECONDS
from scorecam_cli.errors import PhotoError
from scorecam_cli.files.regular import open_regular, read_opened, reason_of
from scorecam_cli.photos.decode import Admit, decode_photo
from scorecam_cli.photos.decoder import POSSIBLE, Decoder, GoneError
from scorecam_cli.records import Photo

MAX_BYTES = 2**30  # 89,478,485 pixels x 8 bytes (16-bit RGBA, not compressed) = 716 MB, and room for metadata

_MOST_IDLE = 4
_running: set[Decoder] = set()
_idle: list[Decoder] = []
_lock = threading.Lock()


def read_photo(
    path: Path,
    *,
    max_pixels: int = MAX_PIXELS,
    seconds: float | None = PHOTO_SECONDS,
    admit: Admit = lambda pixels: None,
) -> Photo:
    """A photo file as a viewer shows it; the file is read once.

    Args:
        path: a photo, or a link to one.
        max_pixels: W0 x H0, the most that is decoded; the header is asked first.
        seconds: the most that it may take; None for no limit.
        admit: called with W0 x H0, where that is more than a few, before the pixels are decoded; it may wait until
            there is room for them.

    Returns:
        Photo with rgb uint8 [H0, W0, 3] and the SHA-256 of the file's bytes.

    Raises:
        PhotoError: the file is missing, no plain file, no photo, damaged, too large or takes too long; one sentence
            without the path.
    """
    try:
        with open_regular(path) as file:
            return _read_opened(file, max_pixels, seconds, admit)
    except OSError as error:  # of closing
        raise PhotoError(reason_of(error)) from error


def _read_opened(file: io.BufferedReader, max_pixels: int, seconds: float | None, admit: Admit) -> Photo:
    max_bytes = max(MAX_BYTES, MAX_BYTES * max_pixels // MAX_PIXELS)
    decoder = _take()
    if decoder is None:  # better in this process than not at all
        return decode_photo(read_opened(file, max_bytes), max_pixels=max_pixels, admit=admit)
    limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
    try:
        return decoder.read(file.fileno(), limits=limits, seconds=seconds, admit=admit)
    except TimeoutError as error:
        raise PhotoError(
            f"reading took longer than {seconds:g} seconds; give --photo-timeout to wait longer (0: without end)"
        ) from error
    except GoneError as error:
        raise PhotoError(_gone(error.status)) from error
    finally:
        _put_back(decoder)


def _take() -> Decoder | None:
    """A process that decodes, one that is idle if there is; None where none can be had."""
    with _lock:
        while _idle:
            decoder = _idle.pop()
            if decoder.usable:
                return decoder
            decoder.end()
            _running.discard(decoder)
        if not POSSIBLE:
            return None
        try:
            decoder = Decoder()
        except OSError:
            return None
        _running.add(decoder)
        return decoder


def _put_back(decoder: Decoder) -> None:
    with _lock:
        if decoder.usable and len(_idle) < _MOST_IDLE:
            _idle.append(decoder)
            return
        _running.discard(decoder)
    decoder.end()


@atexit.register
def _end_all() -> None:
    """End the processes, also in the middle of a photo: nobody waits for it."""
    for decoder in list(_running):
        if decoder in _idle:
            decoder.end()
        else:
            decoder.kill()


def _gone(status: int | None) -> str:
    if status in (-signal.SIGKILL, None):
        return "the process that decoded the photo was killed: perhaps memory ran out"
    name = signal.Signals(-status).name if status and status < 0 else f"exit code {status}"
    return f"the process that decoded the photo crashed ({name}): the file is damaged or made to do harm"
