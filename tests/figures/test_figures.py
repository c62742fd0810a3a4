"""The figures of steps and of several methods: the right pictures at the right places, whatever names and shapes."""

import warnings

import numpy as np
import pytest

from scorecam_cli.errors import NumericsError
from scorecam_cli.figures import canvas
from scorecam_cli.figures.canvas import BODY, Canvas, drawing, fit, wrapped
from scorecam_cli.figures.compare import Tile, compare_figure, compare_grid
from scorecam_cli.figures.steps import (
    Setting,
    mask,
    masked_figure,
    masked_photo,
    pipeline_figure,
    seen,
)
from scorecam_cli.photos.draw import heatmap, overlay
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore, Steps

LOOK = {"colormap": "turbo", "alpha": 0.5}
NAMES = (r"$\frac{", "a_$b^c$", "\udcff\ud83d", "猫\n\x07", "", "long name " * 60, "M" * 500, "\N{GRINNING FACE}")
SHAPES = [(300, 400), (400, 150), (3, 2), (1, 1), (10, 900), (900, 10)]


def photo(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def setting(**changes):
    return Setting(
        **{
            "model": "VGG16",
            "layer": "block5_conv3",
            "variant": "article",
            "channels": 3,
            "closed_rgb": (127, 127, 127),
            **changes,
        }
    )


def class_map(name="boxer"):
    saliency = np.random.default_rng(2).random((32, 32)).astype(np.float32)
    return ClassMap(ClassScore(ClassLabel(242, name), 0.4, None), saliency)


def steps(count, size=7):
    grids = np.random.default_rng(3).random((count, size, size)).astype(np.float32)
    falling = np.linspace(0.9, 0.1, count, dtype=np.float32)
    return Steps(np.arange(count) * 3, grids, falling, falling)


def places(sheet, picture):
    """Top left corners at which a picture stands in a sheet, pixel by pixel."""
    height, width = picture.shape[:2]
    corner = (sheet == picture[0, 0]).all(axis=2)
    return [
        (int(top), int(left))
        for top, left in np.argwhere(corner)
        if np.array_equal(sheet[top : top + height, left : left + width], picture)
    ]


def margins_are_white(sheet, width=8):
    return all((edge == 255).all() for edge in (sheet[:4], sheet[-4:], sheet[:, :width], sheet[:, -width:]))


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


# ---- the masked photo


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


# ---- the steps


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


# ---- several methods


def test_each_map_is_scaled_by_its_own_minimum_and_maximum():
    rgb = photo(40, 60)
    saliency = (np.random.default_rng(5).integers(0, 256, (8, 8)) / 256).astype(np.float32)  # exact below
    sheet = compare_figure(rgb, [Tile(saliency, "one"), Tile(saliency * 1024 + 7, "two")], title="", **LOOK)
    shown = fit(rgb, 340, 340)
    warm = heatmap(saliency, width=shown.shape[1], height=shown.shape[0], colormap="turbo")
    assert len(places(sheet, shown)) == 1
    assert len(places(sheet, overlay(shown, warm, alpha=0.5))) == 2


@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("count", [1, 5, 9])
def test_the_photo_is_whole_and_once_and_nothing_leaves_the_sheet(height, width, count):
    tiles = [Tile(np.eye(4, dtype=np.float32), "score-cam", ("29 s, 704 passes",)) for _ in range(count - 1)]
    tiles.append(Tile(None, "cam", (), "needs global average pooling and one dense layer after the target layer"))
    sheet = compare_figure(photo(height, width), tiles, title="boxer", **LOOK)
    assert margins_are_white(sheet)
    assert sheet.shape[1] <= 1600
    assert len(places(sheet, fit(photo(height, width), 340, 340))) == 1


def test_a_grid_has_a_row_for_each_class_and_a_column_for_each_method():
    rgb, rng = photo(60, 60), np.random.default_rng(6)
    maps = rng.random((3, 2, 8, 8)).astype(np.float32)
    rows = [(f"class {row}", [Tile(each, "method") for each in of_class]) for row, of_class in enumerate(maps)]
    sheet = compare_grid(rgb, rows, **LOOK)
    shown = fit(rgb, 340, 340)
    assert len(places(sheet, shown)) == 3
    corners = []
    for of_class in maps:
        for each in of_class:
            warm = heatmap(each, width=340, height=340, colormap="turbo")
            corners += places(sheet, overlay(shown, warm, alpha=0.5))
    tops, lefts = sorted({top for top, _ in corners}), sorted({left for _, left in corners})
    assert corners == [(top, left) for top in tops for left in lefts]
    assert (len(tops), len(lefts)) == (3, 2)


def test_a_map_that_is_not_finite_is_refused():
    with pytest.raises(NumericsError):
        compare_figure(photo(9, 9), [Tile(np.float32([[0, np.nan]]), "broken")], title="", **LOOK)


# ---- the sheet


def test_no_line_is_wider_than_asked_and_no_letter_is_lost():
    text = "wide WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW and iiiiiiiiiiii words, " * 2
    with drawing():
        ruler = canvas._ruler(BODY)
        for width in (40, 100, 300):
            lines = wrapped(text, width, BODY, most=100)
            assert max(map(ruler, lines)) <= width
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        short = wrapped(text, 100, BODY, most=2)
        assert len(short) == 2
        assert short[-1].endswith(" …")
        assert ruler(short[-1]) <= 100


def test_pictures_and_bars_stand_where_they_are_put():
    black = np.zeros((40, 30, 3), np.uint8)
    with drawing():
        sheet = Canvas(100)
        sheet.picture(black, 10, 20)
        sheet.bar(60, 20, 30, 7, colour="black")
        rows, columns = np.nonzero((sheet.pixels(90) == 0).all(axis=2))
    expected = {(row, column) for row in range(20, 60) for column in range(10, 40)}
    expected |= {(row, column) for row in range(20, 27) for column in range(60, 90)}
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
