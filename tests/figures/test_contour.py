"""The outline of the half of a map: where it lies, what is inside, what stays of the photo."""

import numpy as np
import pytest

from scorecam_cli.faithfulness.compactness import compactness, half_level
from scorecam_cli.figures.contour import contour_tiles, outlines
from scorecam_cli.photos.draw import image_of
from tests.figures.sheets import SHAPES, class_map, photo, subject

GREY = np.full((300, 400, 3), 100, np.uint8)


def disc(size=100, radius=30):
    """Falls from 1 in the middle to 0 at twice the radius."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    away = np.hypot(rows - size / 2, columns - size / 2)
    return np.clip(1 - away / (2 * radius), 0, 1).astype(np.float32)


def drawn(rgb, saliency):
    parts = contour_tiles(subject(rgb, class_map(saliency=saliency)))
    return np.asarray(image_of(parts, width=rgb.shape[1], height=rgb.shape[0]))


def test_the_line_lies_where_the_map_has_the_value():
    ramp = np.arange(8, dtype=np.float32)[None].repeat(4, 0)  # value v in the middle of column v
    (line,) = outlines(ramp, 2.5, width=80, height=40)
    assert np.allclose(line[:, 0], 30)  # half-way between the middles 25 and 35 of columns 2 and 3
    assert (line[:, 1].min(), line[:, 1].max()) == pytest.approx((-5, 45))  # from beyond one edge to beyond the other


def test_a_line_around_a_disc_is_a_circle():
    saliency = disc()
    level = half_level(saliency)
    (line,) = outlines(saliency, level, width=100, height=100)
    away = np.hypot(*(line - 50).T)
    assert away.std() < 0.1
    assert np.pi * away.mean() ** 2 / 1e4 == pytest.approx(compactness(saliency), rel=0.02)


def test_inside_the_photo_is_as_it_is_and_outside_darker_with_a_white_line_between():
    shown = drawn(GREY, disc())
    assert shown.shape == GREY.shape
    assert (shown[150, 200] == 100).all()
    assert (shown[2, 2] == 60).all()
    across = shown[150, :200, 0]  # from the edge to the middle
    assert across.max() > 220
    assert across[: np.argmax(across)].min() < 40  # the black rim on one side
    assert across[np.argmax(across) :].min() < 40  # and on the other
    bright = (shown == 100).all(axis=2).mean()
    assert bright == pytest.approx(compactness(disc()), abs=0.03)


def test_a_map_of_zeros_leaves_the_photo_and_one_that_is_even_has_no_line():
    for value in (0, 3):
        assert np.array_equal(drawn(GREY, np.full((7, 7), value, np.float32)), GREY)


@pytest.mark.parametrize(("height", "width"), [*SHAPES, (1, 3000)])
def test_any_photo_is_drawn(height, width):
    assert drawn(photo(height, width), disc()).shape == (height, width, 3)


@pytest.mark.parametrize("weak", [1, 0.01])  # of the one, as much as of the other, or a hundredth
def test_what_speaks_against_the_class_has_a_black_line_in_a_white_rim_and_stays_bright(weak):
    bump = disc(50, 12)
    saliency = np.concatenate([bump, -weak * bump], axis=1)  # for the class on the left, against it on the right
    shown = subject(GREY, class_map(saliency=saliency), signed=True, colormap="RdBu_r")
    picture = np.asarray(image_of(contour_tiles(shown), width=400, height=300))
    left, right = picture[150, :200, 0], picture[150, 200:, 0]
    assert left[100] == right[100] == 100  # inside
    assert left[2] == right[-2] == 60  # outside
    # From the middle of each outwards: a rim, the line, a rim.
    assert outwards(left[100:]) == outwards(left[100::-1]) == ["dark", "light", "dark"]
    assert outwards(right[100:]) == outwards(right[100::-1]) == ["light", "dark", "light"]


def outwards(values):
    """What lies between the inside and the outside."""
    names = ["light" if value > 180 else "dark" if value < 30 else "" for value in values]
    return [name for at, name in enumerate(names) if name and name not in names[max(0, at - 1) : at]]
