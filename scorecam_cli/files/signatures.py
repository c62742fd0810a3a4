"""What bytes that no decoder takes look like, for an error that tells the user what the file is."""

from __future__ import annotations

READ_FORMATS = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC"

# The first bytes of formats that are read: a file that starts so and is refused is a damaged one.
_PHOTOS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)
_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, perhaps a Keras model"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1"}  # the container alone; of HEIC, AVIF or other pictures
_AVIF_BRANDS = {b"avif", b"avis"}
_SAMPLE_BYTES = 512  # enough for any signature and for a look at the characters of a text


def photo_format(data: bytes) -> str | None:
    """The format that the first bytes announce, among those that are read; None for anything else."""
    for start, name in _PHOTOS:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    brands = _brands(data)
    if brands & _HEIC_BRANDS:
        return "HEIC"
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that the header of a WebP file announces; None for other files."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 ":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return width, height
    return None


def looks_like(data: bytes) -> str:
    """What a file that is no photo seems to be, as words that fit after "it looks like"."""
    for start, name in _OTHERS:
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        return "a video or another media container"
    sample = data[:_SAMPLE_BYTES]
    if not sample.strip(b"\0"):
        return "nothing but zero bytes"
    opening = sample.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in opening:
        return "an SVG drawing"
    if opening.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page, perhaps a download that failed"
    if opening.startswith(b"<?xml"):
        return "an XML document"
    if opening.startswith((b"version https://git-lfs", b"/annex/objects")):
        return "a pointer to a large file that was not fetched"
    return "text" if _is_text(sample) else "other binary data"


def _brands(data: bytes) -> set[bytes]:
    """The brands that an ISO media file lists in its first box; empty for other files."""
    if data[4:8] != b"ftyp":
        return set()
    size = min(int.from_bytes(data[:4], "big"), _SAMPLE_BYTES)
    return {data[8:12]} | {data[start : start + 4] for start in range(16, size - 3, 4)}


def _is_text(sample: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in sample)
    return controls == 0
