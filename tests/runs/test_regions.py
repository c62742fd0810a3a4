"""Boxes become the pixels they mean, or one clear sentence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.runs.regions import Box, Boxes, Regions, boxes_from_csv, boxes_from_voc, read_regions

DOG = Path("photos/dog.jpg")


def write_csv(folder, text, encoding="utf-8"):
    path = folder / "boxes.csv"
    path.write_bytes(text.encode(encoding))
    return path


def write_voc(folder, body, name="dog.xml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"<annotation>{body}</annotation>", encoding="utf-8")
    return folder


def voc_object(xmin, ymin, xmax, ymax):
    corners = f"<xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax>"
    return f"<object><name>dog</name><bndbox>{corners}</bndbox></object>"


def plain(boxes, width, height):
    """Pixel by pixel."""
    return np.array(
        [[any(x0 <= x < x1 and y0 <= y < y1 for x0, y0, x1, y1 in boxes) for x in range(width)] for y in range(height)]
    )


@pytest.mark.parametrize("heading", ["", "file,x0,y0,x1,y1\n", " File , X0,Y0,X1,Y1\r\n", "\ufefffile,x0,y0,x1,y1\n"])
def test_boxes_of_a_csv_with_or_without_heading(tmp_path, heading):
    path = write_csv(tmp_path, f"{heading}dog.jpg,1,2,4,3\n\ncat.jpg,0,0,9,9\ndog.jpg, 5,0,7,1\n")
    boxes = boxes_from_csv(path)
    assert boxes.by_photo[("dog.jpg",)] == (Box(1, 2, 4, 3), Box(5, 0, 7, 1))
    region = Regions(boxes).of(DOG, 8, 4)
    assert ["".join(" #"[pixel] for pixel in row) for row in region.astype(int)] == [
        "     ## ",
        "        ",
        " ###    ",
        "        ",
    ]


def test_heading_gives_the_order_of_the_columns(tmp_path):
    path = write_csv(tmp_path, "label,y1,x1,y0,x0,file\ndog,3,4,2,1,dog.jpg\n")
    assert boxes_from_csv(path).by_photo == {("dog.jpg",): (Box(1, 2, 4, 3),)}


def test_a_column_of_classes_and_names_of_voc_tell_the_named_object_from_the_other(tmp_path):
    table = write_csv(
        tmp_path, "file,x0,y0,x1,y1,class\ndog.jpg,0,0,2,2,Boxer\ndog.jpg,4,0,6,2,285\ndog.jpg,6,2,8,4,\n"
    )
    folder = write_voc(tmp_path / "voc", "<filename>dog.jpg</filename>" + voc_object(1, 1, 2, 2))
    regions = Regions(boxes_from_csv(table))
    named, other = regions.pair_of(DOG, 8, 4, {"242", "boxer"})
    np.testing.assert_array_equal(named, plain([(0, 0, 2, 2)], 8, 4))
    np.testing.assert_array_equal(other, plain([(4, 0, 6, 2)], 8, 4))
    cat, dog = regions.pair_of(DOG, 8, 4, {"285", "egyptian cat"})
    np.testing.assert_array_equal((cat, dog), (other, named))
    assert regions.pair_of(DOG, 8, 4, {"7"}) is None
    assert regions.pair_of(Path("cat.jpg"), 8, 4, {"242"}) is None
    assert boxes_from_voc(folder).by_photo[("dog.jpg",)][0].name == "dog"


@given(st.lists(st.tuples(*[st.integers(-3, 12)] * 4), min_size=1, max_size=4))
def test_region_is_the_union_of_its_boxes_cut_to_the_photo(corners):
    boxes = [(min(a, c), min(b, d), max(a, c) + 1, max(b, d) + 1) for a, b, c, d in corners]
    expected = plain(boxes, 9, 7)
    regions = Regions(Boxes({("dog.jpg",): tuple(Box(*box) for box in boxes)}))
    if expected.any():
        np.testing.assert_array_equal(regions.of(DOG, 9, 7), expected)
    else:
        with pytest.raises(PhotoError, match="outside its 9 x 7 pixels"):
            regions.of(DOG, 9, 7)


def test_box_left_of_or_above_the_photo_fills_nothing():
    regions = Regions(Boxes({("dog.jpg",): (Box(-5, 0, -2, 3), Box(0, -5, 3, -2), Box(8, 6, 9, 7))}))
    np.testing.assert_array_equal(regions.of(DOG, 9, 7), plain([(8, 6, 9, 7)], 9, 7))


def test_fractions_go_to_the_nearest_border_of_pixels(tmp_path):
    boxes = boxes_from_csv(write_csv(tmp_path, "dog.jpg,0.5,1.49,3.51,4\n"))
    assert boxes.by_photo[("dog.jpg",)] == (Box(1, 1, 4, 4),)


def test_boxes_belong_to_the_photo_whose_path_ends_as_their_file(tmp_path):
    path = write_csv(tmp_path, "a/dog.jpg,0,0,1,1\ndog.jpg,1,0,2,1\n./b/dog.jpg,2,0,3,1\n")
    regions = read_regions(path, None)
    for photo, column in (("x/a/dog.jpg", 0), ("dog.jpg", 1), ("c/dog.jpg", 1), ("b/dog.jpg", 2)):
        np.testing.assert_array_equal(regions.of(Path(photo), 3, 1), [[n == column for n in range(3)]])
    assert regions.of(Path("adog.jpg"), 3, 1) is None
    assert regions.of(Path("dog.png"), 3, 1) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,x0,y0,x1,y1\ndog.jpg,1,2,3\n", "line 2 of .* has 4 values; give file,x0,y0,x1,y1"),
        ("photo,x0,y0,x1,y1\ndog.jpg,1,2,3,4\n", "line 1 of .* is a heading without file; name file,x0,y0,x1,y1 in it"),
        ("dog.jpg,1,2,3,4\n\ndog.jpg,1,b,3,4\n", "line 3 of .*: y0 is 'b', no number"),
        ("dog.jpg,1,2,nan,4\n", "line 1 of .*: x1 is 'nan', no number"),
        ("dog.jpg,1,2,1e300,4\n", "line 1 of .*: x1 is '1e300', no number"),
        ("dog.jpg,5,2,5,4\n", "line 1 of .*: the box x0 5, y0 2, x1 5, y1 4 is empty"),
        (",1,2,3,4\n", "line 1 of .*: '' is no name of a photo"),
        ("../dog.jpg,1,2,3,4\n", "line 1 of .*: '../dog.jpg' is no name"),
        ("file,x0,y0,x1,y1\n", "holds no box"),
        ("", "holds no box"),
        (f"dog.jpg,1,2,3,{'4' * 200_000}\n", "line 1 of .* is no CSV"),
    ],
)
def test_line_that_makes_no_sense_is_named(tmp_path, text, said):
    with pytest.raises(UsageError, match=said) as caught:
        boxes_from_csv(write_csv(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_csv_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(UsageError, match=r"none\.csv cannot be read: no such file"):
        read_regions(tmp_path / "none.csv", None)
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        boxes_from_csv(write_csv(tmp_path, "hünd.jpg,1,2,3,4\n", encoding="latin-1"))


def test_voc_corners_count_from_1_and_are_inclusive(tmp_path):
    folder = write_voc(
        tmp_path / "voc", "<filename>dog.jpg</filename>" + voc_object(1, 2, 3, 2) + voc_object(5, 1, 5, 4)
    )
    write_voc(folder, "<filename>none.jpg</filename>", name="none.xml")
    region = read_regions(folder, None).of(DOG, 5, 4)
    assert ["".join(" #"[pixel] for pixel in row) for row in region.astype(int)] == ["    #", "### #", "    #", "    #"]
    assert read_regions(folder, None).of(Path("none.jpg"), 5, 4) is None


def test_parts_of_an_object_are_no_boxes_of_their_own(tmp_path):
    part = "<part><name>head</name><bndbox><xmin>4</xmin><ymin>4</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></part>"
    body = "<filename>dog.jpg</filename>" + voc_object(1, 1, 2, 2).replace("</object>", f"{part}</object>")
    assert boxes_from_voc(write_voc(tmp_path / "voc", body)).by_photo == {("dog.jpg",): (Box(0, 0, 2, 2),)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (voc_object(1, 1, 2, 2), "<filename> of .*dog.xml: '' is no name"),
        ("<filename>a.jpg</filename><object><name>cat</name></object>", "object 'cat' of .*dog.xml has no <bndbox>"),
        ("<filename>a.jpg</filename>" + voc_object(1, "", 2, 2), "object 'dog' of .*: ymin is '', no number"),
        ("<filename>a.jpg</filename>" + voc_object(3, 1, 2, 2), "the box xmin 3, ymin 1, xmax 2, ymax 2 is empty"),
        ("<filename>", "dog.xml is no XML"),
        ("", "holds no Pascal VOC XML with a box"),
    ],
)
def test_annotation_that_makes_no_sense_is_named(tmp_path, body, said):
    with pytest.raises(UsageError, match=said) as caught:
        boxes_from_voc(write_voc(tmp_path / "voc", body))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(tmp_path, encoding):
    bomb = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE annotation [<!ENTITY a "dog"><!ENTITY b "&a;&a;">]>'
        f"<annotation><filename>&b;.jpg</filename>{voc_object(1, 1, 2, 2)}</annotation>"
    )
    (tmp_path / "dog.xml").write_bytes(bomb.encode(encoding))
    with pytest.raises(UsageError, match="has a DOCTYPE"):
        boxes_from_voc(tmp_path)


def test_other_xml_and_too_large_ones_are_refused(tmp_path):
    (tmp_path / "page.xml").write_text("<html></html>")
    with pytest.raises(UsageError, match="holds <html>, not <annotation>"):
        boxes_from_voc(tmp_path)
    (tmp_path / "page.xml").write_bytes(b"<annotation>" + b" " * 2**20)
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        boxes_from_voc(tmp_path)
