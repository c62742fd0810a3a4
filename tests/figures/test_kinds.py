"""The registry of outputs: names, order, what each needs; nothing is drawn that is not asked for."""

import threading
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.figures import kinds
from scorecam_cli.figures.kinds import KINDS, Kind, check, chosen, output_paths
from scorecam_cli.files.write import write_bytes
from scorecam_cli.outcomes import Explained
from scorecam_cli.photos import draw
from scorecam_cli.records import Photo, PhotoJob, Uncertainty
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, write_outputs
from tests.figures.sheets import class_map, photo, steps, subject


def test_files_are_named_and_ordered_by_the_registry_whatever_the_order_of_the_request():
    paths = output_paths(Path("out/dog.jpg"), 242, ["npy", "overlay", "panel", "heatmap"])
    assert list(paths.items()) == [
        ("heatmap", Path("out/dog.jpg.scorecam-242-heatmap.png")),
        ("overlay", Path("out/dog.jpg.scorecam-242-overlay.png")),
        ("panel", Path("out/dog.jpg.scorecam-242-panel.png")),
        ("npy", Path("out/dog.jpg.scorecam-242.npy")),
    ]


def test_endings_differ():
    assert len({kind.ending for kind in KINDS.values()}) == len(KINDS)


def test_what_is_no_kind_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"'overlays' is none of heatmap, .*; nearest: overlay"):
        chosen(["heatmap", "overlays"])
    with pytest.raises(UsageError, match="names nothing"):
        chosen([])


def test_only_a_method_with_steps_has_the_kinds_that_show_them():
    for kind in KINDS.values():
        check([kind.name], method="ours", with_steps=["ours"], sure=True)
        if kind.needs_steps:
            with pytest.raises(UsageError, match=f"leave {kind.name} out of --save or take --method ours"):
                check([kind.name], method="other", with_steps=["ours"], sure=True)
        else:
            check([kind.name], method="other", with_steps=["ours"], sure=True)


def test_only_where_it_is_known_how_sure_a_map_is_can_that_be_shown():
    check(["uncertainty"], method="score-cam", with_steps=[], sure=True)
    with pytest.raises(UsageError, match="variant centred and fitted where all masks are passed"):
        check(["uncertainty"], method="score-cam", with_steps=[], sure=False)
    with pytest.raises(UsageError, match="how sure a map is"):
        list(KINDS["uncertainty"].draw(subject(photo(30, 40))).tiles)


def test_every_kind_is_drawn_and_written(tmp_path):
    shown = subject(photo(30, 40), class_map(masks=steps(2), known=Uncertainty(np.eye(4), np.ones((4, 4)))))
    for kind in KINDS.values():
        written = kind.write(tmp_path / kind.ending, kind.draw(shown))
        assert (tmp_path / kind.ending).stat().st_size == written.size > 0


def write(folder, save):
    shown = subject(photo(30, 40))
    job = PhotoJob(Path("dog.png"), folder / "dog.png")
    computed = ComputedPhoto(job, Photo(photo(30, 40), "0" * 64), shown.model, shown.explanation, 1.0, 1.0)
    outcome = write_outputs(Drawing(save, "inferno", 0.5), {}, computed, halt=threading.Event(), clock=lambda: 0.0)
    assert isinstance(outcome, Explained)
    return [path.name for path in outcome.paths]


@pytest.mark.parametrize(("save", "times"), [(("npy",), 0), (("heatmap",), 1), (("heatmap", "overlay", "npy"), 1)])
def test_the_map_is_made_as_large_as_the_photo_only_where_that_is_asked_for_and_once(save, times, tmp_path):
    with mock.patch("scorecam_cli.figures.subject.draw.heat_levels", side_effect=draw.heat_levels) as made:
        write(tmp_path, save)
    assert made.call_count == times


def test_another_kind_is_one_entry(tmp_path):
    def note(shown):
        return shown.found.score.label.name.encode()

    added = Kind("note", "-note.txt", "the name of the class", note, write_bytes)
    with mock.patch.dict(kinds.KINDS, {"note": added}):
        assert write(tmp_path, ("note", "npy")) == [
            "dog.png.scorecam-242.npy",
            "dog.png.scorecam-242-note.txt",
            "dog.png.scorecam.json",
        ]
        assert "note (the name of the class)" in kinds.described()
    assert (tmp_path / "dog.png.scorecam-242-note.txt").read_bytes() == b"boxer"
