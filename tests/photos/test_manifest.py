"""A manifest is believed only where everything it tells is still so."""

from __future__ import annotations

import copy
import hashlib
import os
from pathlib import Path

import pytest

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.write import write_json
from scorecam_cli.photos.manifest import (
    file_sha256,
    file_sizes,
    is_current,
    manifest_path,
    output_paths,
    read_manifest,
)

SETTINGS = {"model": "VGG16", "alpha": 0.5, "save": ("heatmap", "overlay"), "layer": None, "passes": 512}


def test_names_keep_the_whole_name_of_the_photo():
    paths = output_paths(Path("out/dog.jpg"), 242, {"npy", "overlay", "panel", "heatmap"})
    assert list(paths.items()) == [
        ("heatmap", Path("out/dog.jpg.scorecam-242-heatmap.png")),
        ("overlay", Path("out/dog.jpg.scorecam-242-overlay.png")),
        ("panel", Path("out/dog.jpg.scorecam-242-panel.png")),
        ("npy", Path("out/dog.jpg.scorecam-242.npy")),
    ]
    assert manifest_path(Path("out/dog.jpg")) == Path("out/dog.jpg.scorecam.json")
    assert list(output_paths(Path("a"), 1, ["npy"])) == ["npy"]
    with pytest.raises(ValueError, match="pdf"):
        output_paths(Path("a"), 1, ["pdf"])


@pytest.fixture
def written(tmp_path):
    """Outputs as a run leaves them, read back from disk."""
    paths = output_paths(tmp_path / os.fsdecode(b"d\xe9g.jpg"), 242, ["heatmap", "npy"])
    for number, path in enumerate(paths.values(), start=5):
        path.write_bytes(b"x" * number)
    content = {
        "schema": 1,
        "photo_sha256": "ab",
        "settings": SETTINGS,
        "classes": [{"index": 242, "files": {kind: path.name for kind, path in paths.items()}}],
        "file_sizes": file_sizes(paths.values()),
    }
    write_json(tmp_path / "m.json", content)
    return tmp_path, paths, read_manifest(tmp_path / "m.json")


def current(manifest, folder, **changes):
    return is_current(manifest, **{"settings": SETTINGS, "photo_sha256": "ab", "folder": folder, **changes})


def test_untouched_outputs_are_current(written):
    folder, _, manifest = written
    assert sorted(manifest["file_sizes"].values()) == [5, 6]
    assert current(manifest, folder)


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.4},
        {"passes": 512.0},
        {"passes": True},
        {"layer": "x"},
        {"save": ["overlay", "heatmap"]},
        {"more": 1},
    ],
)
def test_any_other_setting_is_outdated(written, change):
    folder, _, manifest = written
    assert not current(manifest, folder, settings={**SETTINGS, **change})


def test_other_photo_or_folder_is_outdated(written, tmp_path):
    folder, _, manifest = written
    assert not current(manifest, folder, photo_sha256="ac")
    assert not current(manifest, tmp_path / "elsewhere")


@pytest.mark.parametrize("damage", ["missing", "empty", "longer", "folder", "pipe", "link"])
def test_damaged_output_is_outdated(written, damage):
    folder, paths, manifest = written
    path = paths["npy"]
    path.unlink()
    if damage == "empty":
        path.touch()
    elif damage == "longer":
        path.write_bytes(b"x" * 7)
    elif damage == "folder":
        path.mkdir()
        manifest["file_sizes"][path.name] = path.stat().st_size  # the size alone must not convince
    elif damage == "pipe":
        os.mkfifo(path)
    elif damage == "link":
        (folder / "other").write_bytes(b"x" * 6)
        path.symlink_to("other")
    assert not current(manifest, folder)


def test_empty_file_recorded_as_empty_is_outdated(written):
    folder, paths, manifest = written
    paths["npy"].write_bytes(b"")
    manifest["file_sizes"][paths["npy"].name] = 0
    assert not current(manifest, folder)


@pytest.mark.parametrize("name", ["../m.json", "/etc/passwd", "", ".", "..", "a\0b", "sub/x", 3, None])
def test_only_bare_names_are_believed(written, name):
    folder, _, manifest = written
    (folder / "sub").mkdir()
    (folder / "sub/x").write_bytes(b"x" * 5)
    manifest["classes"][0]["files"]["heatmap"] = name
    if isinstance(name, str):
        manifest["file_sizes"][name] = 5
    assert not current(manifest, folder)


@pytest.mark.parametrize("key", ["settings", "photo_sha256", "classes", "file_sizes"])
@pytest.mark.parametrize("value", [None, 3, [], {}, "x", [3], [{"files": 3}], [{}]])
def test_fields_of_a_wrong_type_are_outdated_and_no_error(written, key, value):
    folder, _, manifest = written
    broken = copy.deepcopy(manifest)
    broken[key] = value
    assert not current(broken, folder)
    del broken[key]
    assert not current(broken, folder)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"schema": 1, "pho',
        b"[]",
        b"3",
        b'{"schema": 2}',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": true}'[:9],
    ],
)
def test_torn_or_foreign_manifest_is_none(tmp_path, data):
    path = tmp_path / "m.json"
    path.write_bytes(data)
    assert read_manifest(path) is None


def test_manifest_that_is_no_plain_file_is_none(tmp_path):
    assert read_manifest(tmp_path / "gone.json") is None
    assert read_manifest(tmp_path) is None
    os.mkfifo(tmp_path / "pipe.json")
    assert read_manifest(tmp_path / "pipe.json") is None


def test_manifest_keeps_names_in_no_valid_encoding(written):
    _, paths, manifest = written
    assert manifest["classes"][0]["files"]["npy"] == paths["npy"].name
    assert "\udce9" in paths["npy"].name


def test_file_sha256_is_of_plain_files_only(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 100_000)
    assert file_sha256(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "a named pipe"), ("gone", "no such file"), (".", "a folder")):
        with pytest.raises(PhotoError, match=words):
            file_sha256(tmp_path / name)


def test_size_of_a_vanished_output_is_a_photo_error(tmp_path):
    with pytest.raises(PhotoError, match="cannot be found again"):
        file_sizes([tmp_path / "gone"])
