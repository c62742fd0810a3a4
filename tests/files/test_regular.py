"""Plain files are read whole, in the memory that they need, or refused in a sentence."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tracemalloc

import pytest

from scorecam_cli.errors import PhotoError
from scorecam_cli.files import regular
from scorecam_cli.files.regular import file_sha256, read_regular


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "a.jpg"
    made.write_bytes(b"x" * 5000)
    return made


@pytest.mark.parametrize("limit", [5000, 2**40, 2**64, 10**30])
def test_a_limit_of_any_size_takes_no_memory(path, limit):
    tracemalloc.start()
    try:
        assert read_regular(path, limit) == b"x" * 5000
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_byte_more_than_the_limit_is_refused(path):
    with pytest.raises(PhotoError, match=r"larger than 0 MiB, the most that is read"):
        read_regular(path, 4999)


def growing(by):
    """`os.fstat` as it was before the file grew by so many bytes."""

    def fstat(descriptor, real=os.fstat):
        values = list(real(descriptor))
        values[6] -= by
        return os.stat_result(values)

    return fstat


@pytest.mark.parametrize("by", [1, 2000, 5000])
def test_a_file_that_grows_is_read_to_its_end_or_refused(path, monkeypatch, by):
    monkeypatch.setattr(os, "fstat", growing(by))
    monkeypatch.setattr(regular, "_PIECE", 700)
    assert read_regular(path, 5000) == b"x" * 5000
    with pytest.raises(PhotoError, match="larger than"):
        read_regular(path, 4999)


def test_an_error_of_closing_is_one_sentence(path, monkeypatch):
    class Failing(io.BytesIO):
        def fileno(self):
            return 0

        def close(self):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(regular, "open_regular", lambda path: Failing(b"abc"))
    for read in (lambda: read_regular(path, 9), lambda: file_sha256(path)):
        with pytest.raises(PhotoError, match="the file cannot be read: Input/output error"):
            read()


def test_no_memory_for_a_file_is_one_sentence(path, monkeypatch):
    class Failing(io.BytesIO):
        def fileno(self):
            return os.open(os.devnull, os.O_RDONLY)

        def read(self, size=-1):
            raise MemoryError

    monkeypatch.setattr(regular, "open_regular", lambda path: Failing(b"abc"))
    with pytest.raises(PhotoError, match="not enough memory for a file of"):
        read_regular(path, 9)


def test_digest_is_that_of_the_bytes(path):
    assert file_sha256(path) == hashlib.sha256(b"x" * 5000).hexdigest()
