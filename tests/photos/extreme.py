"""Photo files that take the most that a format allows: made byte by byte, so that they are quickly written."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from scorecam_cli.config import MAX_PIXELS
from tests.photos.encoded import png_chunk, save

SIDE = 9459  # SIDE x SIDE is the largest square of MAX_PIXELS
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def flat_png(width: int, height: int, *, depth: int = 8, colour: int = 2, chunks: bytes = b"") -> bytes:
    """A PNG of any size whose samples are all 0; colour 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes(1 + (width * samples * depth + 7) // 8)
    packer, rows, body = zlib.compressobj(9), max(1, 2**24 // len(row)), []
    for top in range(0, height, rows):
        body.append(packer.compress(row * min(rows, height - top)))
    body.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = png_chunk(b"IDAT", b"".join(body))
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + chunks + data + png_chunk(b"IEND", b"")


def many_chunks_png(count: int) -> bytes:
    """A small PNG with so many chunks that nobody knows."""
    return flat_png(64, 48, chunks=png_chunk(b"prVt", b"") * count)


def many_texts_png(count: int) -> bytes:
    """A small PNG with so many texts in it."""
    return flat_png(64, 48, chunks=b"".join(png_chunk(b"tEXt", b"key%d\0value" % number) for number in range(count)))


def many_scans_jpeg(side: int, scans: int) -> bytes:
    """A flat progressive JPEG, grey, whose last scan is there so many times."""
    data = save(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def many_markers_jpeg(count: int) -> bytes:
    """A small JPEG with so many empty application segments."""
    data = save(Image.new("RGB", (64, 48), "red"), "JPEG")
    return data[:2] + b"\xff\xef\0\2" * count + data[2:]


def long_markers_jpeg(count: int) -> bytes:
    """A small JPEG with so many application segments as long as they can be."""
    data = save(Image.new("RGB", (64, 48), "red"), "JPEG")
    return data[:2] + (b"\xff\xef\xff\xff" + bytes(65533)) * count + data[2:]


def many_tags(count: int, *, value: int = 4) -> bytes:
    """A TIFF directory with so many tags, each of which says that it is `value` bytes long."""
    tags = b"".join(struct.pack("<HHII", 40_000 + number % 20_000, 1, value, 8) for number in range(count))
    return b"II*\0" + struct.pack("<IH", 8, count) + tags + bytes(4)


def many_tags_tiff(count: int, *, value: int = 4) -> bytes:
    """A small grey TIFF with so many tags of a kind that nobody knows, all of the same `value` bytes."""
    width, height = 64, 48
    known = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    known += [(278, 4, height), (279, 4, width * height)]
    tags = [struct.pack("<HHII", tag, kind, 1, number) for tag, kind, number in known]
    tags += [struct.pack("<HHII", 1000 + number, 1, value, 8) for number in range(count)]
    start = 8 + max(width * height, value)
    directory = struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", start) + bytes(start - 8) + directory


def tags_in_png(count: int) -> bytes:
    """A small PNG whose EXIF data has so many tags, all of the same bytes."""
    data = many_tags(count, value=2**16)
    return flat_png(64, 48, chunks=png_chunk(b"eXIf", data + bytes(2**16)))


def tags_in_jpeg(count: int) -> bytes:
    """A small JPEG whose EXIF data has so many tags, all of the same bytes."""
    return save(Image.new("RGB", (64, 48)), "JPEG", exif=b"Exif\0\0" + many_tags(count, value=60_000)[:60_000])


def animation(kind: str, frames: int, side: int) -> bytes:
    """So many frames of noise."""
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)) for _ in range(frames)]
    return save(images[0], kind, save_all=True, append_images=images[1:])


def large(kind: str, side: int, mode: str = "RGB", **options: object) -> bytes:
    """A square photo, a ramp from corner to corner."""
    ramp = Image.linear_gradient("L").resize((side, side))
    image = Image.merge("RGB", [ramp] * 3).convert(mode) if mode not in ("I;16", "I", "F") else ramp.convert(mode)
    return save(image, kind, **options)


def noise(kind: str, side: int, **options: object) -> bytes:
    """A square photo that cannot be packed."""
    return save(Image.effect_noise((side, side), 120).convert("RGB"), kind, **options)


def turned(data: bytes, orientation: int) -> bytes:
    """A JPEG that is stored turned."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def deep_tiff(side: int, mode: str) -> bytes:
    """A square TIFF of 16-bit, 32-bit or floating-point grey."""
    kinds = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    values = np.broadcast_to(np.arange(side, dtype=kinds[mode]), (side, side))
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values)).save(stream, "TIFF")
    return stream.getvalue()


def _icc(size: int) -> bytes:
    return struct.pack(">I", size) + bytes(size - 4)


# Sizes are the largest allowed, or such that a file has some ten megabytes.
EXTREMES: dict[str, Callable[[], bytes]] = {
    "wide 1000000x89 png": lambda: flat_png(1_000_000, 89),
    "tall 89x1000000 png": lambda: flat_png(89, 1_000_000),
    "line 89478400x1 png": lambda: flat_png(MAX_PIXELS - 85, 1),
    "column 1x89478485 png": lambda: flat_png(1, MAX_PIXELS),
    "column 2x44739242 png": lambda: flat_png(2, MAX_PIXELS // 2),
    "square png": lambda: flat_png(SIDE, SIDE),
    "square grey png": lambda: flat_png(SIDE, SIDE, colour=0),
    "square 1-bit png": lambda: flat_png(SIDE, SIDE, depth=1, colour=0),
    "square 16-bit grey png": lambda: flat_png(SIDE, SIDE, depth=16, colour=0),
    "square 16-bit rgb png": lambda: flat_png(SIDE, SIDE, depth=16),
    "square 16-bit rgba png": lambda: flat_png(SIDE, SIDE, depth=16, colour=6),
    "square rgba png": lambda: flat_png(SIDE, SIDE, colour=6),
    "square grey alpha png": lambda: flat_png(SIDE, SIDE, colour=4),
    "square colour key png": lambda: flat_png(SIDE, SIDE, chunks=png_chunk(b"tRNS", bytes(6))),
    "column rgba png": lambda: flat_png(9, MAX_PIXELS // 9, colour=6),
    "square jpeg": lambda: large("JPEG", SIDE),
    "square grey jpeg": lambda: large("JPEG", SIDE, "L"),
    "square cmyk jpeg": lambda: large("JPEG", SIDE, "CMYK"),
    "square progressive jpeg": lambda: large("JPEG", SIDE, progressive=True, subsampling=0),
    "square turned jpeg": lambda: turned(large("JPEG", SIDE), 6),
    "square mirrored jpeg": lambda: turned(large("JPEG", SIDE), 7),
    "wide jpeg": lambda: save(Image.new("RGB", (65_500, 1366), "green"), "JPEG"),
    "tall jpeg": lambda: save(Image.new("RGB", (1366, 65_500), "green"), "JPEG"),
    "noise jpeg": lambda: noise("JPEG", 6000, quality=100, subsampling=0),
    "noise png": lambda: noise("PNG", 4000, compress_level=1),
    "large webp": lambda: save(Image.new("RGB", (9000, 9000), "navy"), "WEBP", quality=10, method=0),
    "large lossless webp": lambda: save(
        Image.new("RGBA", (9000, 9000), (9, 8, 7, 90)), "WEBP", lossless=True, method=0
    ),
    "large avif": lambda: save(Image.new("RGB", (8192, 8192), "navy"), "AVIF", speed=10),
    "large gif": lambda: save(Image.new("P", (SIDE, SIDE)), "GIF"),
    "large bmp": lambda: save(Image.new("RGB", (6000, 6000), "teal"), "BMP"),
    "large tiff": lambda: save(Image.new("RGB", (SIDE, SIDE), "teal"), "TIFF", compression="tiff_lzw"),
    "large deflate tiff": lambda: save(Image.new("CMYK", (SIDE, SIDE)), "TIFF", compression="tiff_adobe_deflate"),
    "large 16-bit tiff": lambda: deep_tiff(5000, "I;16"),
    "large 32-bit tiff": lambda: deep_tiff(5000, "I"),
    "large float tiff": lambda: deep_tiff(5000, "F"),
    "20000 scans jpeg": lambda: many_scans_jpeg(2000, 20_000),
    "1000 scans large jpeg": lambda: many_scans_jpeg(9000, 1000),
    "3000000 chunks png": lambda: many_chunks_png(3_000_000),
    "1000000 texts png": lambda: many_texts_png(1_000_000),
    "10000000 markers jpeg": lambda: many_markers_jpeg(10_000_000),
    "600 long markers jpeg": lambda: long_markers_jpeg(600),
    "25000 tags tiff": lambda: many_tags_tiff(25_000, value=40_000),
    "60000 tags in png": lambda: tags_in_png(60_000),
    "5000 tags in jpeg": lambda: tags_in_jpeg(5000),
    "animated gif": lambda: animation("GIF", 200, 200),
    "animated webp": lambda: animation("WEBP", 100, 200),
    "animated png": lambda: animation("PNG", 100, 200),
    "huge exif png": lambda: flat_png(64, 48, chunks=png_chunk(b"eXIf", bytes(60_000_000))),
    "huge profile png": lambda: flat_png(
        64, 48, chunks=png_chunk(b"iCCP", b"x\0\0" + zlib.compress(_icc(60_000_000), 1))
    ),
    "huge xmp png": lambda: flat_png(
        64, 48, chunks=png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x>" * 10**7, 1))
    ),
}
