"""Standard input, output and error as a process may find them: closed, full, or with nobody left to read them."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from scorecam_cli.errors import OutputError


class ReaderGoneError(Exception):
    """Whoever reads standard output, `head` say, has all it wanted."""


class ResultsLostError(OutputError):
    """Standard output cannot be written: it goes to a full disk, say."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make the three standard streams safe to use for a while, however the process was started.

    A closed one is taken for /dev/null: a file that is opened later would get its number, and with it all that is
    printed. What cannot be written to stderr is lost, and nothing else is. What cannot be written to stdout raises
    `ReaderGoneError` or `ResultsLostError`, which neither Click nor any other handler of `OSError` takes for its own.
    """
    _fill_closed()
    found = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _text(_Results, found[0], number=1), _text(_Words, found[1], number=2)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = found


def _fill_closed() -> None:
    with suppress(OSError):  # where there is no /dev/null the streams stay as they are
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(number, True)
        os.close(number)


def _text(kind: type[_Guarded], stream: Any, *, number: int) -> TextIO:
    """A text stream over a guarded one; `stream` is None where Python found the descriptor closed."""
    if stream is None:
        raw, encoding = io.FileIO(number, "w", closefd=False), "utf-8"
    else:
        with suppress(OSError, ValueError):
            stream.flush()
        raw = getattr(stream.buffer, "raw", stream.buffer)  # not its buffer, which would keep what cannot be written
        encoding = stream.encoding
    guarded: Any = kind(raw)
    return io.TextIOWrapper(guarded, encoding, "backslashreplace", write_through=True)


class _Guarded(io.RawIOBase):
    """Bytes to another stream, all of them or an end that a subclass decides on."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def write(self, data: Any, /) -> int:
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left:
                written = self._raw.write(left)
                if written is None:  # another process made the terminal or pipe non-blocking, and it is full
                    select.select((), (self._raw,), ())
                left = left[written or 0 :]
        except OSError as error:
            self._failed(error)
        return size

    def _failed(self, error: OSError) -> None:
        raise NotImplementedError


class _Words(_Guarded):
    """stderr: nothing depends on its words."""

    def _failed(self, error: OSError) -> None:
        pass


class _Results(_Guarded):
    """stdout."""

    def _failed(self, error: OSError) -> None:
        if error.errno == errno.EPIPE:
            raise ReaderGoneError from error
        raise ResultsLostError(f"standard output cannot be written: {error.strerror}") from error
