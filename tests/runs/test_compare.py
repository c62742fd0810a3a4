"""The same photo through several methods: their numbers, their price, and what ends a photo or a run."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.choices import Fill, Variant
from scorecam_cli.config import CompareConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import ModelError, OutputError
from scorecam_cli.faithfulness.asking import ask_together
from scorecam_cli.faithfulness.curves import deletion_and_insertion
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs import compare, compared_figures, under_way
from scorecam_cli.runs.request import CompareRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.question import Question


def request_of(*methods, **options):
    return CompareRequest(config=CompareConfig(PhotoSettings(), ModelSettings(), methods, **options), labels=None)


def session_of(request, tiny, clock=time.perf_counter):
    return Session(request, clock, loaded=tiny)


def run(request, tiny, jobs):
    return list(compare.compare_photos(request, session_of(request, tiny), jobs))


@pytest.fixture
def asked(monkeypatch):
    """The method of each time that maps were made, and for how many classes."""
    calls = []
    real = compare.explain_with

    def noting(method, question, *arguments, **options):
        calls.append((method, len(question.class_indices)))
        return real(method, question, *arguments, **options)

    monkeypatch.setattr(compare, "explain_with", noting)
    return calls


def test_description_has_for_each_class_every_method_with_areas_of_its_own_map(tiny, jobs):
    (made,) = run(request_of("score-cam", "random", classes=("0", "cat")), tiny, jobs[:1])
    assert [entry["name"] for entry in made.description["classes"]] == ["cup", "cat"]
    rgb = np.asarray(Image.open(jobs[0].photo))
    question = Question.about(tiny, rgb, asked=["0", "cat"])
    for place, entry in enumerate(made.description["classes"]):
        assert [method["method"] for method in entry["methods"]] == ["score-cam", "random"]
        assert entry["probability"] == question.scores[place].probability
        found = compare.explain_with("score-cam", question, compare.among_others("score-cam", _settings()))
        curves = deletion_and_insertion(
            tiny, question.image, saliency=found.classes[place].map, class_index=entry["index"], seed=0
        )
        assert entry["methods"][0]["deletion"] == round(curves.deletion.area, 6)
        assert entry["methods"][0]["insertion"] == round(curves.insertion.area, 6)
        assert entry["methods"][0]["passes"] == found.passes


def _settings():
    return request_of("score-cam").how


def test_files_are_named_in_the_description_and_are_there(tiny, jobs):
    (made,) = run(request_of("random", classes=("0", "2")), tiny, jobs[:1])
    names = ["a.png.scorecam-0-compare.png", "a.png.scorecam-2-compare.png"]
    assert made.description["files"]["compare"] == names
    assert [path.name for path in made.paths] == names
    assert all(path.parent == jobs[0].output.parent and path.is_file() for path in made.paths)


def test_a_method_of_few_passes_runs_once_untimed_for_the_first_photo_and_one_class(tiny, jobs, asked):
    run(request_of("score-cam", "gradient", classes=("0", "1")), tiny, jobs[:2])
    assert asked == [
        *(("score-cam", 1), ("score-cam", 2), ("gradient", 1), ("gradient", 2)),
        *(("score-cam", 2), ("gradient", 2)),
    ]


def test_a_method_of_many_passes_only_has_its_passes_compiled(tiny, jobs, asked, monkeypatch):
    monkeypatch.setattr(compare, "UNTIMED_RUNS", 0)
    run(request_of("score-cam"), tiny, jobs[:1])
    assert asked == [("score-cam", 1)]


def test_seconds_are_those_of_the_maps_alone(tiny, jobs, monkeypatch):
    now = [0.0]
    real = compare.explain_with

    def slow(*arguments, **options):
        now[0] += 7
        return real(*arguments, **options)

    def slower(*arguments, **options):
        now[0] += 100
        return ask_together(*arguments, **options)

    monkeypatch.setattr(compare, "explain_with", slow)
    monkeypatch.setattr("scorecam_cli.faithfulness.asking.ask_together", slower)
    request = request_of("random")
    (made,) = compare.compare_photos(request, session_of(request, tiny, clock=lambda: now[0]), jobs[:1])
    assert made.description["classes"][0]["methods"][0]["seconds"] == 7


def test_a_shared_pass_costs_each_method_what_it_costs_alone_and_is_told(tiny, jobs, monkeypatch):
    now, derived = [0.0], []
    real = type(tiny.gradients).of_target

    def slow(self, image, index, against=None):
        now[0] += 5
        derived.append(index)
        return real(self, image, index, against)

    monkeypatch.setattr(type(tiny.gradients), "of_target", slow)
    request = request_of("grad-cam", "layer-cam", "random", classes=("0", "2"))
    session = session_of(request, tiny, clock=lambda: now[0])
    (made,) = compare.compare_photos(request, session, jobs[:1])
    assert derived == [0, 0, 2, 0]  # each method once untimed for the first class, and one of the two for both
    told = [made.description["classes"][0]["methods"][place] for place in range(3)]
    assert [(each["seconds"], each["passes"], each["shared_passes"]) for each in told] == [
        *((10, 2, 0), (10, 2, 2), (0, 0, 0))
    ]


def test_variants_side_by_side_are_those_of_each_alone_from_the_passes_of_one(tiny, jobs, monkeypatch):
    masks, real = [], type(tiny).masked_answers

    def counting(self, image, grids, **options):
        masks.append(len(grids))
        return real(self, image, grids, **options)

    methods = ("score-cam", *(f"score-cam:{variant}" for variant in Variant))
    photo = read_photo(jobs[0].photo)
    alone = [
        compare.compare_maps(request, session_of(request, tiny), path=jobs[0].photo, photo=photo, warmed={"score-cam"})
        for request in (request_of("score-cam", classes=("0",), variant=variant) for variant in (*Variant,))
    ]
    monkeypatch.setattr(type(tiny), "masked_answers", counting)
    request = request_of(*methods, classes=("0",), save=("stability",))
    found = compare.compare_maps(
        request, session_of(request, tiny), path=jobs[0].photo, photo=photo, warmed=set(methods)
    )
    passes = found.runs[0].passes
    assert masks[:1] == [passes]
    assert len(masks) == 2  # the other are those of the photo with noise
    assert [run.shared_passes for run in found.runs] == [0, *[passes] * 5]
    for run, before in zip(found.runs[1:], alone, strict=True):
        np.testing.assert_array_equal(run.found[0].map, before.runs[0].found[0].map)
        assert (run.areas, run.variant, run.passes) == (before.runs[0].areas, before.runs[0].variant, passes)
    assert set(found.disturbed.maps) == set(methods)
    titles = " ".join(tile.title for tile in compared_figures._tiles(request.config, found, 0))
    assert "score-cam:fitted" in titles


def test_curves_of_all_maps_go_through_the_model_together(tiny, jobs, monkeypatch):
    counts, real = [], type(tiny).photo_answers

    def counting(self, count, *arguments, **options):
        counts.append(count)
        return real(self, count, *arguments, **options)

    monkeypatch.setattr(type(tiny), "photo_answers", counting)
    methods = ("gradient", "random")
    request = request_of(*methods, classes=("0", "2"))
    photo = read_photo(jobs[0].photo)
    session = session_of(request, tiny)
    found = compare.compare_maps(request, session, path=jobs[0].photo, photo=photo, warmed=set(methods))
    together = 3 + 4 * 54  # the whole, the empty and the blurred photo, and both curves between them
    assert counts == [together + together % 2]
    image = tiny.prepare(photo.pixels)
    for run in found.runs:
        for each, areas in zip(run.found, run.areas, strict=True):
            alone = deletion_and_insertion(tiny, image, saliency=each.map, class_index=each.score.label.index)
            assert areas == (alone.deletion.area, alone.insertion.area)


def test_figures_are_drawn_while_the_model_has_the_next_photo(tiny, jobs, monkeypatch):
    next_begun, real_about, real_write = threading.Event(), compare.Question.about, compare.write_sheet

    def about(*arguments, **options):
        if threading.current_thread() is threading.main_thread() and begun:
            next_begun.set()
        begun.append(1)
        return real_about(*arguments, **options)

    def write_sheet(path, sheet):
        assert not path.name.startswith("a.") or next_begun.wait(5), "b is not begun while a is drawn"
        return real_write(path, sheet)

    begun = []
    monkeypatch.setattr(compare.Question, "about", about)
    monkeypatch.setattr(compare, "write_sheet", write_sheet)
    made = run(request_of("random"), tiny, jobs[:2])
    assert [each.paths[0].name.partition(".scorecam")[0] for each in made] == ["a.png", "b.png"]


def test_nothing_is_read_or_drawn_while_a_method_is_timed(tiny, jobs, monkeypatch):
    busy, together = [], []

    def slowly(what, real):
        def call(*arguments, **options):
            busy.append(what)
            time.sleep(0.03)
            together.append(tuple(busy))
            made = real(*arguments, **options)
            busy.remove(what)
            return made

        return call

    monkeypatch.setattr(under_way, "read_photo", slowly("read", under_way.read_photo))
    monkeypatch.setattr(compare, "write_sheet", slowly("draw", compare.write_sheet))
    monkeypatch.setattr(compare, "explain_with", slowly("map", compare.explain_with))
    run(request_of("random", "gradient"), tiny, jobs)
    assert sorted(together) == sorted([("read",), ("draw",), ("map",), ("map",)] * 3 + [("map",), ("map",)])


def test_what_is_compiled_ahead_is_waited_for_before_anything_is_timed(tiny, jobs, monkeypatch):
    done, real = [], compare.explain_with
    monkeypatch.setattr(tiny.passes, "wait_for_compiling", lambda: done.append("compiled"))
    monkeypatch.setattr(compare, "explain_with", lambda *given, **more: (done.append("timed"), real(*given, **more))[1])
    run(request_of("random"), tiny, jobs[:1])
    assert done[:2] == ["compiled", "timed"]


def test_a_photo_that_waits_for_room_does_not_hold_the_one_before_it(tiny, jobs, monkeypatch):
    real = under_way.read_photo

    def read(path, *, admit, **options):
        admit(480)
        return real(path, **options)

    monkeypatch.setattr(under_way, "read_photo", read)
    monkeypatch.setattr(under_way, "PIXELS_UNDER_WAY", 480)
    made = []
    running = threading.Thread(target=lambda: made.extend(run(request_of("random"), tiny, jobs)), daemon=True)
    running.start()
    running.join(30)
    assert [each.photo for each in made] == [job.photo for job in jobs]


def test_a_method_that_does_not_fit_the_model_has_a_note_and_alone_ends_the_run(tiny, jobs, monkeypatch):
    real = compare.explain_with

    def unfit(method, *arguments, **options):
        if method == "cam":
            raise ModelError("it does not fit")
        return real(method, *arguments, **options)

    monkeypatch.setattr(compare, "explain_with", unfit)
    (made,) = run(request_of("cam", "random"), tiny, jobs[:1])
    assert made.description["classes"][0]["methods"][0] == {"method": "cam", "note": "it does not fit"}
    with pytest.raises(ModelError, match="it does not fit"):
        run(request_of("cam"), tiny, jobs)


def test_a_photo_that_fails_does_not_stop_the_others_and_a_full_disk_does(tiny, jobs, monkeypatch):
    jobs[0].photo.write_bytes(b"no photo")
    first, second = run(request_of("random"), tiny, jobs[:2])
    assert isinstance(first, Failed)
    assert second.photo == jobs[1].photo

    def full(*_):
        raise OutputError("the disk is full")

    monkeypatch.setattr(compare, "write_sheet", full)
    request = request_of("random")
    outcomes = compare.compare_photos(request, session_of(request, tiny), jobs[1:])
    assert next(outcomes) == Failed(jobs[1].photo, "the disk is full")
    with pytest.raises(OutputError):
        next(outcomes)


def test_signed_maps_are_beside_those_that_have_no_sign_and_these_say_so(tiny, jobs):
    methods = ("score-cam", "grad-cam", "rise")
    request = request_of(*methods, classes=("0",), signed=True, fill=Fill.MEAN)
    session = session_of(request, tiny)
    photo = read_photo(jobs[0].photo)
    found = compare.compare_maps(request, session, path=jobs[0].photo, photo=photo, warmed=set(methods))
    assert [(run.signed, run.fill) for run in found.runs] == [(False, "mean"), (True, None), (False, "mean")]
    assert found.runs[0].found[0].map.min() >= 0 > found.runs[1].found[0].map.min()
    tiles = compared_figures._tiles(request.config, found, 0)
    assert [compared_figures.UNSIGNED in tile.lines for tile in tiles] == [True, False, True]
    assert ["fill mean" in tile.lines for tile in tiles] == [True, False, True]
    assert [(each["signed"], each["fill"]) for each in (compare.entry(run, 0) for run in found.runs)] == [
        *((False, "mean"), (True, None), (False, "mean"))
    ]


def test_the_variants_that_are_regressions_are_signed_and_their_colours_have_a_middle(tiny, jobs):
    request = request_of("score-cam", classes=("0",), signed=True, variant=Variant.CENTRED)
    assert request.config.colormap == "RdBu_r"
    (made,) = run(request, tiny, jobs[:1])
    assert made.description["classes"][0]["methods"][0]["signed"]
