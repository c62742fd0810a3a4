"""The panel: photo and heatmap the right way up, the map's range, any name and shape."""

import itertools
import warnings
from dataclasses import replace

import matplotlib
import numpy as np
import pytest

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.lettering import QUIET, width_of
from scorecam_cli.figures.panel import _fitting_ticks, _ticks, panel
from scorecam_cli.photos.draw import heatmap, image_of, overlay
from scorecam_cli.photos.signed import signed_heatmap, signed_levels, signed_overlay_tiles
from scorecam_cli.records import ClassLabel, ClassScore
from tests.figures.sheets import class_map, margins_are_white, photo, places, subject, words_drawn

GREY = "gray"  # the colour map whose colours are the values


def figure(rgb: np.ndarray, saliency: np.ndarray, name: str = "boxer", **changes: object) -> np.ndarray:
    return panel(subject(rgb, class_map(name, saliency), colormap=GREY, **changes)).pixels()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (480, 640), (40, 4000), (4000, 40), (900, 500)])
def test_panel_holds_photo_and_heatmap_the_right_way_up(height, width):
    rgb = np.full((height, width, 3), (255, 0, 255), np.uint8)
    saliency = np.zeros((8, 8), np.float32)
    saliency[:4] = 1
    found = figure(rgb, saliency)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    assert max(found.shape) < 1450
    assert (found == (255, 0, 255)).all(axis=2).sum() >= 4 * 440  # the photo itself, not resampled into other colours
    white = (found == 255).all(axis=2)
    assert white[:6].all()
    assert white[-6:].all()
    assert white[:, :6].all()
    assert white[:, -6:].all()
    half_pink = np.argwhere((np.abs(found.astype(int) - (255, 128, 255)) <= 2).all(axis=2))  # overlay of white
    half_dark = np.argwhere((np.abs(found.astype(int) - (128, 0, 128)) <= 2).all(axis=2))  # overlay of black
    assert half_pink[:, 0].mean() < half_dark[:, 0].mean()


def test_panel_of_a_wide_photo_stacks_its_pictures():
    saliency = np.eye(7, dtype=np.float32)
    for height in (1, 40):  # 1 x 4000: less than a pixel high once it is made smaller
        assert figure(np.zeros((height, 4000, 3), np.uint8), saliency).shape[1] < 500
    assert figure(np.zeros((300, 400, 3), np.uint8), saliency).shape[1] > 3 * 400


def test_photo_heatmap_and_overlay_stand_in_a_row_with_even_gaps_and_the_scale_below_the_heatmap():
    rgb, saliency = photo(300, 400), np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(8, 0)
    sheet = figure(rgb, saliency)
    shown = fit(rgb, 440, 440)
    heat = heatmap(saliency, width=400, height=300, colormap=GREY)
    ((top, first),), ((heat_top, second),) = places(sheet, shown), places(sheet, heat)
    ((overlay_top, third),) = places(sheet, overlay(shown, heat, alpha=0.5))
    assert top == heat_top == overlay_top
    assert second - first == third - second == 400 + 20
    ramp = heatmap(np.linspace(0, 1, 400, dtype=np.float32)[None], width=400, height=14, colormap=GREY)
    ((bar_top, bar_left),) = places(sheet, ramp)
    assert bar_left == second
    assert bar_top > top + 300


@pytest.mark.parametrize(("height", "width"), [(40, 4000), (900, 500), (30, 48)])
def test_nothing_leaves_the_sheet_whatever_is_said_of_the_map(height, width):
    found = class_map("M" * 500, estimate=0.9712)
    much = {"selection": "representatives", "weights": "random (seed 0)", "variant": "paper"}
    sheet = panel(subject(photo(height, width), found, file="x" * 300, model="m" * 300, **much)).pixels()
    assert margins_are_white(sheet)


@pytest.mark.parametrize(("height", "width"), [(300, 400), (40, 4000), (900, 90)])
def test_doubts_about_the_map_stand_whole_below_its_making(height, width):
    doubts = (
        "the class keeps the same probability under every mask (0.335 to 0.335): this map says nothing about the class",
        "the map is zero: no mask leaves any probability of the class",
    )
    with words_drawn() as lines:
        sheet = panel(subject(photo(height, width), class_map(doubts=doubts))).pixels()
    assert margins_are_white(sheet)
    assert all(doubt in " ".join(lines) for doubt in doubts)
    with words_drawn() as lines:
        panel(subject(photo(height, width), class_map()))
    assert not any("mask (" in line for line in lines)


@pytest.mark.parametrize(("changes", "estimate", "expected"), [
    ({}, 1.0, "score-cam · variant article · 495 of 495 passes"),
    ({"variant": "paper", "selection": "representatives", "passes": 32}, 0.9712,
     "score-cam · variant paper · 32 of 495 passes, estimated correlation 0.971"),
    ({"variant": "article", "selection": "faster", "passes": 10}, None, "variant article · 10 of 495 passes"),
    ({"method": "grad-cam", "variant": None, "passes": 1}, None, "grad-cam · 1 pass"),
    ({"method": "rise", "variant": None, "passes": 4000}, None, "rise · 4000 passes"),
    ({"method": "cam", "variant": None, "passes": 0}, None, "layer block5_conv3 · cam"),
])  # fmt: skip
def test_panel_tells_method_variant_passes_and_how_close_they_come(changes, estimate, expected):
    with words_drawn() as lines:
        panel(subject(photo(300, 400), class_map(estimate=estimate), **changes))
    (making,) = [line for line in lines if line.startswith("VGG16")]
    assert making.endswith(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.00319, 27.83, [0.00319, 5, 10, 15, 20, 27.83]),
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (2.0, 2.0, [2.0]),
    ],
)
def test_a_scale_has_its_ends_and_round_values_between_them(low, high, expected):
    assert _ticks(low, high, most=10) == pytest.approx(expected)


@pytest.mark.parametrize("width", [200, 300, 440])
@pytest.mark.parametrize(
    ("low", "high"), [(3.163e-8, 4.433e-7), (-6.652e-6, 1.366e-5), (1.296e-7, 7.969e-6), (0.00319, 27.83), (-1.0, 1.0)]
)
def test_numbers_at_a_scale_do_not_touch(low, high, width):
    places = []
    for value in _fitting_ticks(low, high, width):
        wide = width_of(f"{value:.3g}", QUIET)
        middle = (value - low) / (high - low) * (width - 1)
        left = {low: 0.0, high: width - 1 - wide}.get(value, middle - wide / 2)  # those at an end stay within the bar
        places.append((left, left + wide))
    assert len(places) >= 2
    assert all(right + 3 < left for (_, right), (left, _) in itertools.pairwise(places)), places


@pytest.mark.parametrize(("low", "high"), [(0.0, 3e38), (1e-45, 3e-45), (1e6, 1e6 + 0.125), (0.0, 1e-45)])
def test_any_range_has_a_scale(low, high):
    ticks = _ticks(low, high, most=9)
    assert ticks == sorted(set(ticks))
    assert (ticks[0], ticks[-1]) == (low, high)
    assert len(ticks) <= 9
    saliency = np.full((7, 7), low, np.float32)
    saliency[0, 0] = high
    assert margins_are_white(figure(photo(30, 40), saliency))


def test_panel_shows_dollars_surrogates_and_long_names():
    rgb, saliency = np.zeros((30, 40, 3), np.uint8), np.eye(7, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in (r"$\frac{", "a_$b^c$", "\udcff\ud83d", "猫\n\x07", "", "long name " * 60, "M" * 500):
            found = figure(rgb, saliency, name, layer=name, model=name, file=name)
            edges = np.concatenate([found[:, :4].reshape(-1, 3), found[:, -4:].reshape(-1, 3)])
            assert (edges == 255).all(), name
    assert not np.array_equal(figure(rgb, saliency, "$a$"), figure(rgb, saliency, "a"))


def test_panel_shows_the_range_of_the_map():
    rgb, saliency = np.zeros((300, 400, 3), np.uint8), np.eye(7, dtype=np.float32)
    assert not np.array_equal(figure(rgb, saliency), figure(rgb, saliency * 3))
    assert figure(rgb, np.zeros((7, 7), np.float32)).ndim == 3
    assert not np.array_equal(figure(rgb, saliency * 0), figure(rgb, saliency * 0 + 2))


def test_panel_does_not_depend_on_the_users_style():
    rgb, saliency = np.zeros((30, 40, 3), np.uint8), np.eye(7, dtype=np.float32)
    plain = figure(rgb, saliency)
    with matplotlib.rc_context({"text.color": "red", "axes.facecolor": "black", "font.size": 30}):
        assert np.array_equal(figure(rgb, saliency), plain)
        assert matplotlib.rcParams["font.size"] == 30


def test_panel_of_a_signed_map_has_zero_in_the_middle_of_its_scale():
    rgb, saliency = photo(300, 400), np.linspace(-1, 3, 256, dtype=np.float32)[None].repeat(8, 0)
    shown = subject(rgb, class_map(saliency=saliency), signed=True, colormap="RdBu_r")
    sheet = panel(shown).pixels()
    small = fit(rgb, 440, 440)
    ((_, left),) = places(sheet, signed_heatmap(saliency, width=400, height=300, colormap="RdBu_r"))
    tiles = signed_overlay_tiles(small, signed_levels(saliency, width=400, height=300), colormap="RdBu_r", alpha=0.5)
    assert len(places(sheet, np.asarray(image_of(tiles, width=400, height=300)))) == 1
    ramp = heatmap(np.linspace(0, 1, 400, dtype=np.float32)[None], width=400, height=14, colormap="RdBu_r")
    ((_, bar_left),) = places(sheet, ramp)
    assert bar_left == left
    assert shown.scale == (-3, 3)
    assert "signed" in shown.making


def test_panel_says_both_classes_where_one_is_set_against_another():
    mastiff = ClassScore(ClassLabel(243, "bull mastiff"), 0.25, None)
    with words_drawn() as lines:
        panel(subject(photo(30, 40), replace(class_map("boxer"), against=mastiff)))
    assert "boxer, against bull mastiff" in lines
    assert any("class 242 · probability 0.4 against 243 · probability 0.25" in line for line in lines)
