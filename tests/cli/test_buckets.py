"""Photos and results in a bucket, by the command line: the same files as on this machine, the manifest last."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.loading.outside import load_any


def png(seed):
    encoded = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 30, 3), dtype=np.uint8)).save(encoded, "PNG")
    return encoded.getvalue()


@pytest.fixture
def photos(bucket):
    for number, name in enumerate(("a.png", "b.png", "deep/c.png")):
        bucket.put(f"in/{name}", png(number))
    bucket.asked.clear()
    return bucket


LOADED = {}


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch):
    """One load of the model for all tests here, which are about files."""

    def load(model, **named):
        if model not in LOADED:
            LOADED[model] = load_any(model, **named)
        return LOADED[model]

    monkeypatch.setattr("scorecam_cli.runs.session.load_any", load)


@pytest.fixture
def explain(scorecam, tiny_model):
    def run(*arguments):
        return scorecam("explain", *arguments, "-m", tiny_model, "--save", "heatmap,npy", "--passes", "4")

    return run


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_over_a_bucket_writes_what_one_over_a_folder_does(photos, explain, tmp_path):
    for number, name in enumerate(("a.png", "b.png", "deep/c.png")):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    here = explain(tmp_path / "in", "-r", "-o", tmp_path / "maps")
    there = explain("memory://b/in", "-r", "-o", "memory://b/maps")
    assert (there.code, here.code) == (0, 0), there.err
    assert there.paths == [path.replace(str(tmp_path / "maps"), "memory://b/maps") for path in here.paths]
    made = files_of(tmp_path / "maps")
    assert photos.keys("maps") == sorted(f"maps/{name}" for name in made)
    for name, data in made.items():
        if not name.endswith(".json"):
            assert photos.get(f"maps/{name}") == data, name
    manifest = json.loads(photos.get("maps/deep/c.png.scorecam.json"))
    assert manifest["photo"] == "memory://b/in/deep/c.png"
    assert manifest["photo_version"]


def test_each_photo_takes_few_requests_and_its_manifest_comes_last(photos, explain):
    assert explain("memory://b/in/*.png", "-o", "memory://b/maps").code == 0
    assert photos.count() == {"ls": 2, "cat_file": 2, "put_file": 2 * 3}  # a listing of each folder
    keys = sorted(photos.system.store, key=lambda key: photos.system.store[key].created)
    assert [key.rpartition(".")[2] for key in keys if key.startswith("/b/maps/a")] == ["png", "npy", "json"]


def test_what_is_up_to_date_costs_one_request_and_no_photo(photos, explain):
    first = explain("memory://b/in", "-o", "memory://b/maps")
    photos.asked.clear()
    again = explain("memory://b/in", "-o", "memory://b/maps")
    assert (again.code, again.paths) == (0, first.paths)
    assert again.err.count("[up to date]") == 2
    assert photos.count() == {"ls": 2, "cat_file": 2}  # the manifests


@pytest.mark.parametrize("lost", ["photo", "file", "younger", "manifest"])
def test_what_changed_in_the_bucket_is_done_again(photos, explain, lost):
    explain("memory://b/in/a.png", "memory://b/in/b.png", "-o", "memory://b/maps")
    (heatmap,) = (key for key in photos.keys("maps") if key.startswith("maps/a.") and key.endswith(".png"))
    if lost == "photo":
        photos.put("in/a.png", png(9))
    elif lost == "file":
        photos.system.rm(f"/b/{heatmap}")
    elif lost == "younger":  # of the same size, as another run may write at the same time
        photos.put(heatmap, bytes(len(photos.get(heatmap))))
    else:
        photos.put("maps/a.png.scorecam.json", b'{"schema": 1}')
    photos.asked.clear()
    again = explain("memory://b/in/a.png", "memory://b/in/b.png", "-o", "memory://b/maps")
    assert again.code == 0
    assert again.err.count("[up to date]") == 1
    assert photos.asked.count("rm_file") == 1  # the manifest, before what it vouches for is written
    assert photos.asked.index("rm_file") < photos.asked.index("put_file")


def test_a_photo_put_again_with_the_same_bytes_is_up_to_date(photos, explain):
    explain("memory://b/in/a.png", "-o", "memory://b/maps")
    photos.put("in/a.png", png(0))
    assert "[up to date]" in explain("memory://b/in/a.png", "-o", "memory://b/maps").err


def test_photos_of_a_bucket_and_maps_here_and_the_other_way_round(photos, explain, photo, tmp_path):
    assert explain("memory://b/in", "-o", tmp_path / "maps").code == 0
    assert "[up to date]" in explain("memory://b/in/a.png", "-o", tmp_path / "maps").err
    assert explain(photo, "-o", "memory://b/of/here").code == 0
    assert "[up to date]" in explain(photo, "-o", "memory://b/of/here").err
    assert "of/here/dog.png.scorecam.json" in photos.keys("of")
    assert explain("memory://b/in/b.png").code == 0
    assert "in/b.png.scorecam.json" in photos.keys("in")


@pytest.mark.parametrize(
    ("method", "arguments", "code", "words"),
    [
        ("ls", ["memory://b/in"], 2, "memory://b/in cannot be listed: permission denied"),
        ("ls", ["memory://b/in/a.png", "-o", "memory://b/maps"], 2, "memory://b/maps cannot be listed: permission"),
        ("put_file", ["memory://b/in", "-o", "memory://b/maps"], 2, "cannot write memory://b/maps/a.png.*: permission"),
        ("cat_file", ["memory://b/in", "-o", "memory://b/maps"], 1, "memory://b/in/b.png: failed: permission denied"),
    ],
)
def test_without_permission_there_is_a_sentence_and_nothing_written(
    photos, explain, refusing, method, arguments, code, words
):
    refusing(method, PermissionError("Access Denied"))
    done = explain(*arguments)
    assert done.code == code
    assert words.replace(".*", "") in done.err or words.partition(".*")[0] in done.err
    assert not photos.keys("maps")
    assert done.out == ""


def test_a_manifest_is_never_left_beside_half_of_its_files(photos, explain, monkeypatch):
    from scorecam_cli.files import remote

    put = remote.put

    def broken(file, url):
        if url.name.endswith(".npy"):
            raise remote.PhotoError(f"cannot write {url}: the connection broke")
        put(file, url)

    explain("memory://b/in/a.png", "-o", "memory://b/maps")
    monkeypatch.setattr(remote, "put", broken)
    done = explain("memory://b/in/a.png", "-o", "memory://b/maps", "--force")
    assert (done.code, done.err.count("the connection broke")) == (1, 1)
    assert not [key for key in photos.keys("maps") if key.endswith(".json")]


def test_parts_of_a_run_agree_in_a_bucket_too(photos, explain):
    parts = [explain("memory://b/in", "-r", "-o", "memory://b/maps", "--shard", f"{number}/2") for number in (1, 2)]
    assert [done.code for done in parts] == [0, 0]
    assert len([key for key in photos.keys("maps") if key.endswith(".png.scorecam.json")]) == 3
    other = explain("memory://b/in", "-o", "memory://b/maps", "-r", "--shard", "1/2", "--alpha", "0.1")
    assert (other.code, "with other settings: alpha" in other.err) == (2, True), other.err


def test_predict_reads_a_bucket(photos, scorecam, tiny_model):
    done = scorecam("predict", "memory://b/in", "-m", tiny_model, "--json")
    assert [json.loads(line)["photo"] for line in done.paths] == ["memory://b/in/a.png", "memory://b/in/b.png"]


def test_a_run_of_a_bucket_is_logged_and_tried_again(photos, explain, scorecam, tmp_path):
    photos.put("in/b.png", b"no photo")
    log = tmp_path / "log.jsonl"
    assert explain("memory://b/in", "-o", "memory://b/maps", "--log", log).code == 1
    photos.put("in/b.png", png(1))
    again = scorecam("explain", "--retry-failed", log)
    assert (again.code, len(again.paths)) == (0, 3), again.err
    assert "maps/b.png.scorecam.json" in photos.keys("maps")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "ftp://h/x.jpg"], "ftp://h/x.jpg is none of s3://"),
        (["explain", "https://h/x.jpg"], "nothing can be written there"),
        (["explain", "x.jpg", "-o", "https://h/maps"], "https://h/maps cannot be written"),
        (["explain", "memory://b/in/a.png", "--page", "p.html"], "--page is made of files on this machine"),
        (["explain", "x.jpg", "--log", "s3://b/l.jsonl"], "s3://b/l.jsonl is an address"),
        (["explain", "x.jpg", "--files-from", "s3://b/l.txt"], "s3://b/l.txt is an address"),
        (["predict", "x.jpg", "--labels", "s3://b/l.txt"], "s3://b/l.txt is an address"),
        (["predict", "x.jpg", "--weights", "s3://b/w.h5"], "s3://b/w.h5 is an address"),
        (["compare", "memory://b/in/a.png"], "give -o with a folder of this machine"),
        (["compare", "x.jpg", "-o", "s3://b/maps"], "s3://b/maps is an address"),
        (["report", "s3://b/maps"], "s3://b/maps"),
        (
            ["explain", "s3://b/x.jpg", "--offline"],
            "s3://b/x.jpg is on another machine, and --offline connects to none",
        ),
        (["explain", "x.jpg", "-o", "gs://b/maps", "--offline"], "gs://b/maps is on another machine"),
    ],
)
def test_what_buckets_are_not_for_is_a_sentence(photos, scorecam, arguments, words):
    done = scorecam(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_names_of_a_stranger_do_nothing_to_a_terminal(bucket, explain):
    bucket.put("in/\x1b[31m.png", b"no photo")
    done = explain("memory://b/in", "-o", "memory://b/maps")
    assert done.code == 1
    assert "\x1b" not in done.err
