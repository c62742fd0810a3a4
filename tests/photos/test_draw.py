"""Maps become colours: the right way up, the right scale, rounded once."""

from __future__ import annotations

import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

from scorecam_cli.errors import NumericsError, UsageError
from scorecam_cli.photos import draw
from scorecam_cli.photos.draw import (
    check_colormap,
    heat_levels,
    heat_tiles,
    heatmap,
    image_of,
    overlay,
    overlay_tiles,
    scale_map,
    tiles,
    to_uint8,
)

GREY = "gray"  # the colour map whose colours are the values


def bilinear(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Upsampling in plain NumPy: pixel centres at half steps, edges held."""

    def weights(size: int, target: int) -> np.ndarray:
        place = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
        return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(size)))  # [target, size]

    return weights(values.shape[0], height) @ values @ weights(values.shape[1], width).T


def test_to_uint8_rounds_to_the_nearest_and_clips():
    values = np.array([0, 0.4999 / 255, 0.5001 / 255, 1, 254.4 / 255, 254.6 / 255, -3, 7])
    assert to_uint8(values).tolist() == [0, 0, 1, 255, 254, 255, 0, 255]


def test_to_uint8_inverts_division_by_255():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_uint8(levels.astype(np.float32) / 255), levels)


def test_scale_map_by_hand():
    scaled = scale_map(np.float32([[2, 4], [3, 6]]))
    assert scaled.dtype == np.float32
    assert np.array_equal(scaled, np.float32([[0, 0.5], [0.25, 1]]))
    widest = np.float32([[-3e38, 3e38, 0]])  # their difference is no float32
    assert scale_map(widest).tolist() == [[0, 1, 0.5]]


@settings(deadline=None, max_examples=60)
@given(npst.arrays(np.float32, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_scale_map_is_finite_within_0_and_1_and_reaches_both_ends(saliency):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled = scale_map(saliency)
    assert np.isfinite(scaled).all()
    ends = (0, 0) if saliency.min() == saliency.max() else (0, 1)
    assert (scaled.min(), scaled.max()) == ends


def test_flat_map_is_zeros():
    assert np.array_equal(scale_map(np.full((2, 3), 7, np.float32)), np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_map_that_is_not_finite_is_refused(value):
    with pytest.raises(NumericsError):
        scale_map(np.float32([[0, value]]))


def test_heatmap_is_the_right_way_up():
    saliency = np.zeros((14, 14), np.float32)
    saliency[1, 12] = 5  # top right
    heat = heatmap(saliency, width=300, height=200, colormap=GREY)
    assert heat.shape == (200, 300, 3)
    row, column = np.unravel_index(heat[:, :, 0].argmax(), (200, 300))
    assert (row // (200 / 14), column // (300 / 14)) == (1, 12)


@pytest.mark.parametrize(("height", "width"), [(200, 333), (64, 64), (65, 70), (7, 500), (500, 7)])
def test_heatmap_equals_plain_bilinear_upsampling(height, width):
    saliency = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    heat = heatmap(saliency, width=width, height=height, colormap=GREY)[:, :, 0]
    expected = 255 * bilinear(scale_map(saliency).astype(float), height, width)
    assert np.abs(heat - expected).max() <= 0.51  # rounding, and float32


@pytest.mark.parametrize(("height", "width"), [(1, 1), (40, 4000), (4000, 40)])
def test_heatmap_has_the_size_of_any_photo(height, width):
    saliency = np.random.default_rng(0).random((224, 224)).astype(np.float32)
    assert heatmap(saliency, width=width, height=height, colormap="jet").shape == (height, width, 3)


def by_strips_of_64_rows(saliency: np.ndarray, rgb: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Heatmap and overlay of an ordinary photo drawn another way: one strip of 64 whole rows after the other."""
    (height, width), (map_height, map_width) = rgb.shape[:2], saliency.shape
    colours = to_uint8(matplotlib.colormaps["turbo"](np.linspace(0, 1, 256))[:, :3])
    scaled, heat, blended = Image.fromarray(scale_map(saliency)), np.empty_like(rgb), np.empty_like(rgb)
    for top in range(0, height, 64):
        bottom = min(top + 64, height)
        box = (0, top * map_height / height, map_width, bottom * map_height / height)
        strip = scaled.resize((width, bottom - top), Image.Resampling.BILINEAR, box=box)
        heat[top:bottom] = colours[to_uint8(np.asarray(strip))]
        shares = np.float32((1 - alpha) / 255), np.float32(alpha / 255)
        blended[top:bottom] = to_uint8(rgb[top:bottom] * shares[0] + heat[top:bottom] * shares[1])
    return heat, blended


@pytest.mark.parametrize(("height", "width"), [(480, 640), (65, 70), (1, 1), (1000, 1333), (7, 500), (4000, 40)])
def test_pictures_of_ordinary_photos_are_those_of_strips_of_64_rows_to_the_last_byte(height, width):
    rng = np.random.default_rng(1)
    saliency, rgb = rng.random((14, 14)).astype(np.float32), rng.integers(0, 256, (height, width, 3), np.uint8)
    heat, blended = by_strips_of_64_rows(saliency, rgb, 0.37)
    levels = heat_levels(saliency, width=width, height=height)
    tiles = heat_tiles(levels, colormap="turbo"), overlay_tiles(rgb, levels, colormap="turbo", alpha=0.37)
    drawn, laid = (np.asarray(image_of(each, width=width, height=height)) for each in tiles)
    assert np.array_equal(drawn, heat)
    assert np.array_equal(laid, blended)
    assert np.array_equal(heatmap(saliency, width=width, height=height, colormap="turbo"), heat)
    assert np.array_equal(overlay(rgb, heat, alpha=0.37), blended)


@pytest.mark.parametrize(("height", "width"), [(1, 100_000), (70, 90_000), (600_000, 2), (300_000, 1)])
def test_long_and_wide_photos_are_drawn_in_small_parts_and_wholly(height, width):
    parts = list(tiles(height, width))
    assert len(parts) <= 4096 * -(-width // draw.TILE_COLUMNS)
    assert max((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in parts) <= 2**21
    saliency = np.random.default_rng(0).random((min(7, height), min(7, width))).astype(np.float32)
    heat = heatmap(saliency, width=width, height=height, colormap=GREY)[:, :, 0]
    expected = 255 * bilinear(scale_map(saliency).astype(float), height, width)
    assert np.abs(heat - expected).max() <= 0.51


@pytest.mark.parametrize("name", ["jet", "viridis", "tab10"])
def test_heatmap_has_the_colours_of_its_colour_map(name):
    levels = np.linspace(0, 1, 16, dtype=np.float32)[None]
    heat = heatmap(levels, width=16, height=1, colormap=name)
    expected = 255 * matplotlib.colormaps[name](levels)[:, :, :3]
    assert np.abs(heat - expected).max() <= 255 * 4 / 256  # the slope of jet: 4 per unit, at 256 steps


def test_flat_heatmap_is_the_lowest_colour():
    heat = heatmap(np.full((7, 7), 3, np.float32), width=9, height=5, colormap=GREY)
    assert np.array_equal(heat, np.zeros((5, 9, 3), np.uint8))


def test_overlay_by_hand():
    rgb, heat = np.uint8([[[0, 100, 255]]]), np.uint8([[[255, 50, 255]]])
    assert overlay(rgb, heat, alpha=0.3).tolist() == [[[76, 85, 255]]]  # 76.5 to the even one, 85, 255
    assert np.array_equal(overlay(rgb, heat, alpha=0), rgb)
    assert np.array_equal(overlay(rgb, heat, alpha=1), heat)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1))
def test_overlay_equals_the_formula_in_float64(alpha):
    rng = np.random.default_rng(3)
    rgb, heat = rng.integers(0, 256, (2, 70, 5, 3), np.uint8)
    exact = (1 - alpha) * rgb.astype(float) + alpha * heat
    assert np.abs(overlay(rgb, heat, alpha=alpha) - exact).max() <= 0.5001


def test_overlay_of_different_sizes_is_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        overlay(np.zeros((2, 2, 3), np.uint8), np.zeros((1, 2, 3), np.uint8), alpha=0.5)


def test_unknown_colour_map_names_the_nearest():
    for name in ("jet", "viridis", "inferno_r"):
        check_colormap(name)
    with pytest.raises(UsageError, match=r"there is no colour map 'Viridi'; nearest: viridis"):
        check_colormap("Viridi")
    with pytest.raises(UsageError, match="'qqqqqq'; try inferno"):
        check_colormap("qqqqqq")
    with pytest.raises(UsageError, match="'JET'; nearest: jet"):
        check_colormap("JET")


def test_neither_pyplot_nor_tensorflow_is_ever_loaded():
    code = """
import sys
from scorecam_cli.photos import draw, find, manifest, read
from scorecam_cli.files import write
assert 'matplotlib' not in sys.modules
draw.check_colormap('jet')
import numpy as np
from scorecam_cli.figures.panel import panel
from tests.figures.sheets import class_map, subject
panel(subject(np.zeros((9, 9, 3), 'u1'), class_map('a', np.eye(7, dtype='f4'))))
assert not {'matplotlib.pyplot', 'tensorflow', 'keras'} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""
