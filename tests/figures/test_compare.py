"""Several maps beside each other: each in its own scale, the photo whole, nothing beyond the sheet."""

import numpy as np
import pytest

from scorecam_cli.errors import NumericsError
from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.compare import compare_figure, compare_grid
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.tiles import Tile, Words
from scorecam_cli.photos.draw import heatmap, overlay, whole
from scorecam_cli.photos.signed import signed_levels, signed_overlay_tiles
from tests.figures.sheets import LOOK, SHAPES, margins_are_white, photo, places, words_drawn


def test_each_map_is_scaled_by_its_own_minimum_and_maximum():
    rgb = photo(40, 60)
    saliency = (np.random.default_rng(5).integers(0, 256, (8, 8)) / 256).astype(np.float32)  # exact below
    sheet = compare_figure(
        rgb, [Tile(saliency, "one"), Tile(saliency * 1024 + 7, "two")], words=Words(""), look=Look(**LOOK)
    ).pixels()
    shown = fit(rgb, 340, 340)
    warm = heatmap(saliency, width=shown.shape[1], height=shown.shape[0], colormap="turbo")
    assert len(places(sheet, shown)) == 1
    assert len(places(sheet, overlay(shown, warm, alpha=0.5))) == 2


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("count", [1, 5, 9])
def test_the_photo_is_whole_and_once_and_nothing_leaves_the_sheet(height, width, count):
    tiles = [Tile(np.eye(4, dtype=np.float32), "score-cam", ("29 s, 704 passes",)) for _ in range(count - 1)]
    tiles.append(Tile(None, "cam", (), "needs global average pooling and one dense layer after the target layer"))
    sheet = compare_figure(photo(height, width), tiles, words=Words("boxer"), look=Look(**LOOK)).pixels()
    assert margins_are_white(sheet)
    assert sheet.shape[1] <= 1600
    assert len(places(sheet, fit(photo(height, width), 340, 340))) == 1


def test_a_grid_has_the_photo_once_a_row_for_each_class_and_a_column_for_each_method():
    rgb, rng = photo(60, 60), np.random.default_rng(6)
    maps = rng.random((3, 2, 8, 8)).astype(np.float32)
    rows = [(f"class {row}", [Tile(each, "method") for each in of_class]) for row, of_class in enumerate(maps)]
    sheet = compare_grid(rgb, rows, words=Words(), look=Look(**LOOK)).pixels()
    shown = fit(rgb, 340, 340)
    ((photo_top, photo_left),) = places(sheet, shown)
    corners = []
    for of_class in maps:
        for each in of_class:
            warm = heatmap(each, width=shown.shape[1], height=shown.shape[0], colormap="turbo")
            corners += places(sheet, overlay(shown, warm, alpha=0.5))
    tops, lefts = sorted({top for top, _ in corners}), sorted({left for _, left in corners})
    assert corners == [(top, left) for top in tops for left in lefts]
    assert (len(tops), len(lefts)) == (3, 2)
    assert photo_top < tops[0]
    assert photo_left < lefts[1]


def test_signed_maps_have_zero_in_the_middle_of_one_scale_and_are_the_photo_there():
    rgb, saliency = photo(40, 60), np.zeros((4, 6), np.float32)
    saliency[:, 0], saliency[:, 5] = 2, -1
    look = Look("RdBu_r", 0.5, signed=True)
    with words_drawn() as words:
        sheet = compare_figure(rgb, [Tile(saliency, "one")], words=Words(), look=look).pixels()
    shown = fit(rgb, 340, 340)
    height, width = shown.shape[:2]
    levels = signed_levels(saliency, width=width, height=height)
    over = whole(signed_overlay_tiles(shown, levels, colormap="RdBu_r", alpha=0.5), height, width)
    assert len(places(sheet, over)) == 1
    np.testing.assert_array_equal(over[:, width // 2], shown[:, width // 2])
    assert {"-1", "1"} <= set(words)
    assert "below 0 against it" in " ".join(words)


def test_a_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError):
        compare_figure(
            photo(9, 9), [Tile(np.float32([[0, np.nan]]), "broken")], words=Words(""), look=Look(**LOOK)
        ).pixels()
