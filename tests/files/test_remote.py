import io
import sys

import pytest

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files import buckets, remote
from scorecam_cli.records import Stored
from scorecam_cli.urls import url


def fetched(stored, **limits):
    into = io.BytesIO()
    remote.fetch(stored, into, **{"most_bytes": 1000, "seconds": 5, **limits})
    return into.getvalue()


def test_a_folder_is_listed_with_one_request_and_what_is_known_of_each_object(bucket):
    for key in ("in/b.jpg", "in/a.jpg", "in/deep/c.jpg"):
        bucket.put(key, b"12345")
    listed = remote.list_folder(url("memory://b/in"), recursive=False)
    assert [str(each.url) for each in listed] == ["memory://b/in/a.jpg", "memory://b/in/b.jpg", "memory://b/in/deep"]
    assert [each.stored and each.stored.size for each in listed] == [5, 5, None]
    below = remote.list_folder(url("memory://b/in"), recursive=True)
    assert [each.url.name for each in below] == ["a.jpg", "b.jpg", "c.jpg"]
    assert bucket.count() == {"ls": 1, "find": 1}


def test_bytes_come_in_pieces_and_whole(bucket, monkeypatch):
    bucket.put("x", bytes(range(250)))
    monkeypatch.setattr(remote, "_PIECE", 100)
    assert fetched(Stored("memory://b/x", 250)) == bytes(range(250))
    assert bucket.count() == {"cat_file": 3}


def test_what_is_too_large_is_refused_by_its_size_and_not_downloaded(bucket):
    bucket.put("x", bytes(1001))
    with pytest.raises(PhotoError, match="larger than 0 MiB"):
        fetched(Stored("memory://b/x"))
    assert bucket.count() == {"info": 1}


def test_an_object_that_shrank_or_vanished_since_it_was_listed_is_a_sentence(bucket):
    bucket.put("x", bytes(10))
    with pytest.raises(PhotoError, match="changed while it was read"):
        fetched(Stored("memory://b/x", 20))
    with pytest.raises(PhotoError, match="no such object"):
        fetched(Stored("memory://b/gone", 20))


def test_one_version_stands_for_one_content(bucket):
    bucket.put("x", b"one")
    first = remote.look_at(Stored("memory://b/x"))
    assert first == remote.look_at(Stored("memory://b/x"))
    bucket.put("x", b"two")
    assert first.version != remote.look_at(Stored("memory://b/x")).version


@pytest.mark.parametrize(
    ("entry", "version", "modified"),
    [
        ({"ETag": '"ab"', "LastModified": "2026-01-01T00:00:00+00:00"}, "ab 7", 1767225600.0),
        ({"etag": "cd", "updated": "2026-01-01T00:00:01Z"}, "cd 7", 1767225601.0),
        ({"created": 3.5}, "3.5 7", 3.5),
        ({}, None, None),
    ],
)
def test_each_kind_of_bucket_says_it_in_its_own_words(monkeypatch, entry, version, modified):
    told = [{"name": "b/x.jpg", "type": "file", "size": 7, **entry}]
    monkeypatch.setattr(remote, "ask", lambda *_, **__: told)
    (listed,) = remote.list_folder(url("s3://b"), recursive=False)
    assert (listed.stored.version, listed.modified) == (version, modified)


DENIED = PermissionError("Access Denied")


@pytest.mark.parametrize(
    ("method", "error", "kind", "words"),
    [
        ("ls", DENIED, UsageError, "memory://b/in cannot be listed: permission denied"),
        ("ls", FileNotFoundError("b"), PhotoError, "no such object, folder or bucket"),
        ("ls", RuntimeError("Unable to\nlocate credentials"), UsageError, "listed: Unable to locate credentials"),
        ("ls", OSError(5, "We had a problem"), UsageError, "We had a problem"),
        ("cat_file", DENIED, PhotoError, "permission denied"),
        ("cat_file", RuntimeError("Could not connect"), UsageError, "memory://b cannot be read: Could not connect"),
        ("cat_file", TimeoutError(), PhotoError, "no answer in time"),
        ("put_file", DENIED, UsageError, "cannot write memory://b/out: permission denied"),
        ("put_file", FileNotFoundError("b"), UsageError, "cannot write memory://b/out: no such"),
        ("put_file", OSError(5, "Slow down"), PhotoError, "cannot write memory://b/out: .*Slow down"),
        ("rm_file", DENIED, UsageError, "cannot remove memory://b/out: permission denied"),
    ],
)
def test_what_fails_is_told_of_one_object_or_of_all(bucket, refusing, tmp_path, method, error, kind, words):
    bucket.put("in/x", b"1")
    refusing(method, error)
    (tmp_path / "f").write_bytes(b"1")
    calls = {
        "ls": lambda: remote.list_folder(url("memory://b/in"), recursive=False),
        "cat_file": lambda: fetched(Stored("memory://b/in/x", 1)),
        "put_file": lambda: remote.put(tmp_path / "f", url("memory://b/out")),
        "rm_file": lambda: remote.remove(url("memory://b/out")),
    }
    with pytest.raises((PhotoError, UsageError), match=words) as raised:
        calls[method]()
    assert type(raised.value) is kind


def test_removing_what_is_not_there_is_nothing(bucket):
    remote.remove(url("memory://b/none"))


def test_a_missing_package_is_named_with_what_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setattr(buckets, "_made", buckets._made.__wrapped__)
    with pytest.raises(UsageError, match=r"s3:// needs s3fs, .* pip install 'scorecam\[cloud\]'"):
        remote.list_folder(url("s3://b"), recursive=False)
