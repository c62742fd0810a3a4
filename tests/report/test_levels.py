from pathlib import Path

import numpy as np
import pytest

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.write import write_array, write_png
from scorecam_cli.photos import draw
from scorecam_cli.photos.signed import signed_heatmap
from scorecam_cli.report import levels
from tests.report.samples import blob


@pytest.mark.parametrize("colormap", ["turbo", "jet", "gray", "viridis", "inferno", "cividis"])
def test_heatmap_and_array_of_one_map_agree(tmp_path, colormap):
    saliency = blob(30, 50, height=112, width=112, spread=16)
    write_array(tmp_path / "m.npy", saliency)
    write_png(tmp_path / "m.png", draw.heatmap(saliency, width=600, height=400, colormap=colormap))
    array = levels.levels_from_array(tmp_path / "m.npy", width=600, height=400)
    heatmap = levels.map_from_heatmap(tmp_path / "m.png", colormap=colormap)
    assert array.shape == heatmap.shape
    assert heatmap.ndim == 2
    assert np.abs(array.astype(int) - heatmap).max() <= 5


def test_heatmap_of_a_signed_map_goes_back_to_levels_about_zero(tmp_path):
    saliency = (blob(30, 50, height=112, width=112, spread=16) - blob(80, 80, height=112, width=112, spread=9)).astype(
        "f4"
    )
    write_array(tmp_path / "m.npy", saliency)
    write_png(tmp_path / "m.png", signed_heatmap(saliency, width=300, height=300, colormap="RdBu_r"))
    array = levels.levels_from_array(tmp_path / "m.npy", width=300, height=300, signed=True)
    heatmap = levels.map_from_heatmap(tmp_path / "m.png", colormap="RdBu_r", signed=True)
    assert np.abs(array.astype(int) - heatmap).max() <= 5


@pytest.mark.parametrize("colormap", ["turbo", "inferno", "viridis", "cividis", "gray"])
def test_every_level_is_found_again_but_where_two_neighbours_look_alike(colormap):
    table = draw.colour_table(colormap)
    found = levels._levels_of(table[None], colormap, False)
    assert found is not None
    assert np.array_equal(table[found[0]], table)


@pytest.mark.parametrize(
    ("changed", "colormap"), [(True, "turbo"), (False, "viridis"), (False, "prism"), (False, "no such map")]
)
def test_colours_that_are_no_map_stay_colours(tmp_path, changed, colormap):
    heat = draw.heatmap(blob(5, 5), width=60, height=40, colormap="prism" if colormap == "prism" else "turbo").copy()
    if changed:
        heat[20, 30] = (1, 2, 3)
    write_png(tmp_path / "m.png", heat)
    assert levels.map_from_heatmap(tmp_path / "m.png", colormap=colormap).shape == (40, 60, 3)


def test_a_fine_map_keeps_more_pixels_than_a_coarse_one(tmp_path):
    chance = np.random.default_rng(1)
    sides = []
    for saliency in (blob(9, 9), chance.random((224, 224), dtype=np.float32)):
        write_array(tmp_path / "m.npy", saliency)
        sides.append(levels.levels_from_array(tmp_path / "m.npy", width=600, height=600).shape[0])
    assert sides == [levels.COARSE_SIDE, levels.FINE_SIDE]


def test_few_values_are_those_of_the_map():
    rows, columns = np.mgrid[:80, :60]
    columns_kept, letters = levels.grid_of((rows + columns).astype(np.uint8))
    assert (columns_kept, len(letters)) == (18, 18 * 24)
    values = np.array([levels.DIGITS.index(letter) * 4 for letter in letters]).reshape(24, 18)
    expected = ((np.arange(24)[:, None] + 0.5) * 80 / 24 - 0.5) + ((np.arange(18)[None] + 0.5) * 60 / 18 - 0.5)
    assert np.abs(values - expected).max() <= 4  # a level of 64 is 4 of 256


@pytest.mark.parametrize(
    ("row", "column", "place"), [(14, 14, "centre"), (3, 3, "upper left"), (14, 3, "left"), (25, 14, "bottom")]
)
def test_a_map_is_strongest_where_its_bump_is(row, column, place):
    bump = draw.heat_levels(blob(row, column), width=60, height=40)
    assert levels.strongest_place(bump, signed=False) == place
    assert levels.strongest_place(np.full((9, 9), 7, np.uint8), signed=False) == ""


@pytest.mark.parametrize(
    "array",
    [np.zeros((3, 3, 3), np.float32), np.zeros((3, 3), np.float64), np.full((3, 3), np.nan, np.float32)],
    ids=["three axes", "float64", "nan"],
)
def test_array_that_is_no_map_is_refused(tmp_path, array):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(PhotoError):
        levels.levels_from_array(tmp_path / "m.npy", width=30, height=30)


def test_array_with_objects_is_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    np.save(tmp_path / "m.npy", np.array([[Trap()]], dtype=object))
    with pytest.raises(PhotoError, match="is no map"):
        levels.levels_from_array(tmp_path / "m.npy", width=30, height=30)
    assert not (tmp_path / "sprung").exists()
