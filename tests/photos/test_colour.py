"""Every kind of pixel becomes 8-bit sRGB on white."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from scorecam_cli.photos import colour
from scorecam_cli.photos.decode import decode_photo

from .encoded import cmyk_profile, exif_orientation, grey_tiff, png, png_chunk, save, swapped_profile

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RED_LAB = (53.24, 80.09, 67.2)  # sRGB red in Lab for D65; within a few steps of it for D50


def pixels(data: bytes) -> list[list[int]]:
    return decode_photo(data).rgb.reshape(-1, 3).tolist()


def on_white(colour: tuple[int, int, int], alpha: int) -> list[int]:
    return [round((value * alpha + 255 * (255 - alpha)) / 255) for value in colour]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparency_is_laid_on_white(kind):
    rgba = np.uint8([[[200, 0, 0, 0], [200, 0, 0, 255], [200, 40, 0, 128]]])
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    found = pixels(save(Image.fromarray(rgba), kind, **options))
    assert found == [[255, 255, 255], [200, 0, 0], on_white((200, 40, 0), 128)]


def test_grey_with_alpha_is_laid_on_white():
    image = Image.fromarray(np.uint8([[[0, 0], [0, 255], [100, 51]]]), "LA")
    assert pixels(save(image, "PNG")) == [[255] * 3, [0] * 3, on_white((100,) * 3, 51)]


def test_palette_with_one_transparent_entry_and_with_many():
    palette = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]))
    rows = [bytes([0, 1, 2])]
    one = png(3, 1, depth=8, colour=3, rows=rows, chunks=palette + png_chunk(b"tRNS", b"\xff\x00"))
    assert pixels(one) == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]
    many = png(3, 1, depth=8, colour=3, rows=rows, chunks=palette + png_chunk(b"tRNS", b"\x80\x00\x33"))
    assert pixels(many) == [on_white((255, 0, 0), 128), [255] * 3, on_white((0, 0, 255), 51)]


def test_transparent_gif_index_is_white():
    image = Image.fromarray(np.uint8([[0, 1]]), "P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert pixels(save(image, "GIF", transparency=1)) == [[10, 20, 30], [255, 255, 255]]


@pytest.mark.parametrize(
    ("depth", "colour", "row", "key", "expected"),
    [
        (8, 0, bytes([7, 8]), [7], [255, 8]),
        (2, 0, bytes([0b01_10_0000]), [1], [255, 170]),  # 2 bits: levels 0 85 170 255, the key counts 0-3
        (1, 0, bytes([0b01000000]), [0], [255, 255]),
        (16, 0, struct.pack(">HH", 2570, 2571), [2570], [255, 10]),  # 2571 / 257 = 10.004
    ],
)
def test_transparent_grey_of_any_depth_is_white(depth, colour, row, key, expected):
    data = png(
        2, 1, depth=depth, colour=colour, rows=[row], chunks=png_chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    )
    assert pixels(data) == [[value] * 3 for value in expected]


def test_transparent_rgb_key_is_white_at_8_and_16_bits():
    shallow = png(
        2,
        1,
        depth=8,
        colour=2,
        rows=[bytes([1, 2, 3, 1, 2, 4])],
        chunks=png_chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)),
    )
    assert pixels(shallow) == [[255, 255, 255], [1, 2, 4]]
    row = struct.pack(">6H", 256, 512, 65535, 256, 512, 1024)
    deep = png(2, 1, depth=16, colour=2, rows=[row], chunks=png_chunk(b"tRNS", struct.pack(">3H", 256, 512, 65535)))
    assert pixels(deep) == [[255, 255, 255], [1, 2, 4]]


def test_16_bit_grey_is_scaled_and_not_clipped():
    ramp = np.arange(0, 65536, dtype=np.uint32)
    expected = np.floor(ramp / 257 + 0.5)
    data = png(256, 256, depth=16, colour=0, rows=[row.astype(">u2").tobytes() for row in ramp.reshape(256, 256)])
    assert np.array_equal(decode_photo(data).rgb[:, :, 1].ravel(), expected)
    little = save(Image.fromarray(ramp.astype("<u2").reshape(256, 256)), "TIFF")
    assert np.array_equal(decode_photo(little).rgb[:, :, 2].ravel(), expected)


def test_big_endian_16_bit_tiff_equals_the_little_endian_one():
    data = save(Image.fromarray(np.array([[0, 257, 65535]], ">u2")), "TIFF")
    assert data[:2] == b"MM"
    assert pixels(data) == [[0] * 3, [1] * 3, [255] * 3]


def test_12_bit_tiff_reaches_white():
    assert pixels(grey_tiff(2, 1, bytes([0xFF, 0xF0, 0x00]), bits=12)) == [[255] * 3, [0] * 3]


@pytest.mark.parametrize("bits", [8, 16])
def test_tiff_whose_zero_is_white_is_no_negative(bits):
    data = bytes([0, 255]) if bits == 8 else struct.pack("<HH", 0, 65535)
    assert pixels(grey_tiff(2, 1, data, bits=bits, photometric=0)) == [[255] * 3, [0] * 3]


def test_float_and_32_bit_grey_are_stretched_with_a_warning():
    data = grey_tiff(4, 1, struct.pack("<4f", -2.0, 0.0, 2.0, float("nan")), bits=32, sample_format=3)
    photo = decode_photo(data)
    assert photo.rgb[0, :, 0].tolist() == [0, 128, 255, 0]
    assert photo.warnings == ("floating-point grey values were stretched from -2..2 to black..white",)
    deep = decode_photo(grey_tiff(3, 1, struct.pack("<3i", 0, 10**6, 4 * 10**6), bits=32, sample_format=2))
    assert deep.rgb[0, :, 0].tolist() == [0, 64, 255]
    assert "stretched from 0..4e+06" in deep.warnings[0]


def test_float_grey_is_stretched_over_the_whole_photo_whatever_is_done_at_once(monkeypatch):
    samples = np.random.default_rng(0).normal(0, 100, (37, 11)).astype("<f4")
    samples[3, 4:8] = np.nan, np.inf, -np.inf, 400
    monkeypatch.setattr(colour, "BAND_PIXELS", 50)  # 4 rows of 11
    photo = decode_photo(grey_tiff(11, 37, samples.tobytes(), bits=32, sample_format=3))
    finite = samples[np.isfinite(samples)].astype(np.float64)
    values = np.nan_to_num(samples.astype(np.float64), nan=finite.min(), posinf=finite.max(), neginf=finite.min())
    expected = np.round(255 * (values - finite.min()) / (finite.max() - finite.min()))
    np.testing.assert_array_equal(photo.rgb[..., 0], expected)


def test_flat_float_photo_is_black_and_finite():
    assert pixels(grey_tiff(1, 1, struct.pack("<f", 5.0), bits=32, sample_format=3)) == [[0, 0, 0]]


def test_16_bit_colour_with_alpha_is_read():
    grey = png(2, 1, depth=16, colour=4, rows=[struct.pack(">4H", 0, 0, 0x8080, 65535)])
    assert pixels(grey) == [[255] * 3, [128] * 3]
    rgba = png(1, 1, depth=16, colour=6, rows=[struct.pack(">4H", 65535, 0, 0, 65535)])
    assert pixels(rgba) == [[255, 0, 0]]


def test_one_bit_palette_and_ycbcr_photos_are_read():
    assert pixels(save(Image.fromarray(np.array([[True, False]])), "PNG")) == [[255] * 3, [0] * 3]
    ycc = Image.new("RGB", (4, 4), (200, 30, 60)).convert("YCbCr")
    assert np.abs(np.subtract(pixels(save(ycc, "TIFF"))[0], (200, 30, 60))).max() <= 2


def test_lab_tiff_becomes_its_colour():
    image = Image.new("LAB", (1, 1), (round(53.24 * 2.55), 80 + 128, 67 + 128))
    assert np.abs(np.subtract(pixels(save(image, "TIFF"))[0], (255, 0, 0))).max() <= 12


def test_cmyk_without_profile_is_converted_plainly():
    inks = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert np.abs(np.subtract(pixels(save(inks, "JPEG", quality=100))[0], (0, 255, 255))).max() <= 2
    assert pixels(save(inks, "TIFF"))[0] == [0, 255, 255]


def test_ycck_jpeg_is_understood():
    # Four plain components, then Adobe's mark "YCCK": the samples Y Cb Cr K are stored inverted as 255 - (C M Y K).
    data = save(Image.new("CMYK", (16, 16), (255 - 81, 255 - 90, 255 - 240, 255 - 200)), "JPEG", quality=100)
    place = data.index(b"Adobe") + 11
    data = data[:place] + b"\2" + data[place + 1 :]
    red, green, blue = 81 + 1.402 * 112, 81 - 0.344136 * -38 - 0.714136 * 112, 81 + 1.772 * -38
    expected = [(255 - np.clip(value, 0, 255)) * 200 / 255 for value in (red, green, blue)]
    assert np.abs(np.subtract(pixels(data)[0], expected)).max() <= 4


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(kind):
    profile = cmyk_profile({(1, 0, 0, 0): RED_LAB, (0, 0, 0, 1): (0.0, 0.0, 0.0)})  # a press whose cyan is red
    options = {"quality": 100} if kind == "JPEG" else {}
    photo = decode_photo(save(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), kind, icc_profile=profile, **options))
    assert photo.warnings == ()
    assert np.abs(photo.rgb[0, 0].astype(int) - (255, 0, 0)).max() <= 12


@pytest.mark.parametrize("profile", [b"no profile at all" * 20, SRGB[:200], SRGB], ids=["nonsense", "cut", "for RGB"])
def test_unusable_profile_of_cmyk_is_a_warning(profile):
    photo = decode_photo(save(Image.new("CMYK", (8, 8), (0, 255, 0, 0)), "JPEG", quality=100, icc_profile=profile))
    assert np.abs(photo.rgb[0, 0].astype(int) - (255, 0, 255)).max() <= 2
    assert len(photo.warnings) == 1
    assert photo.warnings[0].startswith("the embedded colour profile was ignored: ")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_rgb_goes_through_its_profile(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    image = Image.fromarray(np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]))
    found = pixels(save(image, kind, icc_profile=swapped_profile(SRGB), **options))
    assert np.abs(np.subtract(found, [[0, 0, 255], [0, 255, 0], [255, 0, 0]])).max() <= 2


def test_srgb_profile_changes_nothing():
    rgb = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    found = decode_photo(save(Image.fromarray(rgb), "PNG", icc_profile=SRGB)).rgb
    assert np.abs(found.astype(int) - rgb).max() <= 1


def test_transparency_survives_the_profile():
    image = Image.fromarray(np.uint8([[[255, 0, 0, 255], [255, 0, 0, 0], [255, 0, 0, 128]]]))
    found = pixels(save(image, "PNG", icc_profile=swapped_profile(SRGB)))
    assert np.abs(np.subtract(found, [[0, 0, 255], [255, 255, 255], [127, 127, 255]])).max() <= 2


def test_palette_goes_through_its_profile():
    image = Image.fromarray(np.uint8([[0, 1]]), "P")
    image.putpalette([255, 0, 0, 0, 0, 255])
    found = pixels(save(image, "PNG", icc_profile=swapped_profile(SRGB)))
    assert np.abs(np.subtract(found, [[0, 0, 255], [255, 0, 0]])).max() <= 2


def test_grey_photo_with_an_rgb_profile_stays_grey_without_a_warning():
    photo = decode_photo(save(Image.new("L", (4, 4), 100), "PNG", icc_profile=SRGB))
    assert photo.warnings == ()
    assert np.abs(photo.rgb.astype(int) - 100).max() <= 1


def test_alpha_turns_with_the_photo():
    stored = np.zeros((2, 3, 4), np.uint8)
    stored[0, 0] = (9, 9, 9, 255)
    data = save(Image.fromarray(stored), "PNG", exif=exif_orientation(6))
    expected = np.full((3, 2, 3), 255, np.uint8)
    expected[0, 1] = 9  # the top left goes to the top right
    assert np.array_equal(decode_photo(data).rgb, expected)
