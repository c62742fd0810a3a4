"""A manifest is believed only where everything it tells is still so."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil

import pytest

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files.regular import file_sha256
from scorecam_cli.files.write import write_bytes
from scorecam_cli.manifest import Manifest, NotedClass
from scorecam_cli.photos import manifest as manifests
from scorecam_cli.photos.manifest import (
    changed_file,
    read_manifest,
    write_manifest,
)
from scorecam_cli.photos.names import named_output
from tests.manifests import noted_class, noted_manifest

SETTINGS = {"model": "VGG16", "alpha": 0.5, "save": ("heatmap", "overlay"), "layer": None, "passes": 512}


@pytest.fixture
def written(tmp_path):
    """Outputs as a run leaves them, read back from disk."""
    photo = tmp_path / os.fsdecode(b"d\xe9g.jpg")
    paths = {"heatmap": named_output(photo, "242-heatmap.png"), "npy": named_output(photo, "242.npy")}
    outputs = {path.name: write_bytes(path, b"x" * number) for number, path in enumerate(paths.values(), start=5)}
    classes = (noted_class(files={kind: path.name for kind, path in paths.items()}),)
    content = noted_manifest(settings=SETTINGS, classes=classes, outputs=outputs)
    write_manifest(tmp_path / "m.json", content)
    return tmp_path, paths, read_manifest(tmp_path / "m.json")


def changed(folder, change):
    """The manifest on disk after a change to its JSON, or the sentence that says why it is none."""
    value = json.loads((folder / "m.json").read_text())
    change(value)
    (folder / "m.json").write_text(json.dumps(value))
    try:
        return read_manifest(folder / "m.json")
    except MisfitError as error:
        return str(error)


def test_what_was_written_is_read_again(written):
    folder, _, manifest = written
    settings = json.loads(json.dumps(SETTINGS))
    assert manifest == noted_manifest(settings=settings, classes=manifest.classes, outputs=manifest.outputs)
    value = json.loads((folder / "m.json").read_text())
    assert value["schema"] == 1
    assert sorted(value["file_sizes"].values()) == [5, 6]


def test_untouched_files_are_not_read(written, monkeypatch):
    folder, _, manifest = written
    monkeypatch.setattr(manifests, "file_sha256", lambda path: pytest.fail(f"{path} is read"))
    assert changed_file(manifest, folder) is None


@pytest.mark.parametrize("damage", ["missing", "empty", "longer", "other bytes", "folder", "pipe", "link"])
def test_damaged_output_is_named(written, damage):
    folder, paths, manifest = written
    path = paths["npy"]
    path.unlink()
    if damage == "empty":
        path.touch()
    elif damage == "longer":
        path.write_bytes(b"x" * 7)
    elif damage == "other bytes":
        path.write_bytes(b"y" * 6)
    elif damage == "folder":
        path.mkdir()
        size = {path.name: dataclasses.replace(manifest.outputs[path.name], size=path.stat().st_size)}
        manifest = dataclasses.replace(manifest, outputs={**manifest.outputs, **size})
    elif damage == "pipe":
        os.mkfifo(path)
    elif damage == "link":
        (folder / "other").write_bytes(b"x" * 6)
        path.symlink_to("other")
    assert changed_file(manifest, folder) == path.name


def test_file_of_the_same_size_and_time_from_another_run_is_found_out(written):
    folder, paths, manifest = written
    path, noted = paths["npy"], manifest.outputs[paths["npy"].name]
    write_bytes(path, b"y" * 6)
    os.utime(path, ns=(noted.mtime_ns, noted.mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (noted.size, noted.mtime_ns)
    assert changed_file(manifest, folder) == path.name


def test_copied_folder_is_believed_for_its_bytes(written, tmp_path_factory):
    folder, _, manifest = written
    copy = tmp_path_factory.mktemp("copy") / "x"
    shutil.copytree(folder, copy)
    assert changed_file(manifest, copy) is None
    assert changed_file(manifest, tmp_path_factory.mktemp("elsewhere")) is not None


def test_time_without_a_fraction_proves_nothing(written):
    """Of file systems that count whole seconds, two files written one after the other have the same time."""
    folder, paths, manifest = written
    name = paths["npy"].name
    coarse = dataclasses.replace(manifest.outputs[name], mtime_ns=10**18)
    manifest = dataclasses.replace(manifest, outputs={**manifest.outputs, name: coarse})
    paths["npy"].write_bytes(b"y" * 6)
    os.utime(paths["npy"], ns=(10**18, 10**18))
    assert (folder / name).stat().st_ino == coarse.inode
    assert changed_file(manifest, folder) == name


def test_manifest_without_digests_vouches_for_nothing(written):
    folder, paths, manifest = written
    assert changed_file(dataclasses.replace(manifest, outputs={}), folder) == paths["heatmap"].name


def test_empty_file_recorded_as_empty_is_named(written):
    folder, paths, manifest = written
    name = paths["npy"].name
    empty = {name: write_bytes(paths["npy"], b"")}
    assert changed_file(dataclasses.replace(manifest, outputs={**manifest.outputs, **empty}), folder) == name


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
    shapeless = name in ("settings", "versions", "outputs", "warnings", "predictions", "layers") and value in ([], {})
    assert shapeless or isinstance(told, str)


ADDED = (  # since the first release
    *("grid", "prefix", "layers", "joined", "fill", "selection", "predictions", "outputs", "photo_version"),
)


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(Manifest) if each.name not in ADDED])
def test_missing_field_is_named(written, name):
    folder, _, _ = written
    assert changed(folder, lambda found: found.pop(name)) == f"{name} is missing"


def test_an_earlier_manifest_without_compactness_is_read(written):
    folder, _, _ = written
    assert changed(folder, lambda found: found["classes"][0].pop("compactness")).classes[0].compactness is None


REQUIRED = [each.name for each in dataclasses.fields(NotedClass) if each.default is dataclasses.MISSING]


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_field_of_a_class_is_named(written, name):
    folder, _, _ = written
    assert changed(folder, lambda found: found["classes"][0].pop(name)) == f"classes[0].{name} is missing"


def test_manifest_of_the_first_release_is_read(written):
    folder, _, manifest = written

    def older(value):
        for name in ADDED:
            del value[name]

    assert changed(folder, older) == dataclasses.replace(manifest, outputs={})


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
