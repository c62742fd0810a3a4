"""TIFF files of bands, honest and made to do harm: what each is refused with."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

DRAWN = np.random.default_rng(0)
COMPRESSION, STRIPS, SAMPLES, ROWS_PER_STRIP, LENGTHS = 259, 273, 277, 278, 279
TILE_WIDTH, BITS, ROWS, COLUMNS, ORIENTATION, PREDICTOR = 322, 258, 257, 256, 274, 317


def bands(dtype: str = "uint16", shape: tuple[int, int, int] = (24, 20, 8)) -> NDArray[Any]:
    return (DRAWN.random(shape) * 200).astype(dtype)


def tiff_of(array: NDArray[Any], **how: Any) -> bytes:
    """A file of [H0, W0, c], as tifffile writes it."""
    file = io.BytesIO()
    planar = how.get("planarconfig") == "separate"
    given = np.ascontiguousarray(array.transpose(2, 0, 1)) if planar else array
    tifffile.imwrite(file, given, **{"photometric": "minisblack", "planarconfig": "contig", **how})
    return file.getvalue()


def changed(data: bytes, tag: int, value: int) -> bytes:
    """The file with another number in the first directory: in the entry itself, or where it says that its values lie.

    Of a tag with several values the first is replaced; a tag that is missing stays so.
    """
    found = bytearray(data)
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        known, kind, count = struct.unpack_from("<HHI", data, at)
        if known == tag:
            width = {3: 2, 4: 4}[kind]
            place = at + 8 if width * count <= 4 else struct.unpack_from("<I", data, at + 8)[0]
            struct.pack_into("<H" if kind == 3 else "<I", found, place, value)
            return bytes(found)
    raise AssertionError(tag)


def counted(data: bytes, tag: int, count: int) -> bytes:
    """The file with another number of values of one tag."""
    found = bytearray(data)
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", data, at)[0] == tag:
            struct.pack_into("<I", found, at + 4, count)
    return bytes(found)


def packed_as(stream: bytes, shape: tuple[int, int, int] = (24, 20, 8)) -> bytes:
    """A deflated file of uint8 bands in one strip, whose stream is this one."""
    data = tiff_of(np.zeros(shape, np.uint8), compression="adobe_deflate", rowsperstrip=shape[0])
    return changed(changed(data, STRIPS, len(data)), LENGTHS, len(stream)) + stream


def bomb(megabytes: int) -> bytes:
    """A deflate stream of so many zeros, without packing them all: its blocks are alike."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 15)
    first = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (megabytes - 1) + b"\x03\x00\0\0\0\0"


PLAIN = tiff_of(bands())
DEFLATED = tiff_of(bands(), compression="adobe_deflate")
NOT_FINITE = bands("float32")
NOT_FINITE[3, 4, 5] = np.nan
DAMAGED, LACKS = "damaged, or of a form that is not read", "its strips or tiles do not hold what it says"
HOSTILE = {
    "cut short": (PLAIN[: len(PLAIN) // 2], LACKS),
    "header alone": (PLAIN[:400], "damaged"),
    "a strip behind the end": (changed(PLAIN, STRIPS, 2**31), LACKS),
    "a strip of no bytes": (changed(PLAIN, LENGTHS, 0), LACKS),
    "more rows than the file has": (changed(PLAIN, ROWS, 1000), LACKS),
    "a billion rows": (changed(changed(DEFLATED, ROWS, 2**30), COLUMNS, 2**30), "damaged"),
    "65 bands": (tiff_of(bands("uint8", (4, 4, 65))), "has 65 bands"),
    "no such number of bands": (changed(PLAIN, SAMPLES, 65_535), "damaged|bands"),
    "double numbers": (tiff_of(bands("float64")), "holds float64; save it as uint8, uint16 or float32"),
    "whole numbers with a sign": (tiff_of(bands("int16")), "holds int16"),
    "not a number": (tiff_of(NOT_FINITE), "values that are not finite"),
    "another packing": (changed(DEFLATED, COMPRESSION, 5), "is packed with LZW, which tifffile reads with imagecodecs"),
    "no such packing": (changed(DEFLATED, COMPRESSION, 4711), DAMAGED),
    "a damaged stream": (packed_as(b"\x78\x9c" + bytes(range(200))), DAMAGED),
    "a stream cut short": (packed_as(zlib.compress(bytes(24 * 20 * 8))[:-9]), DAMAGED),
    "a stream of too little": (packed_as(zlib.compress(bytes(24 * 20 * 8 // 2), 0)), "damaged"),
    "a bomb": (packed_as(bomb(900)), "not enough memory for the bands"),
    "a photo on its side": (changed(tiff_of(bands(), extratags=[(274, 3, 1, 1, True)]), ORIENTATION, 6), "not upright"),
    "a strip of no rows": (changed(PLAIN, ROWS_PER_STRIP, 0), "damaged"),
    "billions of strips": (counted(tiff_of(bands(), rowsperstrip=2), STRIPS, 2**32 - 1), "damaged"),
    "tiles as wide as the world": (
        changed(tiff_of(bands(), tile=(16, 16), compression="adobe_deflate"), TILE_WIDTH, 65_520),
        "damaged",
    ),
}
