"""What the model sees under a mask, and the figure of the masked photos: in order, in the right colours."""

from dataclasses import replace

import numpy as np
import pytest

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.masked import (
    differing,
    hidden_photo,
    masked_figure,
    masked_photo,
    seen,
    weight_caption,
)
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.saliency.upsampling import unit_masks
from tests.figures.sheets import bars_drawn, class_map, photo, places, steps, subject, words_drawn


def test_masked_photo_by_hand():
    rgb = np.uint8([[[200, 100, 0], [200, 100, 0], [200, 100, 0]]])
    shown = masked_photo(rgb, np.float32([[1, 0, 0.25]]), (124, 116, 104))
    assert shown.tolist() == [[[200, 100, 0], [124, 116, 104], [143, 112, 78]]]


def test_what_is_hidden_is_the_mean_or_the_blur_of_the_photo():
    rgb = np.zeros((16, 32, 3), np.uint8)
    rgb[:, 16:] = (200, 100, 40)
    shown = {fill: subject(rgb, fill=fill, closed_rgb=(1, 2, 3)) for fill in (None, "zero", "mean", "blur")}
    hidden = {fill: hidden_photo(rgb, each) for fill, each in shown.items()}
    assert hidden[None].tolist() == hidden["zero"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(hidden["mean"], np.broadcast_to([100, 50, 20], rgb.shape))
    edge = hidden["blur"][8, :, 0]
    assert (np.diff(edge) > 0).all()  # from dark to light without a step
    assert edge[0] < 20 < 180 < edge[-1]
    assert masked_photo(rgb, np.zeros((16, 32), np.float32), hidden["mean"])[3, 4].tolist() == [100, 50, 20]
    assert [fill for fill, each in shown.items() if "fill" in each.making] == ["mean", "blur"]


def test_figures_show_masked_photos_as_the_model_saw_them():
    rgb, made = photo(60, 60), steps(3)
    shown = subject(rgb, class_map(masks=made), fill="mean")
    small = seen(rgb, (32, 32, 3))
    pixels = masked_photo(small, unit_masks(made.grids[0], (32, 32)), hidden_photo(small, shown))
    assert len(places(masked_figure(shown).pixels(), fit(pixels, 246, 246))) == 1
    assert len(places(pipeline_figure(shown).pixels(), fit(pixels, 170, 170))) == 1


def test_a_model_of_grey_photos_sees_grey():
    rgb = np.zeros((4, 8, 3), np.uint8)
    rgb[..., 0] = 200
    assert seen(rgb, (2, 2, 3)).tolist() == [[[200, 0, 0]] * 2] * 2
    assert seen(rgb, (2, 2, 1)).tolist() == [[[60, 60, 60]] * 2] * 2  # 0.299 * 200


def test_masked_shows_a_dozen_that_differ_the_heaviest_first():
    rgb, made = photo(60, 60), steps(25)
    twin = replace(made, grids=np.repeat(made.grids[:13], 2, axis=0)[:25])  # each but the last twice
    sheet = masked_figure(subject(rgb, class_map(masks=twin), closed_rgb=(0, 0, 0))).pixels()
    corners = []
    for grid in made.grids[:13]:
        pixels = masked_photo(seen(rgb, (32, 32, 3)), unit_masks(grid, (32, 32)), (0, 0, 0))
        found = places(sheet, fit(pixels, 246, 246))
        assert len(found) <= 1  # never a twin
        corners += found
    assert len(corners) == 12
    assert corners == sorted(corners)
    assert len({left for _, left in corners}) == 6


def test_what_weighs_hardly_anything_is_not_shown():
    made = steps(20)
    light = replace(made, weights=np.float32([1, 0.9, 0.8, *[0.01] * 17]))
    assert differing(light, 12) == [0, 1, 2]
    assert differing(made, 12)[0] == 0
    assert differing(steps(1), 12) == [0]


def test_the_line_is_where_the_class_is_without_a_mask_and_the_rest_is_told():
    made = replace(steps(3), others=97, their_weight=6.0)  # 0.9 + 0.5 + 0.1 are shown
    with words_drawn() as words, bars_drawn() as bars:
        masked_figure(subject(photo(60, 60), class_map(masks=made)))
    lines = [left for left, _, width, _, colour in bars if colour == "#a32a12"]
    tracks = [(left, width) for left, _, width, _, colour in bars if colour == "0.93"]
    assert len(lines) == len(tracks) == 3
    assert lines == pytest.approx([left + width * 0.4 / 0.9 for left, width in tracks])
    assert "These 3 are 20% of all weight; the other 97 channels of the sum together 80%." in words
    assert any("without a mask: 0.4" in line for line in words)


@pytest.mark.parametrize(
    ("largest", "value", "said"),
    [
        (0.9, 0.692, "$S_k$ = 0.692"),
        (0.9, 0.00004, "$S_k$ < 0.001"),
        (0.0012, 0.0003, "$S_k$ = 0.000300"),
        (3.5, 2.25, "$S_k$ = 2.25"),
    ],
)
def test_numbers_of_one_figure_have_the_same_decimals(largest, value, said):
    made = replace(steps(2), probabilities=np.float32([largest, value]))
    assert weight_caption(made, 1, "article") == said
