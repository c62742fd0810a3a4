"""The default colours of a map survive grey and eyes without green cones; the measure itself is checked by hand."""

import numpy as np
import pytest

from scorecam_cli.config import COLORMAP
from tests.bench.colour_maps import DEUTERANOPIA, colours, lab, lightness, measured


def test_lab_by_hand():
    assert lab(np.uint8([255, 255, 255])) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(np.uint8([0, 0, 0])) == pytest.approx([0, 0, 0], abs=0.01)
    assert lab(np.uint8([255, 0, 0])) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)  # as published of sRGB's red
    grey = np.uint8([[119, 119, 119]])
    assert lab(grey, eye=DEUTERANOPIA) == pytest.approx(lab(grey), abs=0.1)  # nobody sees grey in another way


def test_the_default_is_lighter_the_larger_the_value_and_apart_without_green_cones():
    assert (np.diff(lightness(COLORMAP)) > 0).all()
    seen = lab(colours(COLORMAP), eye=DEUTERANOPIA)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)  # [256, 256]
    quarter = np.abs(np.subtract.outer(np.arange(256), np.arange(256))) >= 64
    assert apart[quarter].min() > 20
    assert not (np.diff(lightness("turbo")) > 0).all()  # whose ends are the same in grey


def test_hot_is_lighter_than_cold_over_an_even_photo():
    grey, ramp = np.full((20, 200, 3), 128, np.uint8), np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(4, 0)
    rho, lighter, apart, without_green, _ = measured(grey, ramp, COLORMAP)
    assert rho > 0.99
    assert min(lighter, apart, without_green) > 20
    assert measured(grey, ramp, "turbo")[0] < 0.5
