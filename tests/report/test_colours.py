import re

import numpy as np

from scorecam_cli.photos import draw
from scorecam_cli.report import colours


def test_tables_have_the_colours_of_the_maps_and_nothing_of_unknown_ones():
    found = colours.tables(["jet", "<script>"])
    assert set(found) == {*colours.OFFERED, *colours.OFFERED_SIGNED, "jet"}
    assert bytes.fromhex(found["jet"]) == draw.colour_table("jet").tobytes()


def test_a_filter_has_a_colour_and_an_opacity_for_each_level():
    filters = colours.filters({("inferno", False): "f0", ("no such map", False): "f1", ("RdBu_r", True): "f2"})
    assert re.findall(r'filter id="(\w+)"', filters) == ["f0", "f2"]
    red, _, _, opacity = (np.array(each.split(), float) for each in re.findall(r'tableValues="([^"]*)"', filters)[:4])
    assert np.abs(red * 255 - draw.colour_table("inferno")[:, 0]).max() < 0.5
    assert (opacity[0], opacity[-1], len(opacity)) == (0, colours.STRENGTH, 256)


def test_zero_of_a_signed_map_is_the_photo_itself():
    opacity = colours.opacities(signed=True)
    assert (opacity[127], opacity[0], opacity[254]) == (0, colours.STRENGTH, colours.STRENGTH)
