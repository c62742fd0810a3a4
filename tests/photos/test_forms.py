"""A whole file of a form that is not read is told from a damaged one."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.decode import decode_photo

from .encoded import bmp, marker, save, tiff

UNREAD = ", a form that is not read; save the photo as an 8-bit PNG first"


def reason(data: bytes) -> str:
    with pytest.raises(PhotoError) as refused:
        decode_photo(data)
    return str(refused.value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("bits", "samples", "sample_format", "words"),
    [
        (2, 3, 1, "3 samples a pixel of 2 bits"),
        (6, 1, 1, "1 sample a pixel of 6 bits"),
        (10, 3, 1, "3 samples a pixel of 10 bits"),
        (12, 4, 1, "4 samples a pixel of 12 bits"),
        (14, 1, 1, "1 sample a pixel of 14 bits"),
        (24, 3, 1, "3 samples a pixel of 24 bits"),
        (16, 1, 3, "1 floating-point sample a pixel of 16 bits"),
        (32, 3, 3, "3 floating-point samples a pixel of 32 bits"),
    ],
)
def test_tiff_of_unusual_samples(order, bits, samples, sample_format, words):
    data = tiff(bits, samples, sample_format=sample_format, order=order)
    assert reason(data) == f"a TIFF file with {words} (compression 1, photometric {1 + (samples > 1)}){UNREAD}"
    assert "damaged or cut short" in reason(data[:-1])  # its strip is not whole
    assert "damaged or cut short" in reason(data[:60])


def test_bigtiff():
    assert reason(tiff(12, 3, big=True)).startswith("a BigTIFF file with 3 samples a pixel of 12 bits")
    assert reason(tiff(8, 3, big=True, order=">")).startswith("a BigTIFF file with 3 samples a pixel of 8 bits")
    assert decode_photo(tiff(8, 3, big=True)).rgb.shape == (6, 8, 3)


@pytest.mark.parametrize(
    ("process", "precision", "words"),
    [(0xC3, 8, "a lossless JPEG"), (0xC5, 8, "a hierarchical JPEG"), (0xC1, 12, "a JPEG file of 12 bits a sample")],
)
def test_jpeg_of_another_process(process, precision, words):
    data = bytearray(save(Image.fromarray(marker()), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = process, precision
    assert reason(bytes(data)) == words + UNREAD


def test_damaged_jpeg_is_damaged():
    data = save(Image.effect_noise((90, 80), 90), "JPEG")
    assert reason(data[:2000]).startswith("the JPEG file is damaged or cut short: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bmp(2), "a BMP file of 2 bits a pixel"),
        (
            bmp(16, compression=3, masks=struct.pack("<3I", 0xF000, 0xF00, 0xF0)),
            "a BMP file of 16 bits a pixel and bit",
        ),
        (bmp(32, compression=5), "a BMP file of 32 bits a pixel and a PNG in it"),
    ],
)
def test_bmp_of_unusual_bits(data, words):
    assert reason(data).startswith(words)
    assert reason(data).endswith(UNREAD)


def test_cut_bmp_is_damaged():
    known = bmp(32, compression=3, masks=struct.pack("<3I", 0xFF0000, 0xFF00, 0xFF))
    assert decode_photo(known).rgb.shape == (6, 8, 3)
    for data in (known, bmp(24), bmp(2)):
        assert "damaged or cut short" in reason(data[:-3])


def test_whole_avif_that_is_not_decoded_may_be_of_another_form():
    data = bytearray(save(Image.fromarray(marker()), "AVIF"))
    mdat = data.index(b"mdat") + 4
    data[mdat:] = bytes(len(data) - mdat)
    assert reason(bytes(data)).startswith("the AVIF file is damaged, or of a form that is not read")
    assert "damaged or cut short" in reason(bytes(data[:-4]))


def test_articles():
    assert reason(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1").startswith("an AVIF file that is damaged")
    assert reason(b"GIF89a\0").startswith("a GIF file that is damaged")


@pytest.mark.parametrize("brand", [b"mif1", b"msf1"])
def test_heif_of_no_known_codec_is_no_video(brand):
    text = reason(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"miaf" + bytes(80))
    assert "HEIF" in text
    assert "video" not in text
    assert "video" in reason(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(80))


def test_rows_longer_than_the_decoder_counts_are_said_so(monkeypatch):
    def fail(self):
        raise MemoryError

    stream = io.BytesIO()
    Image.new("RGB", (100, 1)).save(stream, "PNG")
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    assert reason(stream.getvalue()) == "not enough memory for a photo of 100 x 1 pixels"
    monkeypatch.setattr("scorecam_cli.photos.decode.LONGEST_ROW", 90)
    assert reason(stream.getvalue()).startswith("100 x 1 pixels: rows of more than 90 pixels are not read")
