"""Which class each photo is of."""

from pathlib import Path

import pytest

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.models.truth import read_truth


def truth(tmp_path, text):
    path = tmp_path / "truth.csv"
    path.write_text(text, "utf-8")
    return read_truth(path)


@pytest.mark.parametrize("header", ["", "photo,class\n", "\ufeffPhoto,Class\r\n"])
def test_path_comes_before_name(tmp_path, header):
    found = truth(tmp_path, f'{header}dog.jpg,242\nother/dog.jpg, n02123045 \n"a, b.jpg",tabby cat\n\n')
    assert found.of(Path("photos/dog.jpg")) == "242"
    assert found.of(Path("other/dog.jpg")) == "n02123045"
    assert found.of(Path("x/a, b.jpg")) == "tabby cat"


def test_photo_without_a_line_fails_with_the_line_to_add(tmp_path):
    with pytest.raises(PhotoError, match=r"cat\.jpg is not in .*; add a line `cat\.jpg,CLASS`"):
        truth(tmp_path, "dog.jpg,1\n").of(Path("cat.jpg"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dog.jpg\n", "line 1 is not `photo,class`: 'dog.jpg'"),
        ("a,1\nb,2,3\n", "line 2 is not"),
        ("a,1\na,2\n", "line 2 gives 'a' a second class"),
        ("photo,class\n", "names no photo"),
    ],
)
def test_anything_else_is_refused_with_its_line(tmp_path, text, words):
    with pytest.raises(UsageError, match=words):
        truth(tmp_path, text)
    with pytest.raises(UsageError, match=r"nowhere\.csv"):
        read_truth(tmp_path / "nowhere.csv")
