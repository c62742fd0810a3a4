"""What the model sees under a mask, and the figure of the masked photos: in order, in the right colours."""

import numpy as np

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.masked import hidden_photo, masked_figure, masked_photo, seen
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.saliency.upsampling import unit_masks
from tests.figures.sheets import class_map, photo, places, steps, subject


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
    assert len(places(masked_figure(shown), fit(pixels, 291, 291))) == 1
    assert len(places(pipeline_figure(shown), fit(pixels, 170, 170))) == 1


def test_a_model_of_grey_photos_sees_grey():
    rgb = np.zeros((4, 8, 3), np.uint8)
    rgb[..., 0] = 200
    assert seen(rgb, (2, 2, 3)).tolist() == [[[200, 0, 0]] * 2] * 2
    assert seen(rgb, (2, 2, 1)).tolist() == [[[60, 60, 60]] * 2] * 2  # 0.299 * 200


def test_masked_shows_all_25_in_falling_order_of_weight():
    rgb, made = photo(60, 60), steps(25)
    sheet = masked_figure(subject(rgb, class_map(masks=made), closed_rgb=(0, 0, 0)))
    corners = []
    for grid in made.grids:
        pixels = masked_photo(seen(rgb, (32, 32, 3)), unit_masks(grid, (32, 32)), (0, 0, 0))
        corners += places(sheet, fit(pixels, 291, 291))
    assert len(corners) == 25
    assert corners == sorted(corners)
    assert len({left for _, left in corners}) == 5
