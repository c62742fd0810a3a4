"""Forms of photo files that are whole and yet not read, told from damaged files by their headers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _FORMAT = 256, 257, 258, 259, 262, 277, 339
_PLACES = ((273, 279), (324, 325))  # where strips or tiles lie and how long they are
_TIFF_KINDS = {3: "H", 4: "I", 16: "Q"}
_MOST_VALUES = 2**16  # of a tag that is looked at
_SAMPLE_FORMATS = {2: "signed ", 3: "floating-point ", 5: "complex ", 6: "complex "}
_JPEG_PROCESSES = {
    3: "lossless JPEG",
    5: "hierarchical JPEG",
    6: "hierarchical JPEG",
    7: "hierarchical JPEG",
    11: "lossless JPEG",
    13: "hierarchical JPEG",
    14: "hierarchical JPEG",
    15: "hierarchical JPEG",
}
_BMP_COMPRESSIONS = {3: "bit fields", 4: "a JPEG in it", 5: "a PNG in it"}


def unread_form(data: bytes) -> str | None:
    """What a file is that no decoder took, where its header is whole: words like "a TIFF file of 12 bits a sample".

    None where nothing speaks for more than damage.
    """
    for start, look in _LOOKS.items():
        if data.startswith(start):
            try:
                return look(data)
            except (struct.error, IndexError, ValueError, OverflowError):  # it ends in the middle of its header
                return None
    return None


def tiff_tags(data: bytes) -> dict[int, tuple[int, ...]]:
    """Whole numbers of the first directory of a TIFF file, by tag; none where it cannot be read."""
    try:
        order = "<" if data[:2] == b"II" else ">"
        (version,) = struct.unpack_from(order + "H", data, 2)
        return _tiff_tags(data, _Tiff(order, version == 43))
    except (struct.error, IndexError, ValueError, OverflowError):
        return {}


def is_whole_container(data: bytes) -> bool:
    """Whether it is an ISO media file, AVIF or HEIC, that has all of its boxes: then it is not cut short."""
    at = 0
    names: list[bytes] = []
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size == 0:  # up to the end
            size = len(data) - at
        if size < 8 or (not names and name != b"ftyp"):
            return False
        names.append(name)
        at += size
    return at == len(data) and b"meta" in names


class _Tiff(NamedTuple):
    """How the numbers of a TIFF file are written: `<` or `>`, and whether it is a BigTIFF."""

    order: str
    big: bool


def _tiff_form(data: bytes) -> str | None:
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    kind = _Tiff(order, version == 43)
    tags = _tiff_tags(data, kind)
    if not tags.get(_WIDTH) or not tags.get(_HEIGHT) or not _has_its_data(data, tags):
        return None
    bits = "/".join(map(str, dict.fromkeys(tags.get(_BITS, (1,)))))
    sample = _SAMPLE_FORMATS.get(tags.get(_FORMAT, (1,))[0], "")
    samples = tags.get(_SAMPLES, (1,))[0]
    name = "BigTIFF" if kind.big else "TIFF"
    compression, photometric = tags.get(_COMPRESSION, (1,))[0], tags.get(_PHOTOMETRIC, (0,))[0]
    return (
        f"a {name} file with {samples} {sample}{'sample' if samples == 1 else 'samples'} a pixel of {bits} bits "
        f"(compression {compression}, photometric {photometric})"
    )


def _tiff_tags(data: bytes, kind: _Tiff) -> dict[int, tuple[int, ...]]:
    """Whole numbers of the first directory, by tag."""
    head, count, entry, inline = ("Q", "Q", 20, 8) if kind.big else ("I", "H", 12, 4)
    (start,) = struct.unpack_from(kind.order + head, data, 8 if kind.big else 4)
    (entries,) = struct.unpack_from(kind.order + count, data, start)
    first = start + struct.calcsize(kind.order + count)
    found = {}
    for at in range(first, first + entry * min(entries, 1000), entry):
        tag, type_, values = struct.unpack_from(f"{kind.order}HH{head}", data, at)
        if type_ not in _TIFF_KINDS or not 0 < values <= _MOST_VALUES:
            continue
        layout = f"{kind.order}{values}{_TIFF_KINDS[type_]}"
        place = at + entry - inline
        if struct.calcsize(layout) > inline:
            (place,) = struct.unpack_from(kind.order + head, data, place)
        found[tag] = struct.unpack_from(layout, data, place)
    return found


def _has_its_data(data: bytes, tags: dict[int, tuple[int, ...]]) -> bool:
    """Whether all strips or tiles lie within the file."""
    for places, lengths in _PLACES:
        if tags.get(places) and len(tags[places]) == len(tags.get(lengths, ())):
            ends = (place + length for place, length in zip(tags[places], tags[lengths], strict=True))
            return max(ends) <= len(data)
    return False


def _jpeg_form(data: bytes) -> str | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if process := _JPEG_PROCESSES.get(marker - 0xC0):
                return f"a {process}"
            precision = data[at + 4]
            return None if precision == 8 else f"a JPEG file of {precision} bits a sample"
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _bmp_form(data: bytes) -> str | None:
    (offset,) = struct.unpack_from("<I", data, 10)
    (header,) = struct.unpack_from("<I", data, 14)
    if header < 40 or not 14 + header <= offset <= len(data):
        return None
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression == 0 and bits in (1, 4, 8, 16, 24, 32):
        return None
    if compression in (1, 2) or not _bmp_is_whole(data[offset:], width, height, bits, compression):
        return None
    packed = f" and {_BMP_COMPRESSIONS.get(compression, f'compression {compression}')}" if compression else ""
    return f"a BMP file of {bits} bits a pixel{packed}"


def _bmp_is_whole(pixels: bytes, width: int, height: int, bits: int, compression: int) -> bool:
    packed = compression not in (0, 3, 6)  # whose size the header does not tell
    return packed or len(pixels) >= (width * bits + 31) // 32 * 4 * abs(height)


_LOOKS: dict[bytes, Callable[[bytes], str | None]] = {
    b"II*\0": _tiff_form,
    b"MM\0*": _tiff_form,
    b"II+\0": _tiff_form,
    b"MM\0+": _tiff_form,
    b"\xff\xd8\xff": _jpeg_form,
    b"BM": _bmp_form,
}
