"""A table that grows: whole groups, whatever ended the process that wrote it."""

import errno
import os

import pytest

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.table import GrowingTable

COLUMNS = ("photo", "method", "note")


def grown(path, groups=("a", "b"), size=2):
    with GrowingTable(path, columns=COLUMNS, group="photo", group_size=size) as table:
        for name in groups:
            if name not in table.done:
                table.append([{"photo": name, "method": str(n), "note": f'{name}, "{n}"\n'} for n in range(size)])
        return list(table.rows)


def test_rows_come_back_as_they_were(tmp_path):
    rows = grown(tmp_path / "new" / "t.csv", groups=("a", "ü\n,", "\udcff"))
    assert [row["photo"] for row in rows] == ["a", "a", "ü\n,", "ü\n,", "\udcff", "\udcff"]
    assert grown(tmp_path / "new" / "t.csv", groups=()) == rows


def test_table_cut_anywhere_grows_to_the_same_bytes(tmp_path):
    path = tmp_path / "t.csv"
    rows = grown(path)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert grown(path) == rows
        assert path.read_bytes() == whole


def test_another_table_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "t.csv"
    for content in ("name,price\nx,3\n", "one line that does not end", f"photo,method,note\n{'x' * 140_000}\n"):
        path.write_text(content)
        with pytest.raises(UsageError, match=r"t\.csv is (not a table of evaluations|no CSV)"):
            grown(path)
        assert path.read_text() == content


def test_a_full_disk_is_told_with_the_path(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with GrowingTable(tmp_path / "t.csv", columns=COLUMNS, group="photo", group_size=1) as table:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(PhotoError, match=r"cannot write .*t\.csv: the disk is full"):
            table.append([{"photo": "a", "method": "0", "note": ""}])
        assert table.done == frozenset()
