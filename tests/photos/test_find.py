"""Arguments become jobs: each photo once, in order, with the place of its outputs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorecam_cli.errors import NothingFoundError, UsageError
from scorecam_cli.photos import find
from scorecam_cli.photos.find import find_jobs, names_in_list

HOSTILE = (
    b"/proc/**",
    b"*",
    b"[a]",
    b"d",
    b"d/*",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"n/" * 3000,
    b"/dev/zero",
    b" ",
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")


def photos(*images: str, **options: object) -> list[str]:
    found = find_jobs(images, **options)
    assert found.failures == ()
    return [str(job.photo) for job in found.jobs]


def reasons(*images: str, **options: object) -> dict[str, str]:
    return {str(failed.photo): failed.reason for failed in find_jobs(images, **options).failures}


def test_named_file_is_taken_whatever_its_suffix(here):
    touch("b.dat", "a.jpg")
    assert photos("b.dat", "a.jpg") == ["b.dat", "a.jpg"]


def test_folder_gives_its_photos_by_suffix_sorted(here):
    touch("d/c.JPG", "d/b.txt", "d/a.Heic", "d/.hidden.jpg", "d/sub/z.jpg", "d/noext", "d/b.webp", "d/jpg")
    (here / "d/folder.jpg").mkdir()
    assert photos("d") == ["d/a.Heic", "d/b.webp", "d/c.JPG"]


def test_every_known_suffix_is_taken_from_a_folder(here):
    known = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "avif", "heic", "heif"]
    touch(*(f"d/x.{suffix}" for suffix in known))
    assert photos("d") == sorted(f"d/x.{suffix}" for suffix in known)


def test_recursion_descends_but_not_into_hidden_folders_or_loops(here):
    touch("d/b/2.jpg", "d/a/1.jpg", "d/0.jpg", "d/.git/x.jpg", "d/a/deep/er/3.png")
    (here / "d/a/loop").symlink_to(here / "d")
    (here / "d/b/loop").symlink_to("..")
    assert photos("d", recursive=True) == ["d/0.jpg", "d/a/1.jpg", "d/a/deep/er/3.png", "d/b/2.jpg"]
    assert photos("d") == ["d/0.jpg"]


def test_linked_folder_elsewhere_is_followed(here):
    touch("other/x.jpg", "d/a.jpg")
    (here / "d/link").symlink_to(here / "other")
    assert photos("d", recursive=True) == ["d/a.jpg", "d/link/x.jpg"]


@pytest.fixture
def deep(here):
    """1200 folders within each other, taken away again: Python's own removal of a tree would exceed its call depth."""
    start = os.open(".", os.O_RDONLY)
    for _ in range(1200):
        Path("n").mkdir()
        os.chdir("n")
    Path("x.jpg").touch()
    os.fchdir(start)
    os.close(start)
    yield "n/" * 1200 + "x.jpg"
    subprocess.run(["rm", "-rf", "n"], cwd=here, check=True)


def test_very_deep_folders_are_walked(deep):
    assert photos("n", recursive=True) == [deep]
    assert photos("n/**/x.jpg") == [deep]


def test_pattern_is_expanded_where_no_such_file_is(here):
    touch("a1.jpg", "a2.dat", "b1.jpg", "photo[1].jpg", "photo1.jpg", ".a3.jpg")
    assert photos("a*") == ["a1.jpg", "a2.dat"]
    assert photos("[ab]1.jpg") == ["a1.jpg", "b1.jpg"]
    assert photos("?1.jpg") == ["a1.jpg", "b1.jpg"]
    assert photos("photo[1].jpg") == ["photo[1].jpg"]
    assert photos("./.a*") == [".a3.jpg"]


def test_double_star_matches_any_depth_once_and_ends(here):
    touch("d/1.jpg", "d/a/2.jpg", "d/a/b/3.jpg", "d/.h/4.jpg", "d/a/b/n.txt")
    for number in range(3):
        (here / f"d/a/loop{number}").symlink_to(here / "d")
    assert photos("d/**/*.jpg") == ["d/1.jpg", "d/a/2.jpg", "d/a/b/3.jpg"]
    assert photos("**/3.jpg") == ["d/a/b/3.jpg"]
    assert photos("d/**/b/*") == ["d/a/b/3.jpg", "d/a/b/n.txt"]
    assert photos("d/**/**/2.jpg") == ["d/a/2.jpg"]
    assert set(photos("d/**")) == {"d/1.jpg", "d/a/2.jpg", "d/a/b/3.jpg", "d/a/b/n.txt"}
    assert photos(str(here / "d/*/2.jpg")) == [str(here / "d/a/2.jpg")]


def test_folder_that_a_pattern_matches_gives_its_photos(here):
    touch("2023/a.jpg", "2024/b.jpg", "2024/n.txt")
    assert photos("20*") == ["2023/a.jpg", "2024/b.jpg"]


def test_same_file_is_done_once(here):
    touch("d/a.jpg", "d/b.jpg")
    (here / "link").symlink_to("d")
    (here / "also.jpg").symlink_to("d/b.jpg")
    names = ["d/b.jpg", "d", "d/*.jpg", "./d/../d/a.jpg", str(here / "d/a.jpg"), "link/a.jpg", "also.jpg", "link"]
    assert photos(*names) == ["d/b.jpg", "d/a.jpg"]


def test_hard_links_are_two_photos(here):
    touch("a.jpg")
    os.link("a.jpg", "b.jpg")
    assert photos(".") == ["a.jpg", "b.jpg"]


def test_outputs_are_never_taken_and_counted_where_they_were_named(here):
    touch("d/a.jpg", "d/a.jpg.scorecam-242-overlay.png", "d/a.jpg.scorecam.json", "d/.a.scorecam-tmp-1-ff.png")
    found = find_jobs(["d", "d/*.png", "d/a.jpg.scorecam.json"])
    assert [str(job.photo) for job in found.jobs] == ["d/a.jpg"]
    assert found.failures == ()
    assert found.notes == ("2 files left out: outputs of scorecam, not photos",)


def test_folder_named_after_us_is_still_a_folder(here):
    touch("x.scorecam/a.jpg")
    assert photos("x.scorecam") == ["x.scorecam/a.jpg"]


def test_names_that_lead_nowhere_fail_and_the_rest_goes_on(here):
    touch("a.jpg", "d/f.txt")
    (here / "broken.jpg").symlink_to("gone")
    (here / "circle.jpg").symlink_to("circle.jpg")
    found = find_jobs(["gone.jpg", "*.nef", "broken.jpg", "circle.jpg", "a.jpg/x.jpg", "", "a\0b*", "z[.jpg", "a.jpg"])
    assert [str(job.photo) for job in found.jobs] == ["a.jpg"]
    assert {str(failed.photo): failed.reason for failed in found.failures} == {
        "gone.jpg": "no such file",
        "*.nef": "no such file, and no photo matches this pattern",
        "broken.jpg": "a symbolic link to a file that does not exist",
        "circle.jpg": "a symbolic link that leads back to itself",
        "a.jpg/x.jpg": "no such file: a part of its path is not a folder",
        ".": "an empty name",
        "a\0b*": "the name cannot be a file name on this system",
        "z[.jpg": "no such file, and no photo matches this pattern",
    }


def test_names_from_a_list_are_no_patterns(here):
    touch("a1.jpg", "d/a2.jpg", "photo[1].jpg")
    found = find_jobs(["a*"], listed=["d", "photo[1].jpg", "*.jpg", "d/**", ""])
    assert [str(job.photo) for job in found.jobs] == ["a1.jpg", "d/a2.jpg", "photo[1].jpg"]
    assert [(str(failed.photo), failed.reason) for failed in found.failures] == [
        ("*.jpg", "no such file"),
        ("d/**", "no such file"),
        (".", "an empty name"),
    ]
    assert len(find_jobs([], listed=["*.jpg"]).failures) == 1  # a name that is missing, as any other


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(HOSTILE) | st.binary(max_size=8), max_size=4), st.sampled_from([b"\n", b"\0", b"\r\n"]))
def test_any_bytes_are_a_list_of_names_and_nothing_is_walked(here, names, end):
    Path("d").mkdir(exist_ok=True)
    with patch.object(find, "expand_pattern", side_effect=AssertionError("a pattern")):
        try:
            found = find_jobs([], listed=names_in_list(end.join(names)), output_dir=Path("out"))
        except NothingFoundError:
            return
    assert len(found.jobs) + len(found.failures) <= sum(len(re.split(b"[\0\n]", name)) for name in names)


def test_pipes_sockets_and_devices_fail_unopened(here, monkeypatch):
    touch("d/a.jpg")
    os.mkfifo("d/pipe.jpg")
    os.mkfifo("d/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("d/s.png")
        (here / "d/dead.jpg").symlink_to("gone")
        monkeypatch.setattr(os, "open", lambda *a, **k: pytest.fail("opened"))
        assert reasons("d", "d/pipe", "/dev/null") == {
            "d/dead.jpg": "a symbolic link to a file that does not exist",
            "d/pipe.jpg": "a named pipe, not a photo",
            "d/s.png": "a socket, not a photo",
            "d/pipe": "a named pipe, not a photo",
            "/dev/null": "a device, not a photo",
        }


def test_folder_that_cannot_be_listed_fails_alone(here, monkeypatch):
    touch("d/a.jpg", "d/shut/b.jpg", "d/z/c.jpg")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)  # by hand: the superuser may list anything
    found = find_jobs(["d"], recursive=True)
    assert [str(job.photo) for job in found.jobs] == ["d/a.jpg", "d/z/c.jpg"]
    assert [(str(f.photo), f.reason) for f in found.failures] == [
        ("d/shut", "the folder cannot be listed: Permission denied")
    ]


@pytest.mark.parametrize(
    ("images", "recursive", "words"),
    [
        ([], False, "no photo named"),
        (["empty"], False, "no photo in empty (looked for"),
        (["deep"], False, "no photo directly in deep, but its subfolders hold some: add -r"),
        (["empty"], True, "no photo in empty or its subfolders"),
        (["e*"], False, "no photo in the folders that match e*"),
        (["x*", "y[1]"], False, "nothing matches x*; nothing matches y[1]"),
        (["x*", "empty"], False, "nothing matches x*; no photo in empty"),
        (["ours.scorecam.png"], False, "1 file left out: outputs of scorecam"),
    ],
)
def test_finding_nothing_says_what_was_searched_and_what_to_do(here, images, recursive, words):
    touch("empty/n.txt", "deep/a/x.jpg", "ours.scorecam.png")
    with pytest.raises(NothingFoundError) as caught:
        find_jobs(images, recursive=recursive)
    assert words in str(caught.value)


def test_empty_folder_beside_a_photo_is_a_note(here):
    touch("a.jpg", "deep/a/x.jpg")
    found = find_jobs(["a.jpg", "deep"])
    assert found.notes == ("no photo directly in deep, but its subfolders hold some: add -r",)


def outputs(*images: str, **options: object) -> list[str]:
    return [str(job.output) for job in find_jobs(images, **options).jobs]


def test_outputs_go_next_to_the_photo(here):
    touch("d/a.jpg", "b.jpg")
    assert outputs("d", "b.jpg", str(here / "d/../d/a.jpg")) == ["d/a.jpg", "b.jpg"]


def test_output_folder_keeps_subfolders_of_folders_and_patterns(here):
    touch("d/a.jpg", "d/x/b.jpg", "d/x/y/c.jpg", "e/f/g.jpg")
    out = Path("out")
    assert outputs("d", recursive=True, output_dir=out) == ["out/a.jpg", "out/x/b.jpg", "out/x/y/c.jpg"]
    assert outputs("d/*/b.jpg", output_dir=out) == ["out/x/b.jpg"]
    assert outputs("d/**/*.jpg", output_dir=out) == ["out/a.jpg", "out/x/b.jpg", "out/x/y/c.jpg"]
    assert outputs("d/x/y/c.jpg", "e/f/*.jpg", output_dir=out) == ["out/c.jpg", "out/g.jpg"]
    assert outputs(".", recursive=True, output_dir=out)[0] == "out/d/a.jpg"
    assert outputs("d*", recursive=True, output_dir=out)[0] == "out/d/a.jpg"


def test_pattern_with_dots_does_not_leave_the_output_folder(here):
    touch("a/x.jpg", "top.jpg")
    assert outputs("a*/../top.jpg", output_dir=Path("out")) == ["out/top.jpg"]


def test_two_photos_with_one_output_are_refused_naming_both(here):
    touch("a/x.jpg", "b/x.jpg", "b/y.jpg")
    with pytest.raises(UsageError, match=r"a/x\.jpg and b/x\.jpg would both write out/x\.jpg"):
        find_jobs(["a/x.jpg", "b"], output_dir=Path("out"))
    assert outputs("a/x.jpg", "b") == ["a/x.jpg", "b/x.jpg", "b/y.jpg"]
    assert outputs("a/x.jpg", "b/y.jpg", "a/x.jpg", output_dir=Path("out")) == ["out/x.jpg", "out/y.jpg"]


def test_strange_names_survive(here):
    invalid = os.fsdecode(b"caf\xe9.jpg")
    names = ["-rf.jpg", "a\nb.jpg", " lead.jpg", invalid, "\u2028x.jpg"]
    touch(*(f"d/{name}" for name in names))
    touch("-x.jpg")
    assert sorted(photos("d")) == sorted(f"d/{name}" for name in names)
    assert sorted(photos("d/*")) == sorted(f"d/{name}" for name in names)
    assert photos("-x.jpg", f"d/{invalid}") == ["-x.jpg", f"d/{invalid}"]


def test_search_is_not_quadratic(here):
    (here / "d").mkdir()
    for number in range(4000):
        os.close(os.open(f"d/{number}.jpg", os.O_CREAT))
    start = time.process_time()
    assert len(find_jobs(["d"], output_dir=Path("out")).jobs) == 4000
    assert len(find_jobs([f"d/{number}.jpg" for number in range(4000)]).jobs) == 4000
    assert time.process_time() - start < 3  # 0.1 s; comparing each with each would take minutes


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"", []),
        (b"a.jpg\nb c.jpg\n\n  \nlast.jpg", ["a.jpg", "b c.jpg", "last.jpg"]),
        (b"a.jpg\r\nb.jpg\r\n", ["a.jpg", "b.jpg"]),
        (b"\xef\xbb\xbfa.jpg\n", ["a.jpg"]),
        (b"a\nb.jpg\0c.jpg\0\0 \0", ["a\nb.jpg", "c.jpg", " "]),
        (b"caf\xe9.jpg\n-x.jpg\n", [os.fsdecode(b"caf\xe9.jpg"), "-x.jpg"]),
        ("a\u2028b\x0bc.jpg\n".encode(), ["a\u2028b\x0bc.jpg"]),
    ],
)
def test_file_list_is_one_name_a_line_or_nul_separated(data, names):
    assert names_in_list(data) == names


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(exclude_characters="\0\r\n\ufeff", codec="utf-8"), min_size=1)))
def test_file_list_returns_the_names_that_were_written(names):
    kept = [name for name in names if name.strip()]
    assert names_in_list("\n".join(names).encode()) == kept
