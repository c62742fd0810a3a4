"""Pictures as large as the photo, for photos of any shape."""

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.figures import kinds
from scorecam_cli.photos import draw
from scorecam_cli.records import Photo


@pytest.mark.parametrize(("height", "width"), [(3, 90), (90, 3)])
def test_pictures_of_very_long_photos_hold_the_same_pixels(tmp_path, monkeypatch, height, width):
    rng = np.random.default_rng(0)
    photo = Photo(rng.integers(0, 256, (height, width, 3), np.uint8), "0" * 64)
    levels = rng.integers(0, 256, (height, width), np.uint8)

    def written(name):
        tiles = draw.overlay_tiles(photo.rgb, levels, colormap="jet", alpha=0.4)
        kinds._write_drawing(tmp_path / name, kinds._Drawing(tiles, width, height))
        with Image.open(tmp_path / name) as image:
            return np.asarray(image)

    ordinary = written("a.png")
    monkeypatch.setattr(draw, "LONGEST_SIDE", 50)
    monkeypatch.setattr(draw, "TILE_COLUMNS", 40)
    assert np.array_equal(written("b.png"), ordinary)
    assert (tmp_path / "b.png").read_bytes() != (tmp_path / "a.png").read_bytes()
