"""Small files that a user names: plain, of bounded size, text where text is wanted; all else is one sentence."""

from __future__ import annotations

import io
import os
import socket
import time
from pathlib import Path

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.files.small_files import (
    ANNOTATION,
    LABELS,
    Kind,
    read_small,
    read_small_text,
    read_stream,
    small_sha256,
)
from scorecam_cli.files.table import GrowingTable
from scorecam_cli.loading.own_models import _run_import
from scorecam_cli.models.labels import read_labels
from scorecam_cli.models.truth import read_truth
from scorecam_cli.report.evaluation import read_evaluation
from scorecam_cli.runs.regions import boxes_from_csv, boxes_from_voc


def table(path: Path) -> None:
    GrowingTable(path, columns=("photo", "x"), group="photo", group_size=1)


READERS = {
    "labels.txt": read_labels,
    "labels.csv": read_labels,
    "labels.json": read_labels,
    "truth.csv": read_truth,
    "boxes.csv": boxes_from_csv,
    "a.xml": lambda path: boxes_from_voc(path.parent),
    "import.py": _run_import,
    "evaluation.csv": read_evaluation,
    "table.csv": table,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("made", "words"),
    [
        (os.mkfifo, "a named pipe, not a file"),
        (Path.mkdir, "a folder, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "a device, not a file"),
        (lambda path: socket.socket(socket.AF_UNIX).bind(str(path)), "a socket, not a file"),
    ],
    ids=["pipe", "folder", "device", "socket"],
)
def test_what_is_no_plain_file_is_named_and_not_opened(tmp_path, monkeypatch, name, made, words):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = Path(name)
    made(path)
    began = time.monotonic()
    with pytest.raises(UsageError, match=words) as caught:
        READERS[name](path)
    assert name in str(caught.value)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("name", [name for name in READERS if name.endswith((".csv", ".json"))])
@pytest.mark.parametrize("content", [b"a,0\0", "ä,1\n".encode("utf-16"), b"photo,x\n" + b"y" * 140_000 + b",1\n"])
def test_what_is_no_such_text_is_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        READERS[name](path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfdog\ncat\n")
    assert read_small_text(tmp_path / "a.txt", LABELS) == "dog\ncat\n"
    assert [label.name for label in read_labels(tmp_path / "a.txt").classes] == ["dog", "cat"]


def test_size_is_bounded_by_the_kind(tmp_path):
    small = Kind("the list", 2**20, "a list")
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 2**20)
    assert len(read_small(path, small)) == 2**20
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(UsageError, match=r"the list .*a\.txt is larger than 1 MiB, the most that is read"):
        read_small(path, small)
    os.truncate(path, 2**40)  # a hole: nothing on disk, and no end in sight
    for kind in (small, ANNOTATION):
        with pytest.raises(UsageError, match="larger than 1 MiB"):
            read_small(path, kind)


def test_names_in_no_valid_encoding_survive_where_they_may(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"caf\xe9.jpg,1\n")
    assert list(read_truth(tmp_path / "a.csv").classes) == [os.fsdecode(b"caf\xe9.jpg")]
    with pytest.raises(UsageError, match=r"not text in UTF-8 \(byte 3\)"):
        read_small_text(tmp_path / "a.csv", LABELS)


def test_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert small_sha256(tmp_path / "a", LABELS).startswith("ba7816bf8f01cfea")  # FIPS 180-2, appendix B.1


def test_standard_input_is_bounded_too():
    with Path("/dev/zero").open("rb") as endless, pytest.raises(UsageError, match="standard input is larger"):
        read_stream(endless, Kind("the list", 2**22, "a list"))
    assert read_stream(io.BytesIO(b"a.jpg\n"), LABELS) == b"a.jpg\n"
