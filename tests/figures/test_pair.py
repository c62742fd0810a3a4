"""Predicted and expected class in one figure: both overlays, named, beside the photo."""

from dataclasses import replace

import numpy as np

from scorecam_cli.choices import Role
from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.kinds import KINDS, output_paths
from scorecam_cli.figures.pair import pair_figure
from tests.figures.sheets import class_map, photo, places, subject, words_drawn


def pair():
    rng = np.random.default_rng(5)
    maps = [rng.random((8, 8)).astype(np.float32) for _ in range(2)]
    roles = zip(("boxer", "tabby"), maps, (Role.PREDICTED, Role.EXPECTED), strict=True)
    classes = tuple(replace(class_map(name, saliency), role=role) for name, saliency, role in roles)
    one = subject(photo(60, 80), classes[0])
    return [replace(one, found=each, explanation=replace(one.explanation, classes=classes)) for each in classes]


def test_both_overlays_stand_beside_the_photo_under_their_roles():
    first, second = pair()
    with words_drawn() as words:
        sheet = pair_figure(first).pixels()
    rgb = fit(first.photo.rgb, 340, 340)
    ((top, left),) = places(sheet, rgb)
    overlays = [place for each in (first, second) for place in places(sheet, each.overlay(rgb))]
    assert [row for row, _ in overlays] == [top, top]
    assert left < overlays[0][1] < overlays[1][1]
    assert {"predicted: boxer, expected: tabby", "predicted: boxer", "expected: tabby"} <= set(words)
    assert "495 passes" in " ".join(words)


def test_the_panel_is_that_figure_for_either_class_and_one_file(tmp_path):
    first, second = pair()
    assert np.array_equal(KINDS["panel"].draw(first).pixels(), pair_figure(second).pixels())
    names = [output_paths(tmp_path / "dog.jpg", index, ["panel"], pair="242-243") for index in (242, 243)]
    assert names[0] == names[1] == {"panel": tmp_path / "dog.jpg.scorecam-242-243-panel.png"}
