"""Bytes of an open file by where they are, a block at a time: a model of two gigabytes is walked through, not held."""

from __future__ import annotations

import struct
from typing import IO

BLOCK = 1 << 16


class OutsideError(Exception):
    """A place that the file does not have."""


class Places:
    """A file as a sequence of bytes.

    size: of the file.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self.size = file, size
        self._first, self._block = 0, b""

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at` on.

        Raises:
            OutsideError: they are not all in the file.
        """
        if at < 0 or count < 0 or at + count > self.size:
            raise OutsideError
        first = at - self._first
        if not 0 <= first <= first + count <= len(self._block):
            self._file.seek(at)
            self._first, self._block = at, self._file.read(max(count, BLOCK))
            first = 0
        found = self._block[first : first + count]
        if len(found) != count:
            raise OutsideError
        return found

    def number(self, form: str, at: int) -> int:
        """One whole number, little-endian, of a form of `struct`: `I`, `i`, `H`, `b`, `Q`.

        Raises:
            OutsideError: it is not in the file.
        """
        (value,) = struct.unpack("<" + form, self.read(at, struct.calcsize("<" + form)))
        return int(value)
