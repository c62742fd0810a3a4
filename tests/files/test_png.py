"""A PNG written row after row holds the pixels that came."""

import io

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.files.png import encode_rows


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"), [(7, 5, 3, 5), (7, 5, 1, 2), (1, 9, 1, 4), (9, 1, 2, 1)]
)
def test_other_readers_see_the_pixels(height, width, rows, columns):
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    places = [(top, left) for top in range(0, height, rows) for left in range(0, width, columns)]
    parts = (rgb[top : top + rows, left : left + columns] for top, left in places)
    file = io.BytesIO()
    encode_rows(file, parts, width=width, height=height, compress_level=1)
    with Image.open(file) as image:
        image.load()
        assert image.mode == "RGB"
        assert np.array_equal(np.asarray(image), rgb)
