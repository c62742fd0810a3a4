"""A file becomes the upright photo that a viewer shows, or one clear sentence."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos import read
from scorecam_cli.photos.decode import decode_photo
from scorecam_cli.photos.read import read_photo

from .encoded import exif_orientation, marker, png, png_chunk, save

# How the pixels are stored so that a viewer who obeys the orientation sees the marker: EXIF 2.3, section 4.6.4.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


def close(rgb: np.ndarray, expected: np.ndarray) -> bool:
    """Whether the four quarters have their colours at their centres: lossy formats blur the seams between them."""
    height, width = expected.shape[:2]
    centres = np.ix_([height // 4, 3 * height // 4], [width // 4, 3 * width // 4])
    return rgb.shape == expected.shape and np.abs(rgb[centres].astype(int) - expected[centres]).max() <= 6


def message(data: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        decode_photo(data)
    text = str(caught.value)
    assert "\n" not in text
    assert "BytesIO" not in text
    return text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_shown_upright_once(kind, orientation):
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](marker())))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind in ("JPEG", "WEBP", "AVIF") else {}
    photo = decode_photo(save(stored, kind, exif=exif, **options))
    assert close(photo.rgb, marker())
    assert (photo.width, photo.height) == (40, 24)
    assert photo.warnings == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_once(orientation):
    pytest.importorskip("pillow_heif").register_heif_opener()
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](marker(64, 96))))
    assert close(decode_photo(save(stored, "HEIF", exif=exif_orientation(orientation), quality=95)).rgb, marker(64, 96))


def test_heic_without_its_decoder_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    text = message(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(100))
    assert text == "HEIC needs the extra: pip install 'scorecam[heic]'"


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP"])
def test_lossless_formats_give_the_pixels_that_were_stored(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    photo = decode_photo(save(Image.fromarray(marker()), kind, **options))
    assert np.array_equal(photo.rgb, marker())
    assert photo.rgb.dtype == np.uint8
    assert photo.rgb.flags.c_contiguous


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 40), (40, 4000)])
def test_any_shape_of_photo_is_read(width, height):
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    assert np.array_equal(decode_photo(save(Image.fromarray(rgb), "PNG")).rgb, rgb)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_is_the_photo(kind):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ((200, 0, 0), (0, 200, 0))]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = save(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert np.array_equal(decode_photo(data).rgb, np.broadcast_to(np.uint8([200, 0, 0]), (6, 8, 3)))


def test_cut_later_frame_does_not_matter():
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (40, 40), np.uint8)) for _ in range(2)]
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    first = decode_photo(data).rgb
    assert np.array_equal(decode_photo(data[:-600]).rgb, first)


def test_sha256_is_that_of_the_file(tmp_path):
    data = save(Image.fromarray(marker()), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert read_photo(path).sha256 == hashlib.sha256(data).hexdigest()


def test_truncated_file_is_refused_at_every_length():
    rng = np.random.default_rng(1)
    noisy = Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8))
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"):
        data = save(noisy, kind)
        for share in (0.03, 0.2, 0.5, 0.9):
            text = message(data[: int(len(data) * share)])
            assert "damaged or cut short" in text, (kind, share, text)
            assert kind.lower() in text.lower()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"just some words\n", "looks like text"),
        (b"<!DOCTYPE html><html>", "looks like an HTML page"),
        (b"%PDF-1.7\n\x80", "looks like a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "looks like an SVG drawing"),
        (bytes(1000), "nothing but zero bytes"),
        (b"\0\0\0\x20ftypisom\0\0\0\0isommp42", "looks like a video"),
        (b"\x01\x02\x03\x04 \x80", "looks like other binary data"),
    ],
)
def test_what_is_no_photo_is_named(data, words):
    text = message(data)
    assert words in text
    assert not data or "formats read are JPEG" in text


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "EPS"])
def test_formats_outside_the_list_are_not_decoded(kind):
    assert message(save(Image.fromarray(marker()), kind)).startswith("not a photo")


def test_pixel_limit_is_checked_before_decoding(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    for width, height in ((9460, 9460), (30_000, 30_000)):  # below and above the size that Pillow itself refuses
        data = png(width, height, depth=8, colour=2, rows=[])
        assert f"{width} x {height} pixels are too large" in message(data)


def test_photo_of_exactly_the_limit_is_read():
    data = save(Image.fromarray(marker()), "PNG")
    assert decode_photo(data, max_pixels=24 * 40).width == 40
    with pytest.raises(PhotoError, match="40 x 24"):
        decode_photo(data, max_pixels=24 * 40 - 1)


def test_broken_exif_is_a_warning():
    plain = Image.fromarray(marker())
    for broken in (b"Exif\0\0nonsense", b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12", b"Exif\0\0II*\0\xff\xff\xff\xff"):
        photo = decode_photo(save(plain, "JPEG", exif=broken, quality=95))
        assert close(photo.rgb, marker())
        assert len(photo.warnings) == 1, broken
        assert "EXIF data is damaged" in photo.warnings[0]


def test_impossible_orientation_is_a_warning():
    photo = decode_photo(save(Image.fromarray(marker()), "JPEG", exif=exif_orientation(9)))
    assert photo.rgb.shape == (24, 40, 3)
    assert photo.warnings == ("the EXIF orientation 9 does not exist; the photo is taken to be upright",)


def test_orientation_in_xmp_alone_turns_nothing():
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    assert decode_photo(save(Image.fromarray(marker()), "JPEG", xmp=xmp)).rgb.shape == (24, 40, 3)


def test_pillow_warns_nobody():
    data = png(
        2,
        2,
        depth=8,
        colour=3,
        rows=[b"\0\1", b"\1\0"],
        chunks=png_chunk(b"PLTE", bytes(6)) + png_chunk(b"tRNS", b"\x10\x20"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_photo(data)
        decode_photo(save(Image.fromarray(marker()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12"))


def test_named_pipe_is_neither_opened_nor_waited_for(tmp_path, monkeypatch):
    pipe = tmp_path / "x.jpg"
    os.mkfifo(pipe)
    monkeypatch.setattr(os, "open", lambda *a, **k: pytest.fail("opened"))
    with pytest.raises(PhotoError, match=r"^a named pipe, not a photo$"):
        read_photo(pipe)


def test_file_swapped_for_a_pipe_after_the_look_does_not_block(tmp_path, monkeypatch):
    pipe, plain = tmp_path / "x.jpg", tmp_path / "plain"
    os.mkfifo(pipe)
    plain.write_bytes(b"1")
    earlier = plain.stat()
    monkeypatch.setattr(Path, "stat", lambda self: earlier)
    with pytest.raises(PhotoError, match=r"^a named pipe, not a photo$"):
        read_photo(pipe)


def test_each_way_to_have_no_file_has_its_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        (tmp_path / "loop.jpg").symlink_to("loop.jpg")
        (tmp_path / "plain").write_text("x")
        for name, words in {
            "gone.jpg": "no such file",
            ".": "a folder, not a photo",
            "s.jpg": "a socket, not a photo",
            "/dev/null": "a device, not a photo",
            "loop.jpg": "leads back to itself",
            "plain/x.jpg": "not a folder",
            "n" * 300: "too long",
            "a\0b": "cannot be a file name",
        }.items():
            with pytest.raises(PhotoError) as caught:
                read_photo(Path(name))
            assert words in str(caught.value), name


def test_huge_file_is_refused_without_being_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "MAX_BYTES", 2**20)
    path = tmp_path / "big.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    os.truncate(path, 2**20 + 1)
    with pytest.raises(PhotoError, match="larger than 1 MiB"):
        read_photo(path)


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=60), st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF"]), st.integers(0, 400)
)
def test_damaged_bytes_give_a_photo_or_one_sentence(noise, kind, place):
    data = bytearray(save(Image.fromarray(marker()), kind))
    place %= len(data)
    data[place : place + len(noise)] = noise
    with contextlib.suppress(PhotoError):
        rgb = decode_photo(bytes(data)).rgb
        assert rgb.ndim == 3
        assert rgb.shape[2] == 3


def test_whatever_a_decoder_raises_becomes_one_sentence(monkeypatch):
    data = save(Image.fromarray(marker()), "PNG")
    for error in (
        SyntaxError("x\ny"),
        struct.error("bad"),
        OverflowError(),
        MemoryError(),
        Image.DecompressionBombError("b"),
    ):

        def fail(self, error=error):
            raise error

        monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
        text = message(data)
        assert text.startswith(
            "not enough memory for a photo of 40 x 24" if isinstance(error, MemoryError) else "the PNG file is"
        )
