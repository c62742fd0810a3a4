import io

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.photos import draw
from scorecam_cli.report import pictures
from tests.report.samples import blob


@pytest.mark.parametrize(
    ("width", "height"), [(451, 300), (300, 451), (4032, 3024), (640, 427), (999, 1000), (5000, 1)]
)
def test_small_map_has_the_shape_of_its_photo(width, height):
    columns, rows = pictures.map_shape(width, height, 160)
    assert max(columns, rows) <= 160
    assert min(columns, rows) >= 1
    if min(width, height) > 1:
        assert columns / rows == pytest.approx(width / height, rel=0.002)


def test_photo_is_shrunk_never_enlarged():
    rgb = np.zeros((300, 600, 3), np.uint8)
    assert pictures.shrink(rgb, 200).shape == (100, 200, 3)
    assert pictures.shrink(rgb, 600) is rgb


def test_embedded_picture_opens_again(tmp_path):
    rgb = draw.heatmap(blob(5, 5), width=64, height=48, colormap="turbo")
    data = pictures.encode_photo(rgb)
    again = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.abs(again.astype(int) - rgb).mean() < 4
    assert pictures.Embedded().keep("x", data).startswith("data:image/webp;base64,")
    assert pictures.AssetFolder(tmp_path).keep("x", data) == "assets/x.webp"
    assert (tmp_path / "assets/x.webp").read_bytes() == data


def test_every_level_of_a_map_comes_out_of_its_file_again():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    again = np.asarray(Image.open(io.BytesIO(pictures.encode_map(levels))).convert("RGB"))
    assert np.array_equal(again, np.repeat(levels[..., None], 3, axis=2))
