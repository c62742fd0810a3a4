"""The figures of steps: the right pictures at the right places, whatever names and shapes."""

import itertools
import warnings

import numpy as np
import pytest

from scorecam_cli.choices import Variant
from scorecam_cli.figures.canvas import Canvas, fit
from scorecam_cli.figures.compare import compare_figure, compare_grid
from scorecam_cli.figures.look import Look
from scorecam_cli.figures.masked import masked_figure, masked_photo, seen
from scorecam_cli.figures.paper import Paper
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.figures.tiles import Tile, Words
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
    words_drawn,
)

SMALL = Paper(100, 60)  # few pixels, soon drawn


def test_pipeline_shows_photo_masked_photos_map_and_overlay_in_reading_order():
    rgb, made = photo(80, 120), steps(7)
    shown = subject(rgb, class_map(masks=made))
    found, sheet = shown.found, pipeline_figure(shown).pixels()
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
    assert map_left + heat.shape[1] // 2 == overlay_left + large.shape[1] // 2  # the middles of their column
    assert lefts[-1] < map_left
    assert map_top < overlay_top


@pytest.mark.parametrize(
    ("height", "width", "count"), [(30, 40, 0), (*SHAPES[0], 1), *((*each, 25) for each in SHAPES)]
)
def test_figures_of_any_photo_fit_their_sheet(height, width, count):
    shown = subject(photo(height, width), class_map(masks=steps(count)))
    for sheet in (pipeline_figure(shown).pixels(), masked_figure(shown).pixels()):
        assert sheet.dtype == np.uint8
        assert sheet.flags.c_contiguous
        assert sheet.shape[1] == 1600
        assert margins_are_white(sheet)


def joins(path, start, end):
    """Whether a path leads from one area (left, top, right, bottom) into another."""
    return all(
        left - 12 <= x <= right + 12 and top - 40 <= y <= bottom + 30
        for (x, y), (left, top, right, bottom) in ((path[0], start), (path[-1], end))
    )


@pytest.mark.parametrize(("variant", "summands"), [("article", 1), ("official", 0), ("paper", 0), ("fitted", 1)])
def test_arrows_go_where_the_data_goes(variant, summands, monkeypatch):
    paths, pictures = [], []
    path, picture = Canvas.path, Canvas.picture
    monkeypatch.setattr(
        Canvas, "path", lambda canvas, corners, **how: (paths.append(corners), path(canvas, corners, **how))
    )
    monkeypatch.setattr(Canvas, "picture", lambda canvas, *place: (pictures.append(place), picture(canvas, *place)))
    pipeline_figure(subject(photo(80, 120), class_map(masks=steps(7)), variant=variant))
    areas = [(left, top, left + each.width, top + each.height) for each, left, top in pictures]
    rows = [areas[first : first + 5] for first in (0, 5, 10)]  # activations, masks, masked photos
    rgb, heat, over = areas[15:18]
    spans = [(row[0][0], row[0][1], row[-1][2], row[0][3]) for row in rows]
    weights = (spans[2][0], spans[2][3] + 40, spans[2][2], spans[2][3] + 90)
    assert any(joins(each, rgb, spans[0]) for each in paths)  # through the model
    below = (rgb[0], rgb[3], rgb[2], rgb[3] + 80)
    assert any(joins(each, below, spans[2]) for each in paths)  # times the masks
    assert not any(joins(each, rgb, spans[1]) for each in paths)
    for upper, lower in itertools.pairwise(spans):
        assert sum(joins(each, upper, lower) for each in paths if len(each) == 2 and each[0][0] == each[1][0]) == 5
    assert any(joins(each, spans[summands], heat) and len(each) > 2 for each in paths)
    assert any(joins(each, weights, heat) and len(each) > 2 for each in paths)
    assert any(joins(each, heat, over) and len(each) == 2 for each in paths)


def test_every_variant_has_its_own_words():
    found = class_map(masks=steps(2))
    sums = []
    for variant in Variant:
        with words_drawn() as words:
            pipeline_figure(subject(photo(9, 9), found, variant=variant))
        sums += [line for line in words if r"\sum" in line]
    assert len(set(sums)) == len(sums) == len(Variant)


def test_any_name_is_drawn_as_it_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            found, look = class_map(name, masks=steps(2)), Look(**LOOK, paper=SMALL)
            shown = subject(photo(9, 9), found, model=name, layer=name, file=name, paper=SMALL)
            assert margins_are_white(pipeline_figure(shown).pixels(), width=3, height=2)
            assert margins_are_white(masked_figure(shown).pixels(), width=3, height=2)
            tiles = [Tile(np.eye(4, dtype=np.float32), name, (name, name)), Tile(None, name, (), name)]
            assert margins_are_white(
                compare_figure(photo(40, 30), tiles, words=Words(name), look=look).pixels(), width=3, height=2
            )
            assert margins_are_white(
                compare_grid(photo(40, 30), [(name, tiles)], words=Words(name), look=look).pixels(), width=3, height=2
            )
    dollars, letter = (
        compare_figure(photo(9, 9), [], words=Words(name), look=Look(**LOOK, paper=SMALL)).pixels()
        for name in ("$a$", "a")
    )
    assert not np.array_equal(dollars, letter)


def test_figures_do_not_depend_on_the_users_style():
    import matplotlib

    shown = subject(photo(9, 9), class_map(masks=steps(2)))
    plain = pipeline_figure(shown).pixels()
    with matplotlib.rc_context({"font.size": 30, "lines.linestyle": "--", "mathtext.fontset": "cm"}):
        styled = pipeline_figure(shown).pixels()
        assert matplotlib.rcParams["font.size"] == 30
    assert np.array_equal(plain, styled)
