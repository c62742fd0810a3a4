"""Photos and runs: what is one photo, which maps are of one run, and what the runs are called."""

from pathlib import Path

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.report.collect import Entry, State, collect
from scorecam_cli.report.grouping import each_once, grouped
from tests.manifests import noted_manifest
from tests.report.samples import blob, explained, save_photo

CAT = [(1, "cat", 0.9, blob(5, 5))]


def entry(photo="dog.jpg", argument="maps", *, folder=None, called="", **changes):
    manifest = noted_manifest(photo=photo, **changes)
    return Entry(Path(photo), State.SHOWN, manifest, Path(folder or argument), argument=argument, called=called)


def photos(found):
    """Of each photo, its name and the runs that explained it."""
    return [(group.photo.name, [run for run, _ in group.members]) for group in found.groups]


def names(*entries):
    return [run.name for run in grouped(entries).runs]


def test_photo_is_one_whatever_explained_it_and_wherever_it_lies():
    found = grouped(
        [
            entry("a/dog.jpg", "a", model="VGG16"),
            entry("a/cat.jpg", "a", model="VGG16", photo_sha256="cd" * 32),
            entry("b/dog copy.jpg", "b", model="ResNet50"),
        ]
    )
    assert photos(found) == [("dog.jpg", [0, 1]), ("cat.jpg", [0])]


def test_same_name_with_other_bytes_is_another_photo():
    found = grouped([entry("ward0/IMG_1.jpg"), entry("ward1/IMG_1.jpg", photo_sha256="cd" * 32)])
    assert photos(found) == [("IMG_1.jpg", [0]), ("IMG_1.jpg", [0])]


def test_copies_that_one_run_explained_stay_two_and_each_keeps_its_other_runs():
    places = [(photo, model) for model in ("VGG16", "ResNet50") for photo in ("a/x.jpg", "b/x.jpg")]
    found = grouped([entry(photo, "maps", model=model) for photo, model in places])
    assert [[(run, each.photo.parent.name) for run, each in group.members] for group in found.groups] == [
        [(0, "a"), (1, "a")],
        [(0, "b"), (1, "b")],
    ]


def test_what_is_asked_of_single_photos_and_how_maps_are_drawn_make_no_run():
    asked = ({"classes": [1], "top": None, "colormap": "turbo"}, {"classes": [2], "top": 3, "colormap": "inferno"})
    different = [entry(f"{place}.jpg", settings=each, photo_sha256=str(place)) for place, each in enumerate(asked)]
    assert len(grouped(different).runs) == 1
    again = [entry("x.jpg", settings={"passes": each}, photo_sha256=str(each)) for each in (32, 64)]
    assert len(grouped(again).runs) == 2


@pytest.mark.parametrize(
    ("differing", "expected"),
    [
        (("model", "layer"), ["VGG16", "ResNet50"]),
        (("layer",), ["block5_conv3", "top"]),
        (("method", "variant"), ["score-cam, article", "grad-cam"]),
    ],
)
def test_runs_of_one_folder_are_called_by_what_tells_them_apart_and_by_no_more(differing, expected):
    first = {"model": "VGG16", "layer": "block5_conv3", "method": "score-cam", "variant": "article"}
    second = {"model": "ResNet50", "layer": "top", "method": "grad-cam", "variant": None}
    changed = {**first, **{name: second[name] for name in differing}}
    assert names(entry(**first), entry(**changed)) == expected


def test_runs_in_folders_of_their_own_are_called_like_these_and_given_names_come_first():
    runs = [entry(argument="out/may", model="VGG16"), entry(argument="out/june", model="ResNet50")]
    assert names(*runs) == ["may", "june"]
    named = [entry(argument="out/may", model="VGG16", called="old"), entry(argument="out/june", model="ResNet50")]
    assert names(*named) == ["old", "june"]


def test_several_runs_in_a_named_folder_are_called_by_that_name_and_what_tells_them_apart():
    same = {"argument": "maps", "called": "may"}
    runs = [entry(**same), entry(**same, method="grad-cam", variant=None)]
    assert names(*runs) == ["may · score-cam, article", "may · grad-cam"]


def test_the_same_photo_explained_alike_in_two_folders_has_two_runs():
    assert names(entry(argument="x"), entry(argument="y")) == ["x", "y"]
    below = [entry(argument="maps", folder=f"maps/{each}/ward0") for each in ("x", "y")]
    found = grouped(below)
    assert photos(found) == [("dog.jpg", [0, 1])]
    assert len({run.name for run in found.runs}) == 2


def test_one_run_is_called_by_its_model():
    assert names(entry(), entry("cat.jpg", photo_sha256="cd" * 32)) == ["TestNet"]


def test_what_failed_beside_a_run_that_did_not_belongs_to_the_same_photo():
    failed = Entry(Path("dog.jpg"), State.INCOMPLETE, reason="its manifest is damaged")
    assert photos(grouped([failed, entry()])) == [("dog.jpg", [0, None])]
    assert photos(grouped([failed])) == [("dog.jpg", [None])]


def test_thousands_of_copies_of_one_photo_do_not_take_the_square_of_their_number():
    many = [entry(f"{place}/x.jpg", model=model) for model in ("A", "B") for place in range(2000)]
    found = grouped(many)
    assert len(found.groups) == 2000
    assert all([run for run, _ in group.members] == [0, 1] for group in found.groups)


def test_names_are_told_apart():
    assert each_once(["a", "b", "a", "a", "a (2)"]) == ["a", "b", "a (2)", "a (3)", "a (2) (2)"]


def test_name_of_a_run_belongs_to_the_path_at_its_place(tmp_path):
    photo = save_photo(tmp_path / "dog.png")
    for folder in ("x", "y"):
        explained(photo, CAT, folder=tmp_path / folder)
    paths = [str(tmp_path / "x"), str(tmp_path / "y")]
    found = grouped(collect(paths, run_names=["one", "two"]).entries)
    assert [run.name for run in found.runs] == ["one", "two"]
    with pytest.raises(UsageError, match="'three' belongs to none of the 2 PATHS"):
        collect(paths, run_names=["one", "two", "three"])
    with pytest.raises(UsageError, match=r"--run-name for .*y is empty"):
        collect(paths, run_names=["one", " "])
    with pytest.raises(UsageError, match=r"'one' is given to .*dog\.png, which is no manifest and holds none"):
        collect([str(photo)], run_names=["one"])


def test_name_of_a_run_is_text_of_one_line():
    (hostile, _) = names(entry(called="<b>\n\u202e" + "x" * 500), entry(called="b"))
    assert hostile.isprintable()
    assert len(hostile) == 60
