"""A manifest is believed only where everything it tells is still so."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import pytest

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files.regular import file_sha256
from scorecam_cli.photos.manifest import (
    file_sizes,
    is_current,
    manifest_path,
    output_paths,
    read_manifest,
    write_manifest,
)
from scorecam_cli.records import Manifest, NotedClass
from tests.manifests import noted_class, noted_manifest

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
    classes = (noted_class(files={kind: path.name for kind, path in paths.items()}),)
    content = noted_manifest(
        photo_sha256="ab", settings=SETTINGS, classes=classes, file_sizes=file_sizes(paths.values())
    )
    write_manifest(tmp_path / "m.json", content)
    return tmp_path, paths, read_manifest(tmp_path / "m.json")


def current(manifest, folder, **changes):
    return is_current(manifest, **{"settings": SETTINGS, "photo_sha256": "ab", "folder": folder, **changes})


def changed(folder, change):
    """The manifest on disk after a change to its JSON, or the sentence that says why it is none."""
    value = json.loads((folder / "m.json").read_text())
    change(value)
    (folder / "m.json").write_text(json.dumps(value))
    try:
        return read_manifest(folder / "m.json")
    except MisfitError as error:
        return str(error)


def test_untouched_outputs_are_current(written):
    folder, _, manifest = written
    assert sorted(manifest.file_sizes.values()) == [5, 6]
    assert current(manifest, folder)


def test_what_was_written_is_read_again(written):
    folder, _, manifest = written
    assert manifest == noted_manifest(
        photo_sha256="ab",
        settings=json.loads(json.dumps(SETTINGS)),
        classes=manifest.classes,
        file_sizes=manifest.file_sizes,
    )
    assert json.loads((folder / "m.json").read_text())["schema"] == 1


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
        sizes = {**manifest.file_sizes, path.name: path.stat().st_size}  # the size alone must not convince
        manifest = dataclasses.replace(manifest, file_sizes=sizes)
    elif damage == "pipe":
        os.mkfifo(path)
    elif damage == "link":
        (folder / "other").write_bytes(b"x" * 6)
        path.symlink_to("other")
    assert not current(manifest, folder)


def test_empty_file_recorded_as_empty_is_outdated(written):
    folder, paths, manifest = written
    paths["npy"].write_bytes(b"")
    assert not current(dataclasses.replace(manifest, file_sizes=file_sizes(paths.values())), folder)


@pytest.mark.parametrize("name", ["../m.json", "/etc/passwd", "", ".", "..", "a\0b", "sub/x", "\ud800", 3, None])
def test_only_bare_names_are_believed(written, name):
    folder, _, _ = written
    told = changed(folder, lambda value: value["classes"][0]["files"].update(heatmap=name))
    assert "no file beside it" in told or "is not text" in told


@pytest.mark.parametrize("photo", ["/", ".", "..", "", "a/..", "x\0.jpg", "\ud800.jpg", "y/" * 2_000_000, 3, None])
def test_photo_is_the_name_of_a_file(written, photo):
    folder, _, _ = written
    told = changed(folder, lambda value: value.update(photo=photo))
    assert "photo" in told
    assert len(told) < 200


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Manifest)])
@pytest.mark.parametrize("value", [-1, [], {}, [3], [{"files": 3}], [{}], True, float("nan"), float("inf"), 10**400])
def test_field_of_a_wrong_type_is_one_sentence(written, name, value):
    folder, _, _ = written
    told = changed(folder, lambda found: found.update({name: value}))
    shapeless = name in ("settings", "versions", "file_sizes", "warnings", "predictions") and value in ([], {})
    assert shapeless or isinstance(told, str)


@pytest.mark.parametrize(
    "name", [each.name for each in dataclasses.fields(Manifest) if each.name not in ("selection", "predictions")]
)
def test_missing_field_is_named(written, name):
    folder, _, _ = written
    assert changed(folder, lambda found: found.pop(name)) == f"{name} is missing"


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(NotedClass)])
def test_missing_field_of_a_class_is_named(written, name):
    folder, _, _ = written
    assert changed(folder, lambda found: found["classes"][0].pop(name)) == f"classes[0].{name} is missing"


def test_manifest_of_the_first_release_is_read(written):
    folder, _, manifest = written

    def older(value):
        del value["selection"], value["predictions"]

    assert changed(folder, older) == manifest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"schema": 1, "pho',
        b"[]",
        b"3",
        b'{"schema": 2}',
        b'{"schema": true}',
        b'{"schema": 1.5}',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" + b"0," * 600_000 + b"0]",
        b'{"schema": 1, "photo": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_torn_or_foreign_manifest_is_one_sentence(tmp_path, data):
    path = tmp_path / "m.json"
    path.write_bytes(data)
    with pytest.raises(MisfitError) as told:
        read_manifest(path)
    assert len(str(told.value)) < 200


def test_manifest_that_is_no_plain_file_is_told_and_a_missing_one_is_none(tmp_path):
    assert read_manifest(tmp_path / "gone.json") is None
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path, tmp_path / "pipe.json"):
        with pytest.raises(MisfitError):
            read_manifest(path)


def test_manifest_keeps_names_in_no_valid_encoding(written):
    _, paths, manifest = written
    assert manifest.classes[0].files["npy"] == paths["npy"].name
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
