"""Bands from TIFF files: what the file holds comes back, and a file made to do harm is a photo that failed."""

from __future__ import annotations

import io
import itertools
import sys

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.decode import decode_photo
from scorecam_cli.photos.read import read_photo
from scorecam_cli.photos.tiff_bands import has_bands

from .banded import COLUMNS, DEFLATED, HOSTILE, PLAIN, ROWS, ROWS_PER_STRIP, bands, changed, packed_as, tiff_of

FORMS = itertools.product(
    *(("uint8", "uint16", "float32"), (None, "adobe_deflate", "lzma"), ("contig", "separate")),
    *((None, (16, 16)), ("<", ">"), (False, True)),
)


def test_bands_come_back_as_they_were_saved_in_every_form():
    read = 0
    for dtype, compression, planar, tile, order, big in FORMS:
        array = bands(dtype, (37, 21, 5))
        how = {"tile": tile, "byteorder": order, "bigtiff": big, "rowsperstrip": None if tile else 7}
        photo = decode_photo(tiff_of(array, compression=compression, planarconfig=planar, **how))
        np.testing.assert_array_equal(photo.bands, array, err_msg=f"{compression}, {planar}, {how}")
        assert photo.bands.dtype == dtype
        read += 1
    assert read == 144


def test_bands_come_back_through_the_process(tmp_path):
    array = bands("uint16", (300, 500, 8))
    path = tmp_path / "field.TIFF"
    path.write_bytes(tiff_of(array, predictor=True, compression="adobe_deflate", planarconfig="separate"))
    admitted = []
    photo = read_photo(path, admit=admitted.append)
    np.testing.assert_array_equal(photo.bands, array)
    assert admitted == [6 * 300 * 500]  # 16 bytes a pixel, about six times three
    np.save(tmp_path / "field.npy", array)
    np.testing.assert_array_equal(photo.rgb, read_photo(tmp_path / "field.npy").rgb)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_a_photo_that_failed(name, tmp_path):
    data, sentence = HOSTILE[name]
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PhotoError, match=sentence) as failed:
        read_photo(tmp_path / "a.tif")
    assert "\n" not in str(failed.value)
    assert "tifffile." not in str(failed.value)


def test_large_file_is_refused_before_it_is_unpacked(tmp_path):
    (tmp_path / "a.tif").write_bytes(DEFLATED)
    with pytest.raises(PhotoError, match="20 x 24 pixels are too large: at most 400"):
        read_photo(tmp_path / "a.tif", max_pixels=400)
    wide = packed_as(bytes(2**20), (24, 20, 64))
    for tag, value in ((ROWS, 4000), (ROWS_PER_STRIP, 4000), (COLUMNS, 4200)):
        wide = changed(wide, tag, value)
    with pytest.raises(PhotoError, match=r"4200 x 4000 pixels of 64 bytes are too large: at most 1,073,741,824 bytes"):
        decode_photo(wide)


def test_photos_of_colours_are_read_as_before():
    for mode in ("L", "LA", "RGB", "RGBA", "CMYK", "I;16", "F"):
        file = io.BytesIO()
        Image.new(mode, (9, 7)).save(file, "TIFF")
        assert not has_bands(file.getvalue()), mode
        assert decode_photo(file.getvalue()).bands is None
    assert has_bands(PLAIN)
    assert not has_bands(b"II*\0")


def test_without_tifffile_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(PhotoError, match=r"needs? the extra: pip install 'scorecam\[tiff\]'"):
        decode_photo(PLAIN)
