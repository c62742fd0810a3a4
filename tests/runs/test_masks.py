"""Masks become the pixels they mean, or one clear sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.runs.regions import read_regions

DOG = Path("photos/dog.jpg")
MARKED = np.array([[0, 1, 0], [0, 0, 2]], np.uint8)  # 3 wide, 2 high


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
def test_mask_is_inside_where_it_is_not_zero(tmp_path, mode):
    if mode == "P":
        image = Image.fromarray(MARKED, "P")
        image.putpalette([9, 9, 9, 0, 0, 0, 0, 0, 0])  # the number counts: 0 is bright, 1 and 2 are black
    elif mode == "I;16":
        image = Image.fromarray(MARKED.astype(np.uint16) * 256)
    else:
        image = Image.fromarray((MARKED > 0) * np.uint8(255)).convert(mode)
    image.save(tmp_path / "dog.png")
    region = read_regions(None, tmp_path).of(DOG, 3, 2)
    assert region.dtype == bool
    np.testing.assert_array_equal(region, MARKED > 0)


def test_transparent_pixels_of_a_mask_are_outside(tmp_path):
    pixels = np.full((2, 3, 4), 255, np.uint8)
    pixels[..., 3] = MARKED
    Image.fromarray(pixels).save(tmp_path / "dog.png")
    np.testing.assert_array_equal(read_regions(None, tmp_path).of(DOG, 3, 2), MARKED > 0)


def test_mask_of_the_whole_name_goes_before_that_of_the_stem_and_before_boxes(tmp_path):
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("dog.jpg,0,0,1,1\n")
    regions = read_regions(boxes, tmp_path)
    assert regions.of(DOG, 3, 2).sum() == 1
    Image.fromarray(MARKED).save(tmp_path / "dog.png")
    assert regions.of(DOG, 3, 2).sum() == 2
    Image.new("L", (3, 2), 1).save(tmp_path / "dog.jpg.png")
    assert regions.of(DOG, 3, 2).all()


def test_photo_without_mask_or_box_has_no_region(tmp_path):
    assert read_regions(None, tmp_path).of(DOG, 3, 2) is None
    assert read_regions(None, None).of(DOG, 3, 2) is None


def test_mask_of_another_size_is_refused_unread(tmp_path):
    (tmp_path / "dog.png").write_bytes(png_of(60_000, 60_000))
    with pytest.raises(PhotoError, match=r"dog\.png is 60000 x 60000 pixels and the photo 3 x 2"):
        read_regions(None, tmp_path).of(DOG, 3, 2)


def test_mask_turned_on_its_side_is_refused(tmp_path):
    Image.fromarray(MARKED.T.copy()).save(tmp_path / "dog.png")
    with pytest.raises(PhotoError, match="is 2 x 3 pixels and the photo 3 x 2"):
        read_regions(None, tmp_path).of(DOG, 3, 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "is no PNG"), (b"\xff\xd8\xff" + b"\0" * 30, "is no PNG"), (None, "damaged or cut short")],
    ids=["empty", "jpeg", "cut"],
)
def test_damaged_mask_fails_the_photo_alone(tmp_path, data, said):
    Image.fromarray(MARKED).save(tmp_path / "dog.png")
    whole = (tmp_path / "dog.png").read_bytes()
    (tmp_path / "dog.png").write_bytes(whole[:45] if data is None else data)
    with pytest.raises(PhotoError, match=said):
        read_regions(None, tmp_path).of(DOG, 3, 2)


def test_empty_mask_and_missing_folder_are_refused(tmp_path):
    Image.new("L", (3, 2)).save(tmp_path / "dog.png")
    with pytest.raises(PhotoError, match="zero everywhere"):
        read_regions(None, tmp_path).of(DOG, 3, 2)
    with pytest.raises(UsageError, match="none is no folder"):
        read_regions(None, tmp_path / "none")


@pytest.mark.parametrize("change", ["changed", "new"])
def test_masks_are_those_that_the_run_began_with(tmp_path, change):
    Image.fromarray(MARKED).save(tmp_path / "dog.png")
    regions = read_regions(None, tmp_path).noted()
    assert regions.of(DOG, 3, 2).sum() == 2
    name = {"changed": "dog.png", "new": "dog.jpg.png"}[change]
    Image.new("L", (3, 2), 1).save(tmp_path / name)
    if change == "changed":
        with pytest.raises(PhotoError, match=r"dog\.png has changed since the run began"):
            regions.of(DOG, 3, 2)
    else:
        assert regions.of(DOG, 3, 2).sum() == 2


def png_of(width, height):
    """The start of a PNG that says it is so large."""
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08" + b"\0" * 9
    )
