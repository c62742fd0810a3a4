"""Names say what made a file, and no file of ours is ever taken for a photo."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from scorecam_cli.choices import METHOD_FILES, Fill, Variant
from scorecam_cli.figures.kinds import KINDS, kind_named, names, output_paths
from scorecam_cli.photos.names import (
    ENDINGS,
    MARKS,
    OF_PAIRS,
    is_output,
    manifest_path,
    manifest_paths,
    mark_of,
    named_output,
    photo_of_manifest,
)


def test_names_keep_the_whole_name_of_the_photo():
    assert manifest_path(Path("out/dog.jpg")) == Path("out/dog.jpg.scorecam.json")
    assert named_output(Path("out/dog.jpg"), "242.npy") == Path("out/dog.jpg.scorecam-242.npy")


@pytest.mark.parametrize(
    ("method", "variant", "mark"),
    [
        ("score-cam", "article", "scorecam"),
        ("score-cam", "paper", "scorecam-paper"),
        ("grad-cam", "article", "grad-cam"),
        ("grad-cam++", None, "grad-cam++"),
        ("faster-score-cam", "article", "faster-score-cam"),
    ],
)
def test_method_and_variant_stand_in_the_name(method, variant, mark):
    assert mark_of(method, variant) == mark
    assert mark_of(method, variant, several=True) == f"{mark}-layers"
    (path,) = output_paths(Path("out/dog.jpg"), 242, ["heatmap"], mark=mark).values()
    assert path == Path(f"out/dog.jpg.{mark}-242-heatmap.png")
    assert manifest_path(Path("out/dog.jpg"), mark) == Path(f"out/dog.jpg.{mark}.json")


@pytest.mark.parametrize(
    ("asked", "mark"),
    [
        (("score-cam", "article", "zero"), "scorecam"),
        (("score-cam", "article", "mean"), "scorecam-mean"),
        (("score-cam", "fitted", "blur"), "scorecam-fitted-blur"),
        (("rise", None, "mean"), "rise-mean"),
        (("grad-cam", None, None), "grad-cam"),
    ],
)
def test_a_fill_other_than_zero_stands_in_the_name(asked, mark):
    assert mark_of(*asked) == mark


def test_what_is_set_against_another_class_has_names_of_its_own_that_say_both():
    mark = mark_of("score-cam", "fitted", contrast=True)
    for path in output_paths(Path("dog.jpg"), "242-243", KINDS, mark=mark).values():
        assert path.name.startswith("dog.jpg.scorecam-fitted-against-242-243")
        assert is_output(path.name)
    assert is_output("dog.jpg.grad-cam-against-242-243-heatmap.png")
    assert not is_output("front.cam-12-3-heatmap.png")
    assert photo_of_manifest("dog.jpg.grad-cam-against.json") == "dog.jpg"


def test_every_kind_of_output_is_known_by_its_ending():
    known = [kind for name in names() if (kind := kind_named(name)) is not None]
    assert {kind.ending for kind in known} == set(ENDINGS)
    assert {kind.ending for kind in known if kind.of_pair} == set(OF_PAIRS)


def test_no_two_methods_or_variants_nor_one_layer_and_several_share_a_name():
    asked = [*((method, "article") for method in METHOD_FILES), *(("score-cam", variant) for variant in Variant)]
    asked = [(*each, fill) for each in asked for fill in Fill]
    named = {
        mark_of(*each, several=several, contrast=contrast)
        for each in asked
        for several in (False, True)
        for contrast in (False, True)
    }
    assert named == set(MARKS)
    assert len(named) == 4 * len(set(asked)) == len(MARKS)
    paths = [path for mark in MARKS for path in output_paths(Path("a.png"), 1, KINDS, mark=mark).values()]
    assert len({*paths, *manifest_paths(Path("a.png"))}) == len(MARKS) * (len(KINDS) + 1)


@pytest.mark.parametrize("photo", ["dog.jpg", "a.b.png", "no suffix", "x.cam", "d\ne.png"])
def test_nothing_of_ours_is_taken_as_input_and_each_manifest_tells_its_photo(photo):
    for mark in MARKS:
        for path in output_paths(Path(photo), 242, KINDS, mark=mark).values():
            assert is_output(path.name)
        assert is_output(manifest_path(Path(photo), mark).name)
        assert photo_of_manifest(manifest_path(Path(photo), mark).name) == photo
    for path in (named_output(Path(photo), "compare.png"), named_output(Path(photo), "3-compare.png")):
        assert is_output(path.name)


@pytest.mark.parametrize(
    "name",
    ["dog.jpg", "front.cam-12.jpg", "front.cam-12.png", "random.png", "x.gradient.png", "a.rise-1", "scorecam.png"],
)
def test_photos_with_everyday_words_in_their_names_are_photos(name):
    assert not is_output(name)
    assert photo_of_manifest(name) is None


def test_manifest_of_one_photo_is_not_that_of_another():
    paths = list(itertools.chain.from_iterable(manifest_paths(Path(name)) for name in ("a.jpg", "a.jpg.cam", "b.jpg")))
    assert len(set(paths)) == len(paths)
