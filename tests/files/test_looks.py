"""Any path may be asked about, be it one that no file can have."""

from __future__ import annotations

import pytest

from scorecam_cli.files.looks import is_file, is_folder, is_link, is_there


@pytest.mark.parametrize("look", [is_there, is_file, is_folder, is_link])
@pytest.mark.parametrize("name", ["n" * 300, "n/" * 3000, "a\0b", "\ud800", "a/b"])
def test_a_path_that_no_file_can_have_is_nothing(tmp_path, look, name):
    (tmp_path / "a").touch()
    assert look(tmp_path / name) is False


def test_what_is_there_is_told_apart(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dead").symlink_to("gone")
    looks = {
        name: [look(tmp_path / name) for look in (is_there, is_file, is_folder, is_link)]
        for name in ("file", "link", "dead", "")
    }
    assert looks == {
        "file": [True, True, False, False],
        "link": [True, True, False, True],
        "dead": [False, False, False, True],
        "": [True, False, True, False],
    }
