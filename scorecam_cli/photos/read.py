"""A file to a photo, by a process of its own: one that takes too long or crashes is one photo that failed."""

from __future__ import annotations

import atexit
import io
import signal
import tempfile
import threading
from pathlib import Path

from scorecam_cli.config import MAX_PIXELS, PHOTO_SECONDS
from scorecam_cli.errors import PhotoError
from scorecam_cli.files import remote
from scorecam_cli.files.regular import file_sha256, open_regular, read_opened, reason_of
from scorecam_cli.photos.decode import Admit, decode_photo
from scorecam_cli.photos.decoder import POSSIBLE, Decoder, GoneError
from scorecam_cli.records import Photo, Stored

MAX_BYTES = 2**30  # 89,478,485 pixels x 8 bytes (16-bit RGBA, not compressed) = 716 MB, and room for metadata

_MOST_IDLE = 4
_running: set[Decoder] = set()
_idle: list[Decoder] = []
_lock = threading.Lock()


def read_photo(
    source: Path | Stored,
    *,
    max_pixels: int = MAX_PIXELS,
    seconds: float | None = PHOTO_SECONDS,
    admit: Admit = lambda pixels: None,
) -> Photo:
    """A photo file as a viewer shows it; the file is read once.

    Args:
        source: a photo, or a link to one; or one in a bucket or on the web, which is downloaded first.
        max_pixels: W0 x H0, the most that is decoded; the header is asked first.
        seconds: the most that it may take; None for no limit.
        admit: called with W0 x H0, where that is more than a few, before the pixels are decoded; it may wait until
            there is room for them.

    Returns:
        Photo with rgb uint8 [H0, W0, 3] and the SHA-256 of the file's bytes.

    Raises:
        PhotoError: the file is missing, no plain file, no photo, damaged, too large or takes too long; one sentence
            without the path.
        UsageError: its bucket cannot be reached.
    """
    try:
        with _opened(source, most_bytes(max_pixels), seconds) as file:
            return _read_opened(file, max_pixels, seconds, admit)
    except OSError as error:  # of closing
        raise PhotoError(reason_of(error)) from error


def sha256_of_photo(source: Path | Stored, *, seconds: float | None = PHOTO_SECONDS) -> str:
    """The SHA-256 of a photo's bytes, in hexadecimal.

    Raises:
        PhotoError: it cannot be read. UsageError: its bucket cannot be reached.
    """
    if isinstance(source, Path):
        return file_sha256(source)
    return remote.sha256_of(source, most_bytes=MAX_BYTES, seconds=seconds)


def _opened(source: Path | Stored, max_bytes: int, seconds: float | None) -> io.BufferedReader | io.BufferedRandom:
    """A plain file with the photo's bytes; of a photo elsewhere one without a name, which is gone when it is closed."""
    if isinstance(source, Path):
        return open_regular(source)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    try:
        remote.fetch(source, file, most_bytes=max_bytes, seconds=seconds)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def most_bytes(max_pixels: int) -> int:
    """The most bytes that are read of a photo, where so many pixels are allowed."""
    return max(MAX_BYTES, MAX_BYTES * max_pixels // MAX_PIXELS)


def _read_opened(
    file: io.BufferedReader | io.BufferedRandom, max_pixels: int, seconds: float | None, admit: Admit
) -> Photo:
    max_bytes = most_bytes(max_pixels)
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
