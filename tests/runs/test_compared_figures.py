"""Figures of several methods: twins are one tile, the best numbers are marked, and all that made them is said."""

from dataclasses import replace

import numpy as np
import pytest

from scorecam_cli.config import CompareConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness.stability import with_unseen_noise
from scorecam_cli.figures.canvas import fit
from scorecam_cli.photos.draw import without_outliers
from scorecam_cli.records import ClassMap, Photo
from scorecam_cli.runs import compared_figures
from scorecam_cli.runs.compared import ComparedMaps, Disturbed, MethodRun
from scorecam_cli.runs.compared_figures import figures, twins
from tests.figures.sheets import class_map, photo, places, words_drawn

RAMP = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)


def run_of(method, saliency=RAMP, areas=(0.2, 0.5), **more):
    score = class_map().score
    return MethodRun(method, (ClassMap(score, saliency),), 0.5, 1, (areas,), **more)


def compared(*runs):
    return ComparedMaps("dog.jpg", Photo(photo(30, 40), "0" * 64), (class_map().score,), runs, model="VGG16 · layer x")


def config(**more):
    return CompareConfig(PhotoSettings(), ModelSettings(), **more)


def tiles(*runs):
    return compared_figures._tiles(config(), compared(*runs), 0)


def test_methods_with_the_same_map_and_areas_are_one_tile_with_the_price_of_each():
    both, other = tiles(run_of("grad-cam"), run_of("cam", RAMP * 7 + 3), run_of("rise", RAMP[::-1]))
    assert (both.title, other.title) == ("grad-cam = cam", "rise")
    assert {"grad-cam: 0.5 s, 1 pass", "cam: 0.5 s, 1 pass"} <= set(both.lines)


@pytest.mark.parametrize(
    "second",
    [
        run_of("cam", RAMP + 0.01 * np.eye(8, dtype=np.float32)),
        run_of("cam", areas=(0.2, 0.502)),
        run_of("cam", signed=True),
        MethodRun("cam", note="does not fit"),
    ],
)
def test_methods_that_anybody_could_tell_apart_are_two_tiles(second):
    assert len(twins((run_of("grad-cam"), second))) == 2


def test_the_best_of_each_number_is_marked_and_the_arrow_says_which_way():
    first, second = tiles(run_of("cam", areas=(0.1, 0.5)), run_of("rise", RAMP[::-1], areas=(0.2, 0.7)))
    assert first.best == ("deletion \N{DOWNWARDS ARROW} 0.100, best",)
    assert second.best == ("insertion \N{UPWARDS ARROW} 0.700, best",)
    assert "insertion \N{UPWARDS ARROW} 0.500" in first.lines
    (alone,) = tiles(run_of("cam"))
    assert alone.best == ()


@pytest.mark.parametrize(("seconds", "said"), [(0.0022, "0.0022 s"), (9.53, "9.5 s"), (169.7, "170 s")])
def test_seconds_are_read_at_a_glance(seconds, said):
    (tile,) = tiles(replace(run_of("cam"), seconds=seconds))
    assert f"{said}, 1 pass" in tile.lines


def test_score_cam_from_fewer_passes_says_of_how_many():
    (tile,) = tiles(run_of("score-cam", live_channels=495, variant="paper"))
    assert {"0.5 s, 1 of 495 passes", "variant paper"} <= set(tile.lines)


@pytest.mark.parametrize("rows", [False, True])
def test_photo_model_and_layer_are_named(rows):
    with words_drawn() as words:
        ((ending, _),) = figures(config(rows=rows), compared(run_of("cam"), run_of("gradient", RAMP[::-1])))
    assert ending == ("compare.png" if rows else "242-compare.png")
    said = " ".join(words)
    assert "dog.jpg" in said
    assert "VGG16 · layer x" in words
    assert "the 1 % furthest from 0" in said  # of the gradient


def test_figures_come_in_every_form_that_is_named():
    found = list(figures(config(save=("compare.svg", "compare"), width=84), compared(run_of("cam"))))
    assert [ending for ending, _ in found] == ["242-compare.png", "242-compare.svg"]
    assert all(sheet.paper.width == 84 for _, sheet in found)


def test_a_map_of_pixels_is_shown_without_its_outliers():
    saliency = np.linspace(0, 1, 1000, dtype=np.float32).reshape(20, 50)
    saliency[0, 0] = 100
    shown = without_outliers(saliency)
    assert shown.max() == pytest.approx(0.99, abs=0.005)
    assert (shown[saliency < 0.98] == saliency[saliency < 0.98]).all()
    np.testing.assert_array_equal(without_outliers(-saliency), -shown)
    sparse = np.zeros((20, 50), np.float32)
    sparse[3, 4] = 1
    np.testing.assert_array_equal(without_outliers(sparse), sparse)
    (tile,) = tiles(run_of("gradient", saliency))
    np.testing.assert_array_equal(tile.map, shown)
    (tile,) = tiles(run_of("cam", saliency))
    np.testing.assert_array_equal(tile.map, saliency)


def test_a_change_that_nobody_sees_has_both_photos_both_maps_and_how_alike_they_are():
    rgb, noise = photo(32, 32), np.random.default_rng(4).random((8, 8)).astype(np.float32)
    steady, jumpy = run_of("cam"), run_of("gradient", RAMP[::-1])
    disturbed = Disturbed(rgb, with_unseen_noise(rgb), {"cam": (RAMP * 2,), "gradient": (noise,)})
    with words_drawn() as words:
        ((ending, sheet),) = figures(config(save=("stability",)), replace(compared(steady, jumpy), disturbed=disturbed))
    assert ending == "242-stability.png"
    correlation = np.corrcoef(RAMP[::-1].ravel(), noise.ravel())[0, 1]
    assert {"correlation 1.000", f"correlation {correlation:.3f}", "cam", "gradient"} <= set(words)
    pixels = sheet.pixels()
    for shown in (rgb, disturbed.noisy):
        assert len(places(pixels, fit(shown, 340, 340))) == 1


def test_without_maps_of_the_photo_with_noise_that_is_said():
    with pytest.raises(UsageError, match="name stability in --save"):
        list(figures(config(save=("stability",)), compared(run_of("cam"))))
