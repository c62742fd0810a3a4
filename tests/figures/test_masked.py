"""What the model sees under a mask, and the figure of the masked photos: in order, in the right colours."""

import numpy as np

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.masked import masked_figure, masked_photo, seen
from scorecam_cli.saliency.upsampling import unit_masks
from tests.figures.sheets import class_map, photo, places, steps, subject


def test_masked_photo_by_hand():
    rgb = np.uint8([[[200, 100, 0], [200, 100, 0], [200, 100, 0]]])
    shown = masked_photo(rgb, np.float32([[1, 0, 0.25]]), (124, 116, 104))
    assert shown.tolist() == [[[200, 100, 0], [124, 116, 104], [143, 112, 78]]]


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
