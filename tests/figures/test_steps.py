"""The figures of steps: the right pictures at the right places, whatever names and shapes."""

import warnings

import numpy as np
import pytest

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.compare import Tile, compare_figure, compare_grid
from scorecam_cli.figures.steps import mask, masked_figure, masked_photo, pipeline_figure, seen
from scorecam_cli.photos.draw import heatmap, overlay
from tests.figures.sheets import (
    LOOK,
    NAMES,
    SHAPES,
    class_map,
    margins_are_white,
    photo,
    places,
    setting,
    steps,
)


def bilinear(grid, size):
    """Half-pixel bilinear upsampling, one position at a time."""
    height, width = size
    h, w = grid.shape
    out = np.zeros(size)
    for row in range(height):
        for column in range(width):
            y = min(max((row + 0.5) * h / height - 0.5, 0), h - 1)
            x = min(max((column + 0.5) * w / width - 0.5, 0), w - 1)
            top, left = int(y), int(x)
            bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
            above = grid[top, left] * (1 - x + left) + grid[top, right] * (x - left)
            below = grid[bottom, left] * (1 - x + left) + grid[bottom, right] * (x - left)
            out[row, column] = above * (1 - y + top) + below * (y - top)
    return out


def test_masked_photo_by_hand():
    rgb = np.uint8([[[200, 100, 0], [200, 100, 0], [200, 100, 0]]])
    shown = masked_photo(rgb, np.float32([[1, 0, 0.25]]), setting(closed_rgb=(124, 116, 104)))
    assert shown.tolist() == [[[200, 100, 0], [124, 116, 104], [143, 112, 78]]]


def test_mask_equals_plain_upsampling_scaled():
    grid = np.random.default_rng(4).normal(size=(3, 5)).astype(np.float32)
    expected = bilinear(grid, (24, 32))
    expected = (expected - expected.min()) / (expected.max() - expected.min() + 1e-5)
    difference = np.abs(mask(grid, (24, 32)) - expected).max()
    print(f"largest difference {difference:.1e}")
    assert difference <= 1e-6


def test_a_mask_does_not_depend_on_unit_and_origin_of_the_activation():
    grid = np.random.default_rng(4).random((7, 7)).astype(np.float32)
    np.testing.assert_allclose(mask(grid * 1000 - 300, (28, 28)), mask(grid, (28, 28)), atol=2e-5)


def test_a_model_of_grey_photos_sees_grey():
    rgb = np.zeros((4, 8, 3), np.uint8)
    rgb[..., 0] = 200
    assert seen(rgb, (2, 2), 3).tolist() == [[[200, 0, 0]] * 2] * 2
    assert seen(rgb, (2, 2), 1).tolist() == [[[60, 60, 60]] * 2] * 2  # 0.299 * 200


def test_pipeline_shows_photo_masked_photos_map_and_overlay_in_reading_order():
    rgb, found, made = photo(80, 120), class_map(), steps(7)
    sheet = pipeline_figure(rgb, found, made, setting=setting(), **LOOK)
    assert sheet.shape[1] == 1600
    (_, left), *more = places(sheet, fit(rgb, 240, 240))
    assert not more
    masked = [masked_photo(seen(rgb, (32, 32), 3), mask(grid, (32, 32)), setting()) for grid in made.grids]
    columns = [places(sheet, fit(each, 170, 170)) for each in masked]
    assert [len(found_at) for found_at in columns] == [1, 1, 1, 1, 1, 0, 0]
    lefts = [left, *(found_at[0][1] for found_at in columns[:5])]
    assert lefts == sorted(lefts)
    heat = fit(heatmap(found.map, width=32, height=32, colormap="turbo"), 264, 264)
    ((map_top, map_left),) = places(sheet, heat)
    large = fit(rgb, 264, 264)
    warm = heatmap(found.map, width=large.shape[1], height=large.shape[0], colormap="turbo")
    ((overlay_top, overlay_left),) = places(sheet, overlay(large, warm, alpha=0.5))
    assert lefts[-1] < map_left == overlay_left
    assert map_top < overlay_top


@pytest.mark.parametrize(
    ("height", "width", "count"), [(30, 40, 0), (*SHAPES[0], 1), *((*each, 25) for each in SHAPES)]
)
def test_figures_of_any_photo_fit_their_sheet(height, width, count):
    for sheet in (
        pipeline_figure(photo(height, width), class_map(), steps(count), setting=setting(), **LOOK),
        masked_figure(photo(height, width), class_map(), steps(count), setting=setting()),
    ):
        assert sheet.dtype == np.uint8
        assert sheet.flags.c_contiguous
        assert sheet.shape[1] == 1600
        assert margins_are_white(sheet)


def test_masked_shows_all_25_in_falling_order_of_weight():
    rgb, made = photo(60, 60), steps(25)
    sheet = masked_figure(rgb, class_map(), made, setting=setting(closed_rgb=(0, 0, 0)))
    corners = []
    for grid in made.grids:
        pixels = masked_photo(seen(rgb, (32, 32), 3), mask(grid, (32, 32)), setting(closed_rgb=(0, 0, 0)))
        corners += places(sheet, fit(pixels, 291, 291))
    assert len(corners) == 25
    assert corners == sorted(corners)
    assert len({left for _, left in corners}) == 5


@pytest.mark.parametrize("variant", ["article", "official", "paper"])
def test_every_variant_has_its_own_words(variant):
    rest = {"article", "official", "paper"} - {variant}
    mine = pipeline_figure(photo(9, 9), class_map(), steps(2), setting=setting(variant=variant), **LOOK)
    for other in rest:
        theirs = pipeline_figure(photo(9, 9), class_map(), steps(2), setting=setting(variant=other), **LOOK)
        assert not np.array_equal(mine[100:130, 1300:], theirs[100:130, 1300:])  # the formula of the sum


def test_any_name_is_drawn_as_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            words = setting(model=name, layer=name)
            assert margins_are_white(pipeline_figure(photo(9, 9), class_map(name), steps(2), setting=words, **LOOK))
            assert margins_are_white(masked_figure(photo(9, 9), class_map(name), steps(2), setting=words))
            tiles = [Tile(np.eye(4, dtype=np.float32), name, (name, name)), Tile(None, name, (), name)]
            assert margins_are_white(compare_figure(photo(40, 30), tiles, title=name, **LOOK))
            assert margins_are_white(compare_grid(photo(40, 30), [(name, tiles)], title=name, **LOOK))
    dollars = compare_figure(photo(9, 9), [], title="$a$", **LOOK)
    assert not np.array_equal(dollars, compare_figure(photo(9, 9), [], title="a", **LOOK))


def test_figures_do_not_depend_on_the_users_style():
    import matplotlib

    plain = pipeline_figure(photo(9, 9), class_map(), steps(2), setting=setting(), **LOOK)
    with matplotlib.rc_context({"font.size": 30, "lines.linestyle": "--", "mathtext.fontset": "cm"}):
        styled = pipeline_figure(photo(9, 9), class_map(), steps(2), setting=setting(), **LOOK)
        assert matplotlib.rcParams["font.size"] == 30
    assert np.array_equal(plain, styled)
