"""A PNG row after row, for pictures so long or so wide that an image library's tables for them pass all bounds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_RGB = bytes([8, 2, 0, 0, 0])
_UNFILTERED = b"\0"


def encode_rows(
    file: BinaryIO, parts: Iterable[NDArray[np.uint8]], *, width: int, height: int, compress_level: int
) -> None:
    """Write a PNG whose pixels come part by part.

    Args:
        file: open for writing.
        parts: uint8 [rows, columns, 3] in reading order: whole rows, or pieces of one row after the other.
        width: of the picture, pixels.
        height: of the picture, pixels.
        compress_level: 0-9, of zlib.
    """
    file.write(_SIGNATURE + _chunk(b"IHDR", struct.pack(">II", width, height) + _EIGHT_BIT_RGB))
    packer, column = zlib.compressobj(compress_level), 0
    for part in parts:
        rows, columns = part.shape[:2]
        if columns == width:
            raw = np.zeros((rows, 1 + 3 * width), np.uint8)  # the first byte of a row says that it is not filtered
            raw[:, 1:] = part.reshape(rows, -1)
            data = packer.compress(raw.data)
        else:
            data = packer.compress(_UNFILTERED) if column == 0 else b""
            data += packer.compress(np.ascontiguousarray(part).data)
            column = (column + columns) % width
        if data:
            file.write(_chunk(b"IDAT", data))
    file.write(_chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b""))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
