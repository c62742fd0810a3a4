import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.write import write_array, write_png
from scorecam_cli.photos import draw
from scorecam_cli.report import pictures
from tests.report.samples import blob


@pytest.mark.parametrize("colormap", ["turbo", "jet", "gray", "viridis"])
def test_heatmap_and_array_of_one_map_agree(tmp_path, colormap):
    saliency = blob(30, 50, height=112, width=112, spread=16)
    write_array(tmp_path / "m.npy", saliency)
    write_png(tmp_path / "m.png", draw.heatmap(saliency, width=600, height=400, colormap=colormap))
    array = pictures.map_from_array(tmp_path / "m.npy", width=600, height=400, colormap=colormap)
    picture = pictures.map_from_heatmap(tmp_path / "m.png")
    assert array.shape == picture.shape
    assert np.abs(array.astype(int) - picture).max() <= 12


@pytest.mark.parametrize(
    ("width", "height"), [(451, 300), (300, 451), (4032, 3024), (640, 427), (999, 1000), (5000, 1)]
)
def test_small_map_has_the_shape_of_its_photo(width, height):
    columns, rows = pictures.map_shape(width, height)
    assert max(columns, rows) <= pictures.MAP_SIDE
    assert min(columns, rows) >= 1
    if min(width, height) > 1:
        assert columns / rows == pytest.approx(width / height, rel=0.002)


@pytest.mark.parametrize(
    "array",
    [np.zeros((3, 3, 3), np.float32), np.zeros((3, 3), np.float64), np.full((3, 3), np.nan, np.float32)],
    ids=["three axes", "float64", "nan"],
)
def test_array_that_is_no_map_is_refused(tmp_path, array):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(PhotoError):
        pictures.map_from_array(tmp_path / "m.npy", width=30, height=30, colormap="turbo")


def test_array_with_objects_is_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    np.save(tmp_path / "m.npy", np.array([[Trap()]], dtype=object))
    with pytest.raises(PhotoError, match="is no map"):
        pictures.map_from_array(tmp_path / "m.npy", width=30, height=30, colormap="turbo")
    assert not (tmp_path / "sprung").exists()


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
