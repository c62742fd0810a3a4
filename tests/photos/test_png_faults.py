"""The faults of PngSuite's corrupted files, built byte by byte: refused with a sentence, or read whole, never by half.

Source of the list: Willem van Schaik, PngSuite, the files whose names begin with x.
"""

import struct
import zlib

import pytest

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.read import read_photo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIDE = 32


def chunk(kind, data, *, crc=None):
    checked = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)


def png(*, signature=SIGNATURE, depth=8, colour=0, header_crc=None, data_crc=None, with_data=True):
    header = struct.pack(">IIBBBBB", SIDE, SIDE, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(range(SIDE)) for _ in range(SIDE)))
    chunks = [chunk(b"IHDR", header, crc=header_crc), chunk(b"IDAT", pixels, crc=data_crc), chunk(b"IEND", b"")]
    return signature + b"".join(chunks if with_data else [chunks[0], chunks[2]])


FAULTS = {
    "xs1 first byte of the signature": png(signature=b"\x88" + SIGNATURE[1:]),
    "xs2 second byte of the signature": png(signature=b"\x89ONG\r\n\x1a\n"),
    "xs4 fourth byte of the signature": png(signature=b"\x89PNg\r\n\x1a\n"),
    "xs7 seventh byte of the signature": png(signature=b"\x89PNG\r\n\x1b\n"),
    "xcr carriage returns added": png().replace(b"\n", b"\r\n"),
    "xlf carriage returns lost": png().replace(b"\r\n", b"\n"),
    "xhd wrong checksum of the header": png(header_crc=0),
    "xc1 colour type 1": png(colour=1),
    "xc9 colour type 9": png(colour=9),
    "xd0 bit depth 0": png(depth=0),
    "xd3 bit depth 3": png(depth=3),
    "xd9 bit depth 99": png(depth=99),
    "xdt no data": png(with_data=False),
}


@pytest.mark.parametrize("data", FAULTS.values(), ids=FAULTS.keys())
def test_corrupted_file_is_refused_with_one_sentence(tmp_path, data):
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    with pytest.raises(PhotoError) as refused:
        read_photo(path)
    assert str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [png(), png(data_crc=0)], ids=["no fault", "xcs wrong checksum of the data"])
def test_file_whose_pixels_are_whole_is_read(tmp_path, data):
    """The checksum of the data is beside that of zlib, which vouches for the pixels."""
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    rgb = read_photo(path).rgb
    assert rgb.shape == (SIDE, SIDE, 3)
    assert (rgb[0, :, 0] == range(SIDE)).all()
