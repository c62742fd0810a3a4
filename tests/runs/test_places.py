"""Where files go is known to be a place for them before anything dear is done."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PIL import Image

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.files import write
from scorecam_cli.outcomes import Found
from scorecam_cli.photos.names import is_output
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.explain import explain_one
from scorecam_cli.runs.places import agree, agreement_path, require_place
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.session import Session

PHOTO = Found((PhotoJob(Path("a.jpg"), Path("maps/a.jpg")),))


def part(folder, shard=(1, 2), **options):
    config = ExplainConfig(PhotoSettings(output_dir=folder, shard=shard), ModelSettings(), **options)
    return ExplainRequest.of(config)


def test_first_part_notes_its_settings_and_others_of_the_same_agree(tmp_path):
    agree(part(tmp_path / "maps"), PHOTO)
    (noted,) = (tmp_path / "maps").iterdir()
    assert json.loads(noted.read_bytes())["settings"]["model"] == "VGG16"
    inode = noted.stat().st_ino
    agree(part(tmp_path / "maps", (2, 2)), PHOTO)
    agree(part(tmp_path / "maps", (3, 5), batch_size=7), PHOTO)
    assert noted.stat().st_ino == inode


def test_other_settings_are_refused_unless_forced_and_are_then_those_to_agree_on(tmp_path):
    agree(part(tmp_path), PHOTO)
    with pytest.raises(UsageError, match="with other settings: top was 0, is 3; give another --output-dir, or --force"):
        agree(part(tmp_path, top=3), PHOTO)
    agree(part(tmp_path, top=3, force=True), PHOTO)
    agree(part(tmp_path, (2, 2), top=3), PHOTO)
    with pytest.raises(UsageError, match="top was 3, is 0"):
        agree(part(tmp_path), PHOTO)


def test_another_method_has_an_agreement_of_its_own(tmp_path):
    agree(part(tmp_path), PHOTO)
    agree(part(tmp_path, method="grad-cam"), PHOTO)
    assert len(list(tmp_path.iterdir())) == 2
    assert all(is_output(path.name) for path in tmp_path.iterdir())


def test_whole_run_and_part_without_a_photo_note_nothing(tmp_path):
    agree(part(tmp_path, shard=None), PHOTO)
    agree(part(tmp_path), Found(()))
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_folder_the_folder_of_all_photos_holds_it(tmp_path):
    agree(part(None), Found(PHOTO.jobs, shared=tmp_path))
    assert agreement_path(tmp_path, "scorecam").is_file()


@pytest.mark.parametrize("data", [b"", b"[", b"[]", b'{"settings": 3}'])
def test_damaged_agreement_is_named(tmp_path, data):
    agreement_path(tmp_path, "scorecam").write_bytes(data)
    with pytest.raises(UsageError, match=r"\.shards\.scorecam\.json is damaged"):
        agree(part(tmp_path), PHOTO)


def test_place_that_cannot_be_written_is_one_sentence():
    with pytest.raises(UsageError, match=r"cannot write /proc/x/maps.*give another --output-dir"):
        agree(part(Path("/proc/x/maps")), PHOTO)


def test_folder_that_cannot_be_written_is_told_before_the_model_is_loaded(tmp_path, monkeypatch):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    request = ExplainRequest.of(ExplainConfig(PhotoSettings(output_dir=Path("/proc/x/maps")), ModelSettings()))
    monkeypatch.setattr("scorecam_cli.runs.session.load_any", lambda *_, **__: pytest.fail("the model was loaded"))
    job = PhotoJob(tmp_path / "a.png", Path("/proc/x/maps/a.png"))
    with pytest.raises(UsageError, match=r"cannot write /proc/x/maps.*give another --output-dir"):
        explain_one(request, Session(request, time.monotonic), job)


def test_photo_in_a_folder_that_cannot_be_written_fails_before_its_passes(tmp_path, monkeypatch):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    request = ExplainRequest.of(ExplainConfig(PhotoSettings(), ModelSettings()))
    monkeypatch.setattr("scorecam_cli.runs.session.load_any", lambda *_, **__: pytest.fail("the model was loaded"))
    outcome = explain_one(request, Session(request, time.monotonic), PhotoJob(tmp_path / "a.png", Path("/proc/a.png")))
    assert outcome.reason.startswith("cannot write /proc: ")


def test_place_that_was_looked_at_is_left_as_it_was(tmp_path):
    require_place(tmp_path / "maps", tmp_path / "maps/sub/a.png")
    assert list((tmp_path / "maps").iterdir()) == []


def test_of_two_that_write_a_new_file_at_once_one_does(tmp_path, monkeypatch):
    path = tmp_path / "new"
    monkeypatch.setattr(write.os.path, "lexists", lambda path: False)  # both looked before either wrote
    assert write.write_new(path, b"one")
    assert not write.write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
