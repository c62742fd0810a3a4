"""What stands where a pixel is hidden: against plain loops, and what must not change."""

import numpy as np

from scorecam_cli.choices import Fill
from scorecam_cli.saliency.fills import filled


def blurred(image):
    """Gaussian of deviation 5/224 of the side, pixel by pixel, weights normalised within the photo."""
    height, width, _ = image.shape
    rows, columns = np.mgrid[:height, :width]
    result = np.zeros(image.shape)
    for row in range(height):
        for column in range(width):
            y, x = (rows - row) / (height * 5 / 224), (columns - column) / (width * 5 / 224)
            weights = np.exp(-0.5 * (x * x + y * y))
            result[row, column] = (weights[..., None] * image).sum((0, 1)) / weights.sum()
    return result


def test_blur_keeps_a_photo_of_one_colour_and_the_right_way_round():
    grey = np.full((30, 50, 3), 0.25, np.float32)
    np.testing.assert_allclose(filled(grey, Fill.BLUR), grey, atol=1e-6)
    stripes = np.tile(np.arange(50) % 2, (30, 1))[..., None].astype(np.float32)  # [30, 50, 1]
    smooth = filled(stripes, Fill.BLUR)
    np.testing.assert_allclose(smooth, blurred(stripes), atol=1e-6)
    assert np.ptp(smooth, axis=1).max() > 100 * np.ptp(smooth, axis=0).max()
