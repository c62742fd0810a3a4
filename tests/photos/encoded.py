"""Photo files built byte by byte or by Pillow, whose pixels are known without reading them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def marker(height: int = 24, width: int = 40) -> np.ndarray:
    """A photo that no turn or mirroring leaves as it is: each corner has a colour of its own."""
    rgb = np.full((height, width, 3), 128, np.uint8)
    rgb[: height // 2, : width // 2] = (250, 10, 10)
    rgb[: height // 2, width // 2 :] = (10, 250, 10)
    rgb[height // 2 :, : width // 2] = (10, 10, 250)
    return rgb


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *, depth: int, colour: int, rows: list[bytes], chunks: bytes = b"") -> bytes:
    """A PNG of the given raw rows; colour 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + chunks + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    )


def grey_tiff(
    width: int, height: int, data: bytes, *, bits: int, photometric: int = 1, sample_format: int = 1
) -> bytes:
    """A little-endian TIFF of one strip; photometric 0 means that zero is white."""
    short, long = 3, 4
    tags = [
        (256, long, width),
        (257, long, height),
        (258, short, bits),
        (259, short, 1),
        (262, short, photometric),
        (273, long, 8),
        (277, short, 1),
        (278, long, height),
        (279, long, len(data)),
        (339, short, sample_format),
    ]
    directory = struct.pack("<H", len(tags))
    for tag, kind, value in tags:
        directory += struct.pack(
            "<HHIHH" if kind == short else "<HHII", tag, kind, 1, *((value, 0) if kind == short else (value,))
        )
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + bytes(4)


def tiff(bits: int, samples: int, *, sample_format: int = 1, order: str = "<", big: bool = False) -> bytes:
    """An 8 x 6 TIFF or BigTIFF of one strip of zeros, whole, whatever its samples are."""
    count, offset, entry, inline = ("Q", "Q", 20, 8) if big else ("H", "I", 12, 4)
    strip, short, long = 8 * 6 * samples * bits // 8, 3, 4
    photometric = 2 if samples >= 3 else 1
    tags = [(256, long, [8]), (257, long, [6]), (258, short, [bits] * samples), (259, short, [1])]
    tags += [(262, short, [photometric]), (273, long, [512]), (277, short, [samples]), (278, long, [6])]
    tags += [(279, long, [strip]), (339, short, [sample_format] * samples)]
    head = (b"II" if order == "<" else b"MM") + struct.pack(
        order + ("HHHQ" if big else "HI"), *((43, 8, 0, 16) if big else (42, 8))
    )
    entries, values, place = b"", b"", len(head) + struct.calcsize(order + count) + entry * len(tags) + inline
    for tag, kind, numbers in tags:
        value = struct.pack(order + ("H" if kind == short else "I") * len(numbers), *numbers)
        if len(value) > inline:
            value, values = struct.pack(order + offset, place + len(values)), values + value
        entries += struct.pack(order + "HH" + offset, tag, kind, len(numbers)) + value.ljust(inline, b"\0")
    directory = struct.pack(order + count, len(tags)) + entries + bytes(inline) + values
    return (head + directory).ljust(512, b"\0") + bytes(strip)


def bmp(bits: int, *, compression: int = 0, masks: bytes = b"") -> bytes:
    """An 8 x 6 BMP of zeros."""
    row = (8 * bits + 31) // 32 * 4
    header = struct.pack("<IiiHHIIiiII", 40, 8, 6, 1, bits, compression, row * 6, 0, 0, 0, 0)
    colours = bytes(4 << bits) if bits <= 8 else masks
    offset = 14 + len(header) + len(colours)
    return b"BM" + struct.pack("<IHHI", offset + row * 6, 0, 0, offset) + header + colours + bytes(row * 6)


def exif_orientation(value: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, value, 0, 0)


def cmyk_profile(lab_of_inks: dict[tuple[int, int, int, int], tuple[float, float, float]]) -> bytes:
    """An ICC v2 profile for CMYK: Lab colours of the 16 solid ink combinations, linear between; white elsewhere."""
    grid = bytearray()
    for index in range(16):
        inks = (index >> 3 & 1, index >> 2 & 1, index >> 1 & 1, index & 1)
        lightness, a, b = lab_of_inks.get(inks, (100.0, 0.0, 0.0))
        grid += bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
    unit = [65536, 0, 0, 0, 65536, 0, 0, 0, 65536]
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *unit) + ramp * 4 + bytes(grid) + ramp * 3
    words = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(4 + 4 + 2 + 1 + 67)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)  # D50
    blocks = [(b"A2B0", table), (b"desc", words), (b"wtpt", white)]
    offset, directory, body = 128 + 4 + 12 * len(blocks), struct.pack(">I", len(blocks)), b""
    for name, block in blocks:
        block += bytes(-len(block) % 4)
        directory += name + struct.pack(">II", offset + len(body), len(block))
        body += block
    header = bytearray(128)
    header[0:4] = struct.pack(">I", offset + len(body))
    header[8:12] = bytes([2, 0x20, 0, 0])
    header[12:24] = b"prtrCMYKLab "
    header[24:36] = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    return bytes(header) + directory + body


def swapped_profile(original: bytes) -> bytes:
    """An RGB profile whose red and blue primaries have changed places."""
    profile = original.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    assert profile != original
    return profile
