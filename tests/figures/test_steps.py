"""The figures of steps: the right pictures at the right places, whatever names and shapes."""

import warnings
from itertools import combinations

import numpy as np
import pytest

from scorecam_cli.choices import Variant
from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.compare import Look, Tile, compare_figure, compare_grid
from scorecam_cli.figures.masked import masked_figure, masked_photo, seen
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.photos.draw import heatmap, overlay
from scorecam_cli.saliency.upsampling import unit_masks
from tests.figures.sheets import (
    LOOK,
    NAMES,
    SHAPES,
    class_map,
    margins_are_white,
    photo,
    places,
    steps,
    subject,
)


def test_pipeline_shows_photo_masked_photos_map_and_overlay_in_reading_order():
    rgb, made = photo(80, 120), steps(7)
    shown = subject(rgb, class_map(masks=made))
    found, sheet = shown.found, pipeline_figure(shown)
    assert sheet.shape[1] == 1600
    (_, left), *more = places(sheet, fit(rgb, 240, 240))
    assert not more
    closed = shown.model.closed_rgb
    masked = [masked_photo(seen(rgb, (32, 32, 3)), unit_masks(grid, (32, 32)), closed) for grid in made.grids]
    columns = [places(sheet, fit(each, 170, 170)) for each in masked]
    assert [len(found_at) for found_at in columns] == [1, 1, 1, 1, 1, 0, 0]
    lefts = [left, *(found_at[0][1] for found_at in columns[:5])]
    assert lefts == sorted(lefts)
    heat = fit(heatmap(found.map, width=32, height=32, colormap="turbo"), 264, 264)
    ((map_top, map_left),) = places(sheet, heat)
    large = fit(rgb, 264, 264)
    warm = heatmap(found.map, width=large.shape[1], height=large.shape[0], colormap="turbo")
    ((overlay_top, overlay_left),) = places(sheet, overlay(large, warm, alpha=0.5))
    assert map_left + heat.shape[1] / 2 == overlay_left + large.shape[1] / 2  # the middles of their column
    assert lefts[-1] < map_left
    assert map_top < overlay_top


@pytest.mark.parametrize(
    ("height", "width", "count"), [(30, 40, 0), (*SHAPES[0], 1), *((*each, 25) for each in SHAPES)]
)
def test_figures_of_any_photo_fit_their_sheet(height, width, count):
    shown = subject(photo(height, width), class_map(masks=steps(count)))
    for sheet in (pipeline_figure(shown), masked_figure(shown)):
        assert sheet.dtype == np.uint8
        assert sheet.flags.c_contiguous
        assert sheet.shape[1] == 1600
        assert margins_are_white(sheet)


def test_every_variant_has_its_own_words():
    found = class_map(masks=steps(2))
    figures = [pipeline_figure(subject(photo(9, 9), found, variant=variant)) for variant in Variant]
    formulas = [figure[100:130, 1300:] for figure in figures]  # of the sum
    assert not [pair for pair in combinations(formulas, 2) if np.array_equal(*pair)]


def test_any_name_is_drawn_as_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            shown = subject(photo(9, 9), class_map(name, masks=steps(2)), model=name, layer=name, file=name)
            assert margins_are_white(pipeline_figure(shown))
            assert margins_are_white(masked_figure(shown))
            tiles = [Tile(np.eye(4, dtype=np.float32), name, (name, name)), Tile(None, name, (), name)]
            assert margins_are_white(compare_figure(photo(40, 30), tiles, title=name, look=Look(**LOOK)))
            assert margins_are_white(compare_grid(photo(40, 30), [(name, tiles)], title=name, look=Look(**LOOK)))
    dollars = compare_figure(photo(9, 9), [], title="$a$", look=Look(**LOOK))
    assert not np.array_equal(dollars, compare_figure(photo(9, 9), [], title="a", look=Look(**LOOK)))


def test_figures_do_not_depend_on_the_users_style():
    import matplotlib

    shown = subject(photo(9, 9), class_map(masks=steps(2)))
    plain = pipeline_figure(shown)
    with matplotlib.rc_context({"font.size": 30, "lines.linestyle": "--", "mathtext.fontset": "cm"}):
        styled = pipeline_figure(shown)
        assert matplotlib.rcParams["font.size"] == 30
    assert np.array_equal(plain, styled)
