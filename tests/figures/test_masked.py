"""What the model sees under a mask, and the figure of the masked photos: in order, in the right colours."""

import numpy as np

from scorecam_cli.figures.canvas import fit
from scorecam_cli.figures.masked import mask, masked_figure, masked_photo, seen
from tests.figures.sheets import class_map, photo, places, setting, steps


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
