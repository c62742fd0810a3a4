"""Any photo to pixels with a name."""

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.api.photos import given_photo, given_photos
from scorecam_cli.errors import PhotoError, UsageError


@pytest.fixture
def rgb():
    return np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def test_file_image_and_array_are_the_same_photo(rgb, tmp_path):
    path = tmp_path / "dog.png"
    Image.fromarray(rgb).save(path)
    for photo in (path, str(path), Image.open(path), Image.fromarray(rgb), rgb, rgb[::-1][::-1]):
        given = given_photo(photo)
        np.testing.assert_array_equal(given.photo.rgb, rgb)
        assert given.is_file == isinstance(photo, str | type(path))
    assert given_photo(Image.open(path)).path.name == "dog.png"
    assert given_photo(rgb).path.name == "photo"
    assert len(list(given_photos([rgb, path]))) == 2


def test_image_is_turned_upright_and_its_transparency_laid_on_white(rgb):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(rgb)
    turned.getexif()[0x0112] = 6
    np.testing.assert_array_equal(given_photo(turned).photo.rgb, np.rot90(rgb, -1))
    clear = np.zeros((4, 6, 4), np.uint8)
    assert (given_photo(Image.fromarray(clear)).photo.rgb == 255).all()


@pytest.mark.parametrize(
    ("photo", "sentence"),
    [
        (np.full((4, 6, 3), 0.5), r"float64 \[4, 6, 3\], values 0.5 to 0.5.*photo \* 255"),
        (np.full((4, 6, 3), 200.0, np.float32), r"values 200 to 200.*photo.round\(\)"),
        (np.full((4, 6, 3), -1.5, np.float32), "values -1.5 to -1.5.*before it was prepared for the model"),
        (np.full((4, 6, 3), 300), "int64 .*values 300 to 300; give uint8 of 0 to 255"),
        (np.full((4, 6, 3), np.nan), "values nan"),
        (np.full((4, 6, 3), "red"), "which are no colours"),
        (np.zeros((2, 4, 6, 3), np.uint8), r"a batch; .*list\(batch\)"),
        (np.zeros((4, 6), np.uint8), r"uint8 \[4, 6\]; give uint8 \[height, width, 3\]"),
        (np.zeros((4, 6, 4), np.uint8), "Image.fromarray"),
        (np.zeros((0, 6, 3), np.uint8), r"\[0, 6, 3\]"),
        (17, "the photo is of type int; give a file, a PIL image, an array"),
        ("no-such-photo.jpg", "no-such-photo.jpg: "),
    ],
)
def test_what_is_no_photo_is_answered_with_a_sentence(photo, sentence):
    with pytest.raises(PhotoError, match=sentence):
        given_photo(photo)


def test_no_photo_at_all_is_answered_with_a_sentence():
    with pytest.raises(UsageError, match="the list of photos is empty"):
        list(given_photos([]))


def test_image_whose_file_is_cut_short_is_answered_with_a_sentence(rgb, tmp_path):
    Image.fromarray(rgb.repeat(50, 0).repeat(50, 1)).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:200])
    with pytest.raises(PhotoError, match="the PIL image cannot be read"):
        given_photo(Image.open(tmp_path / "cut.png"))
