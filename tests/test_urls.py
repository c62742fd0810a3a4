import pickle
from pathlib import Path

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.urls import Url, is_url, place, shown, url


def test_an_address_has_the_names_and_joins_of_a_path():
    photo = url("s3://b/in/dog.jpg")
    assert (str(photo), photo.name, photo.suffix, str(photo.parent)) == (
        "s3://b/in/dog.jpg",
        "dog.jpg",
        ".jpg",
        "s3://b/in",
    )
    assert str(url("s3://b/maps") / "a" / "dog.jpg") == "s3://b/maps/a/dog.jpg"
    assert str(photo.with_name("dog.jpg.scorecam.json")) == "s3://b/in/dog.jpg.scorecam.json"
    assert photo.relative_to(url("s3://b")).parts == ("in", "dog.jpg")
    assert f"{photo}" == str(photo) == str(pickle.loads(pickle.dumps(photo)))


def test_an_address_is_no_path_of_this_machine():
    assert not isinstance(url("s3://b/dog.jpg"), Path)
    assert isinstance(place("s3:/b/dog.jpg"), Path)
    assert isinstance(place("s3://b/dog.jpg"), Url)


@pytest.mark.parametrize("text", ["dog.jpg", "/a/b.jpg", "c:/a.jpg", "a b://c", "://x", "simplecache::s3://b/x.jpg"])
def test_names_of_this_machine_are_no_addresses(text):
    assert not is_url(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://h/x.jpg", "is none of s3://, gs://, az://, https://"),
        ("file:///tmp/x.jpg", "is none of"),
        ("s3://", "names no bucket"),
        ("s3:///x.jpg", "names no bucket"),
        ("https://", "names no host"),
        ("s3://b/x\0.jpg", "holds a NUL"),
    ],
)
def test_what_is_no_address_to_read_is_a_sentence(text, why):
    with pytest.raises(UsageError, match=why):
        url(text)


def test_what_is_secret_in_an_address_of_the_web_is_not_shown():
    signed = "https://me:word@h.example/a/dog.jpg?X-Amz-Signature=abc#d"
    assert str(url(signed)) == shown(signed) == "https://h.example/a/dog.jpg"
    assert shown("https://[::1/dog.jpg?key=abc") == "https://[::1/dog.jpg"
    assert shown("s3://b/what?.jpg") == "s3://b/what?.jpg"
