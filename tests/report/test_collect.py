import shutil
from pathlib import Path

import pytest

from scorecam_cli.errors import NothingFoundError
from scorecam_cli.outcomes import Explained, Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.report.collect import State, collect, entries_of
from tests.manifests import noted_manifest
from tests.report.samples import blob, explained, save_photo

CAT = (1, "cat", 0.9, blob(5, 5))


@pytest.fixture
def folder(tmp_path):
    """a.png is explained beside itself, b.png in another folder, c.png not at all."""
    for name in "abc":
        save_photo(tmp_path / f"{name}.png", seed=ord(name))
    explained(tmp_path / "a.png", [CAT])
    explained(tmp_path / "b.png", [CAT], folder=tmp_path / "maps")
    return tmp_path


def seen(collected):
    return [(entry.photo.name, entry.state) for entry in collected.entries]


def test_photo_is_found_with_the_manifest_beside_it(folder):
    (entry,) = collect([str(folder / "a.png")]).entries
    assert entry.state is State.SHOWN
    assert entry.manifest.classes[0].name == "cat"
    assert entry.folder == folder


def test_manifest_is_found_with_the_photo_it_names(folder):
    (entry,) = collect([str(folder / "maps/b.png.scorecam.json")]).entries
    assert (entry.photo, entry.folder) == (folder / "b.png", folder / "maps")


def test_folder_gives_its_manifests_and_its_photos_once_each(folder):
    assert sorted(seen(collect([str(folder)]))) == [
        ("a.png", State.SHOWN),
        ("b.png", State.UNEXPLAINED),  # its manifest is in another folder that was not named
        ("c.png", State.UNEXPLAINED),
    ]


def test_folder_of_manifests_serves_the_photos_of_another_folder(folder):
    found = collect([str(folder / "maps"), str(folder)])
    assert sorted(seen(found)) == [("a.png", State.SHOWN), ("b.png", State.SHOWN), ("c.png", State.UNEXPLAINED)]


def test_pattern_of_manifests_is_expanded(folder):
    assert seen(collect([str(folder / "**/*.scorecam.json")])) == [("a.png", State.SHOWN), ("b.png", State.SHOWN)]


def test_pattern_of_folders_gives_their_manifests(folder):
    assert seen(collect([str(folder / "map*")])) == [("b.png", State.SHOWN)]


def test_recursion_finds_manifests_below(folder):
    assert seen(collect([str(folder)], recursive=True)).count(("b.png", State.SHOWN)) == 1


def test_damaged_manifest_is_an_entry_that_says_so(folder):
    path = folder / "a.png.scorecam.json"
    path.write_text(path.read_text()[:50])
    (entry,) = collect([str(path)]).entries
    assert entry.state is State.INCOMPLETE
    assert "a.png.scorecam.json is damaged" in entry.reason


def test_manifests_of_all_methods_are_found(folder):
    explained(folder / "a.png", [CAT], mark="grad-cam++", changes={"method": "grad-cam++", "variant": None})
    for argument in (folder / "a.png", folder / "a.png.grad-cam++.json", folder / "*.json", folder):
        found = [entry for entry in collect([str(argument)]).entries if entry.manifest is not None]
        assert "grad-cam++" in [entry.manifest.method for entry in found]
        assert {entry.photo for entry in found} == {folder / "a.png"}


def test_json_of_somebody_else_is_no_manifest(folder):
    (folder / "front.cam.json").write_text("{}")
    assert sorted(seen(collect([str(folder)])))[0] == ("a.png", State.SHOWN)
    assert len(collect([str(folder)]).entries) == 3


def test_name_that_leads_nowhere_is_an_entry_and_counted(folder):
    found = collect([str(folder / "a.png"), str(folder / "gone.png")])
    assert seen(found) == [("a.png", State.SHOWN), ("gone.png", State.FAILED)]
    assert found.lost == 1


def test_names_that_all_lead_nowhere_are_an_error(folder):
    with pytest.raises(NothingFoundError, match=r"no page is written: .*typo: no such file"):
        collect([str(folder / "typo")])


def test_folder_without_photos_and_manifests_is_an_error(tmp_path):
    with pytest.raises(NothingFoundError, match="no photo"):
        collect([str(tmp_path)])


def test_photo_that_was_copied_with_its_manifest_is_found_beside_it(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("moved")
    for path in folder.glob("a.png*"):
        shutil.copy(path, other)
    (entry,) = collect([str(other)]).entries
    assert (entry.photo, entry.state) == (other / "a.png", State.SHOWN)


def test_photo_that_cannot_be_a_file_name_is_an_entry(folder):
    found = collect([str(folder / "a.png"), "x\0.png", "y" * 5000])
    assert [entry.state for entry in found.entries] == [State.SHOWN, State.FAILED, State.FAILED]


def test_outcomes_of_a_run_become_entries_in_their_order():
    job = PhotoJob(Path("x.png"), Path("out/x.png"))
    done = Explained(job, noted_manifest(photo="x.png"), (Path("out/x.png.scorecam.json"),))
    entries = list(entries_of([done, Failed(Path("y.png"), "not a photo")]))
    assert [(entry.photo.name, entry.state, entry.folder) for entry in entries] == [
        ("x.png", State.SHOWN, Path("out")),
        ("y.png", State.FAILED, None),
    ]
    assert entries[1].reason == "not a photo"
