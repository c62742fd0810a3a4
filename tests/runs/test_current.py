"""What an earlier run left is believed only where the present run would make the same; else it is said why not."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.figures.kinds import output_paths
from scorecam_cli.files import write
from scorecam_cli.outcomes import Explained, Redone
from scorecam_cli.photos.manifest import read_manifest, write_manifest
from scorecam_cli.photos.names import manifest_path
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.current import differences, look_up
from tests.faults.one_photo import NAMES, is_current, write_photo
from tests.manifests import noted_class, noted_manifest

SETTINGS = {"model": "VGG16", "alpha": 0.5, "save": ("heatmap",), "layer": None, "labels": "sha256:aa", "passes": 512}


@pytest.fixture
def job(tmp_path):
    """An explained photo."""
    photo = tmp_path / "dog.jpg"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(photo)
    paths = output_paths(photo, 242, ["heatmap"])
    outputs = {path.name: write.write_bytes(path, b"picture") for path in paths.values()}
    classes = (noted_class(files={kind: path.name for kind, path in paths.items()}),)
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    noted = noted_manifest(photo_sha256=digest, settings=SETTINGS, classes=classes, outputs=outputs)
    write_manifest(manifest_path(photo), noted)
    return PhotoJob(photo, photo)


def test_untouched_photo_and_files_are_up_to_date(job):
    found = look_up(job, SETTINGS)
    assert isinstance(found, Explained)
    assert found.skipped
    assert [path.name for path in found.paths] == ["dog.jpg.scorecam-242-heatmap.png", "dog.jpg.scorecam.json"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"alpha": 0.4}, "alpha was 0.5, is 0.4"),
        ({"passes": 512.0}, "passes was 512, is 512.0"),
        ({"passes": True}, "passes was 512, is true"),
        ({"layer": "x"}, "layer was null, is x"),
        ({"save": ["overlay"]}, 'save was ["heatmap"], is ["overlay"]'),
        ({"more": 1}, "more was null, is 1"),
        ({"labels": "sha256:bb"}, "labels has changed"),
        ({"labels": None}, "labels was a file, is null"),
        (
            {"alpha": 1, "passes": 2, "layer": 3, "more": 4},
            "alpha was 0.5, is 1, layer was null, is 3, passes was 512, is 2, and 1 more",
        ),
    ],
)
def test_other_settings_are_named_and_so_is_what_is_replaced(job, change, reason):
    told = look_up(job, {**SETTINGS, **change})
    assert told == Redone(reason, "TestNet, score-cam, article")
    assert look_up(job, {**SETTINGS, **change}, force=True) == told


def test_changed_photo_is_named(job):
    job.photo.write_bytes(b"other")
    assert look_up(job, SETTINGS) == Redone("the photo has changed")


def test_changed_output_is_named(job):
    output_paths(job.output, 242, ["heatmap"])["heatmap"].write_bytes(b"PICTURE")
    assert look_up(job, SETTINGS) == Redone("dog.jpg.scorecam-242-heatmap.png has changed or is gone")


def test_force_redoes_what_is_up_to_date(job):
    assert look_up(job, SETTINGS, force=True) == Redone("asked for by --force")


def test_manifest_that_cannot_be_believed_is_named_and_a_missing_one_is_nothing(job):
    manifest_path(job.output).write_text("{")
    assert look_up(job, SETTINGS) == Redone("its manifest cannot be believed: it is no JSON, or cut short")
    manifest_path(job.output).unlink()
    assert look_up(job, SETTINGS) is None


def test_a_long_value_is_cut_and_equal_settings_differ_in_nothing():
    assert differences(SETTINGS, {**SETTINGS, "save": ["heatmap"]}) == []
    (told,) = differences({"classes": ["x" * 5000]}, {"classes": []})
    assert len(told) < 100


# ---- two runs at once


@pytest.mark.parametrize("kinds", [("npy",), ("heatmap", "overlay", "npy")])
@pytest.mark.parametrize("moment", ["before the manifest", "between two files", "after the manifest"])
def test_files_of_one_run_beside_the_manifest_of_another_are_never_up_to_date(tmp_path, monkeypatch, kinds, moment):
    """The other run, of other settings, writes all its files while this one is at work; it was killed at the end."""
    other = []

    def write_other():
        if not other:
            other.append(True)
            write_photo(tmp_path, seed=2, save=kinds)

    def noted(path, *values, real=write.write_bytes):
        before = path.suffix == (".npy" if moment == "between two files" else ".json")
        if moment != "after the manifest" and before:
            write_other()
        made = real(path, *values)
        if moment == "after the manifest" and path.suffix == ".json":
            json_of_this_run = path.read_bytes()
            write_other()
            path.write_bytes(json_of_this_run)  # as if this run's manifest had come last
        return made

    monkeypatch.setattr(write, "write_bytes", noted)
    write_photo(tmp_path, seed=1, save=kinds)
    assert other
    found = read_manifest(tmp_path / NAMES[-1])
    left = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in found.outputs}
    mixed = left != {name: file.sha256 for name, file in found.outputs.items()}
    seed = found.settings["seed"]
    assert is_current(tmp_path, seed) is not mixed
    assert not is_current(tmp_path, 3 - seed)
    if moment != "between two files":
        assert mixed


def test_the_run_that_redoes_a_mixture_leaves_one(tmp_path):
    write_photo(tmp_path, seed=1)
    manifest = (tmp_path / NAMES[-1]).read_bytes()
    write_photo(tmp_path, seed=2)
    (tmp_path / NAMES[-1]).write_bytes(manifest)
    assert not is_current(tmp_path, 1)
    assert dataclasses.is_dataclass(write_photo(tmp_path, seed=1))
    assert is_current(tmp_path, 1)
