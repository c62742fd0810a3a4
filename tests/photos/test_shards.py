"""Every photo is of exactly one part, on every machine and in every order."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecam_cli.photos.find import find_jobs
from scorecam_cli.photos.shards import name_below, of_shard, shard_of


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")


def parts(count, *images, **options):
    """Of each part, the names of the photos, and of what leads nowhere."""
    found = [of_shard(find_jobs(images, **options), (number, count)) for number in range(1, count + 1)]
    return [[str(job.photo) for job in each.jobs] + [str(failed.photo) for failed in each.failures] for each in found]


def test_part_is_the_digest_of_the_name_modulo_n():
    digest = int(hashlib.sha256(b"sub/dog.jpg").hexdigest()[:16], 16)
    assert [shard_of(b"sub/dog.jpg", count) for count in (1, 2, 7, 1000)] == [digest % n + 1 for n in (1, 2, 7, 1000)]


@given(st.binary(max_size=20), st.integers(1, 10**6))
def test_part_is_one_of_n(name, count):
    assert 1 <= shard_of(name, count) <= count


def test_parts_of_many_names_are_of_like_size():
    sizes = Counter(shard_of(b"photos/%06d.jpg" % number, 8) for number in range(40_000)).values()
    assert max(sizes) < 1.05 * min(sizes)


def test_each_photo_and_each_name_that_leads_nowhere_is_in_one_part(here):
    touch(*(f"d/{number % 5}/{number}.jpg" for number in range(60)))
    whole = find_jobs(["d", "d/lost.jpg", "d/no*.png"], recursive=True)
    names = [name for part in parts(4, "d", "d/lost.jpg", "d/no*.png", recursive=True) for name in part]
    assert sorted(names) == sorted([*(str(job.photo) for job in whole.jobs), "d/lost.jpg", "d/no*.png"])
    assert all(parts(4, "d", recursive=True))


def test_outputs_and_order_are_those_of_the_whole_run(here):
    touch(*(f"d/{number}.jpg" for number in range(20)))
    whole = find_jobs(["d"], output_dir=Path("maps"))
    for number in (1, 2):
        jobs = of_shard(whole, (number, 2)).jobs
        assert jobs == tuple(job for job in whole.jobs if job in jobs)


def test_folder_of_another_place_and_arguments_in_another_order_give_the_same_parts(here, monkeypatch):
    names = [f"{folder}/{number}.jpg" for folder in ("a", "b/c") for number in range(20)]
    touch(*(f"x/photos/{name}" for name in names), *(f"mnt/y/{name}" for name in names))
    first = parts(3, "x/photos/a", "x/photos/b", recursive=True)
    monkeypatch.chdir(here / "mnt/y")
    second = parts(3, "b/c", "./a", recursive=True)
    monkeypatch.chdir(here)
    third = parts(3, "mnt/y/**/*.jpg")
    fourth = parts(3, "mnt/y", "mnt/y/a", recursive=True)
    for other, beginning in ((third, "mnt/y/"), (fourth, "mnt/y/")):
        assert [sorted(name.removeprefix(beginning) for name in part) for part in other] == [
            sorted(name.removeprefix("x/photos/") for name in part) for part in first
        ]
    # Below `b/c` and `a` together lies the same as below `b` and `a`: their names are told from the folder of both.
    assert [sorted(part) for part in second] == [sorted(name.removeprefix("x/photos/") for name in p) for p in first]


def test_photo_of_two_names_is_in_the_same_part_whichever_name_comes_first(here):
    touch(*(f"a/{number}.jpg" for number in range(20)))
    Path("b").mkdir()
    for number in range(20):
        Path(f"b/other{number}.jpg").symlink_to(here / f"a/{number}.jpg")
    one, two = parts(5, "a", "b"), parts(5, "b", "a")
    real = [[sorted(os.path.realpath(name) for name in part) for part in each] for each in (one, two)]
    assert real[0] == real[1]
    assert sum(map(len, one)) == 20


def test_photo_that_comes_moves_no_other(here):
    touch(*(f"d/sub/{number}.jpg" for number in range(20)))
    before = parts(4, "d", recursive=True)
    touch("d/new.jpg")
    assert [[name for name in part if name != "d/new.jpg"] for part in parts(4, "d", recursive=True)] == before


def test_accents_are_spelt_in_one_way_and_bytes_that_are_no_text_stay(here):
    assert name_below(here / "e\u0301.jpg", here) == name_below(here / "\u00e9.jpg", here) == "é.jpg".encode()
    assert name_below(here / os.fsdecode(b"a\xff.jpg"), here) == b"a\xff.jpg"
    assert name_below(here / "d/../../x.jpg", here) == b"../x.jpg"


def test_part_without_a_photo_says_so(here):
    touch("a.jpg")
    empty = [of_shard(find_jobs(["a.jpg"]), (number, 2)) for number in (1, 2)]
    (note,) = [note for each in empty for note in each.notes]
    assert note in ("none of 1 photo is of shard 1/2: nothing to do", "none of 1 photo is of shard 2/2: nothing to do")
