"""From maps to files: each as asked for, the manifest last, and what is left where the way ends before."""

import itertools
import json
import threading
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.files import write
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos import manifest
from scorecam_cli.records import ClassMap, PhotoJob
from scorecam_cli.runs import outputs
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, HaltError, Stop, write_outputs
from tests.runs.test_description import CAT, DOG, MADE, MODEL, PHOTO

DRAWING = Drawing(save=("npy", "heatmap"), colormap="turbo", alpha=0.5)
MAPS = tuple(np.full((2, 2), value, np.float32) for value in (1, 2))
NAMES = [  # in the order of `figures.kinds`, whatever the order asked for
    *("dog.jpg.scorecam-paper-2-heatmap.png", "dog.jpg.scorecam-paper-2.npy"),
    *("dog.jpg.scorecam-paper-0-heatmap.png", "dog.jpg.scorecam-paper-0.npy"),
    "dog.jpg.scorecam-paper.json",
]


@pytest.fixture
def computed(tmp_path):
    made = replace(MADE, classes=(ClassMap(DOG, MAPS[0]), ClassMap(CAT, MAPS[1])))
    job = PhotoJob(tmp_path / "dog.jpg", tmp_path / "maps" / "dog.jpg")
    return ComputedPhoto(job, PHOTO, MODEL, made, seconds=10.0, pass_seconds=4.0)


def written(computed, *, halt=None, clock=lambda: 0.0):
    return write_outputs(DRAWING, {"seed": 3}, computed, halt=halt or threading.Event(), clock=clock)


@pytest.fixture
def order(monkeypatch):
    """The names of files in the order in which they are taken away and written."""
    names = []

    def noting(verb, real):
        def call(path, *arguments, **options):
            names.append(f"{verb} {path.name}")
            return real(path, *arguments, **options)

        return call

    monkeypatch.setattr(write, "remove", noting("remove", write.remove))
    monkeypatch.setattr(write, "_write_whole", noting("write", write._write_whole))
    return names


def test_an_earlier_manifest_goes_first_and_the_new_one_comes_last(computed, order):
    outcome = written(computed)
    assert order == [f"remove {NAMES[-1]}", *(f"write {name}" for name in NAMES)]
    assert [path.name for path in outcome.paths] == NAMES


def test_files_are_those_of_each_class_and_the_manifest_knows_them(computed):
    outcome = written(computed)
    for index, expected in zip((2, 0), MAPS, strict=True):
        saved = np.load(computed.job.output.parent / f"dog.jpg.scorecam-paper-{index}.npy")
        np.testing.assert_array_equal(saved, expected)
    found = manifest.read_manifest(outcome.paths[-1])
    assert [dict(each.files) for each in found.classes] == [
        {"heatmap": NAMES[0], "npy": NAMES[1]},
        {"heatmap": NAMES[2], "npy": NAMES[3]},
    ]
    assert set(found.outputs) == set(NAMES[:-1])
    assert manifest.changed_file(found, outcome.paths[-1].parent) is None
    assert found.settings == {"seed": 3}


def test_seconds_are_of_computing_and_of_drawing(computed):
    outcome = written(computed, clock=itertools.count(0, 2.5).__next__)
    assert json.loads(outcome.paths[-1].read_text())["seconds"] == {"passes": 4.0, "total": 12.5}


@pytest.mark.parametrize(("error", "kind"), [(OutputError("full"), Stop), (PhotoError("odd"), Failed)])
def test_what_every_photo_would_meet_stops_and_the_rest_fails_the_photo(computed, monkeypatch, error, kind):
    def refused(*_):
        raise error

    monkeypatch.setattr(manifest, "write_manifest", refused)
    outcome = written(computed)
    assert outcome == (Stop(Failed(computed.job.photo, "full")) if kind is Stop else Failed(computed.job.photo, "odd"))


def test_memory_that_runs_out_in_drawing_fails_the_photo(computed, monkeypatch):
    def cramped(*_, **__):
        raise MemoryError

    monkeypatch.setattr(outputs.kinds, "output_paths", cramped)
    assert "not enough memory" in written(computed).reason


@pytest.mark.parametrize("after", range(len(NAMES)))
def test_a_halt_between_two_files_leaves_whole_ones_and_no_manifest(computed, after):
    halt = Mock()
    halt.is_set.side_effect = [False] * (after + 1) + [True]
    with pytest.raises(HaltError):
        written(computed, halt=halt)
    folder = computed.job.output.parent
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    assert found == sorted(NAMES[:after])
