from pathlib import Path

import pytest

from scorecam_cli.errors import NothingFoundError, UsageError
from scorecam_cli.photos.find import find_jobs
from scorecam_cli.photos.find_elsewhere import require_here, require_readable_again, require_writable
from scorecam_cli.photos.shards import of_shard
from scorecam_cli.urls import url


@pytest.fixture
def photos(bucket):
    keys = ("in/b.jpg", "in/a.PNG", "in/notes.txt", "in/.hidden.jpg", "in/a.PNG.scorecam-1-overlay.png")
    for key in (*keys, "in/deep/c.jpg", "in/.trash/d.jpg", "other/e.jpg"):
        bucket.put(key)
    return bucket


def names(found):
    return [str(job.photo).removeprefix("memory://b/") for job in found.jobs]


def outputs(found):
    return [str(job.output) for job in found.jobs]


def test_a_folder_gives_its_photos_as_one_of_this_machine_does(photos):
    found = find_jobs(["memory://b/in/"], output_dir=Path("maps"))
    assert names(found) == ["in/a.PNG", "in/b.jpg"]
    assert outputs(found) == ["maps/a.PNG", "maps/b.jpg"]
    assert [job.source.size for job in found.jobs] == [1, 1]
    assert photos.count() == {"ls": 1}


def test_below_a_folder_the_subfolders_are_kept(photos):
    found = find_jobs(["memory://b"], recursive=True, output_dir=url("memory://b/maps"))
    assert names(found) == ["in/a.PNG", "in/b.jpg", "in/deep/c.jpg", "other/e.jpg"]
    assert outputs(found)[2] == "memory://b/maps/in/deep/c.jpg"
    assert photos.count() == {"find": 1}


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("in/*.jpg", ["in/b.jpg"]),
        ("in/[ab].*", ["in/a.PNG", "in/b.jpg"]),
        ("*/?.jpg", ["in/b.jpg", "other/e.jpg"]),
        ("**/*.jpg", ["in/b.jpg", "in/deep/c.jpg", "other/e.jpg"]),
        ("in/**", ["in/a.PNG", "in/b.jpg", "in/deep/c.jpg", "in/notes.txt"]),
        ("in/.h*", ["in/.hidden.jpg"]),
        ("in/*/c.jpg", ["in/deep/c.jpg"]),
    ],
)
def test_patterns_match_objects(photos, pattern, matched):
    assert names(find_jobs([f"memory://b/{pattern}"])) == matched
    assert len(photos.asked) == 1


def test_a_named_photo_is_not_asked_for_before_it_is_read(photos):
    found = find_jobs(["memory://b/in/b.jpg"], listed=["memory://b/in/x*.jpg"])
    assert names(found) == ["in/b.jpg", "in/x*.jpg"]
    assert photos.asked == []


def test_an_object_with_any_name_is_a_photo_where_it_is_named(photos):
    assert names(find_jobs(["memory://b/in/notes.txt"])) == ["in/notes.txt"]


def test_each_object_is_taken_once(photos):
    assert names(find_jobs(["memory://b/in/b.jpg", "memory://b/in", "memory://b/in/*.jpg"])) == ["in/b.jpg", "in/a.PNG"]


def test_nothing_there_is_said(photos):
    assert [each.reason for each in find_jobs(["memory://b/in/b.jpg", "memory://b/none"]).failures] == [
        "no such object, folder or bucket"
    ]
    with pytest.raises(NothingFoundError, match=r"nothing matches memory://b/none/\*.jpg"):
        find_jobs(["memory://b/none/*.jpg"])
    photos.put("sub/deep/x.jpg")
    with pytest.raises(NothingFoundError, match=r"no photo in memory://b/sub .* it has subfolders: add -r"):
        find_jobs(["memory://b/sub"])
    with pytest.raises(UsageError, match="the bucket needs its own name"):
        find_jobs(["memory://*/x.jpg"])


@pytest.mark.parametrize("key", ["in/../../etc/x.jpg", "in//x.jpg", "in/./x.jpg", "in/.."])
def test_a_name_that_could_lead_anywhere_is_refused(bucket, monkeypatch, key):
    """As a stranger may name objects of a bucket that others read."""
    entry = {"name": f"b/{key}", "type": "file", "size": 1}
    good = {"name": "b/in/good.jpg", "type": "file", "size": 1}
    monkeypatch.setattr("scorecam_cli.files.remote.ask", lambda *_, **__: {key: entry, "good": good})
    found = find_jobs(["memory://b/in"], recursive=True, output_dir=Path("maps"))
    assert names(found) == ["in/good.jpg"]
    if key != "in/..":  # that is no photo by its name
        assert "of dots alone" in found.failures[0].reason


def test_two_addresses_of_the_web_that_write_the_same_are_told(photos):
    with pytest.raises(UsageError, match="would both write maps/image"):
        find_jobs(["https://h/image?n=1", "https://h/image?n=2"], output_dir=Path("maps"))
    (job,) = find_jobs(["https://h/a/image?sig=secret"], output_dir=Path("maps")).jobs
    assert (str(job.photo), str(job.output), job.source.address) == (
        "https://h/a/image",
        "maps/image",
        "https://h/a/image?sig=secret",
    )
    assert "secret" not in repr(job)


def test_where_outputs_can_go_is_checked_before_any_work(photos):
    web, stored = find_jobs(["https://h/x.jpg"]).jobs, find_jobs(["memory://b/in/b.jpg"]).jobs
    with pytest.raises(UsageError, match="nothing can be written there: give -o"):
        require_writable(web)
    require_writable(stored)
    for check in (require_here, require_readable_again):
        with pytest.raises(UsageError, match=r"memory://b/in/b\.jpg"):
            check(stored)
    require_here(find_jobs(["memory://b/in/b.jpg"], output_dir=Path("maps")).jobs)


def test_each_photo_of_a_bucket_is_in_one_shard_whatever_folder_it_is_read_from(photos, tmp_path, monkeypatch):
    for number in range(20):
        photos.put(f"in/{number}.jpg")
    found = find_jobs(["memory://b/in"])
    parts = [names(of_shard(found, (number, 3))) for number in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(names(found))
    assert all(len(part) > 2 for part in parts)
    monkeypatch.chdir(tmp_path)
    assert names(of_shard(find_jobs(["memory://b/in/*"]), (1, 3))) == parts[0]
