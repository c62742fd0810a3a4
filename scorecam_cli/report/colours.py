"""The colour maps that a page offers: as tables for its script, and as filters that need no script."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from scorecam_cli.errors import UsageError
from scorecam_cli.photos import draw
from scorecam_cli.photos.signed import NEUTRAL, signed_table

OFFERED = ("inferno", "turbo", "viridis", "cividis", "gray")
OFFERED_SIGNED = ("RdBu_r", "PuOr_r", "coolwarm")  # two colours, zero between them
STRENGTH = 0.85  # opacity of the largest value, where a map is the more opaque the larger its values
_RISE = 1.5  # of the opacity: a quarter of the largest value is hardly seen, half of it well


@functools.lru_cache(maxsize=32)
def colour_table(colormap: str, *, signed: bool = False) -> NDArray[np.uint8] | None:
    """The colour of each level: uint8 [256, 3], or [255, 3] of a signed map; None where no such colour map is known."""
    try:
        return signed_table(colormap) if signed else draw.colour_table(colormap)
    except UsageError:
        return None


def tables(colormaps: Iterable[str]) -> dict[str, str]:
    """Name -> its 256 colours as hexadecimal digits: those on offer, and the given ones that are known."""
    found = {}
    for name in dict.fromkeys((*OFFERED, *OFFERED_SIGNED, *colormaps)):
        table = colour_table(name)
        if table is not None:
            found[name] = table.tobytes().hex()
    return found


def opacities(*, signed: bool) -> list[float]:
    """The opacity of each of 256 levels, where the photo is to be seen under what is cold: [0, STRENGTH]."""
    if signed:
        apart = np.abs(np.minimum(np.arange(256), 2 * NEUTRAL) - NEUTRAL) / NEUTRAL
        return [round(float(value), 3) for value in STRENGTH * apart]
    return [round(float(value), 3) for value in STRENGTH * (np.arange(256) / 255) ** _RISE]


def filters(colormaps: Mapping[tuple[str, bool], str]) -> Markup:
    """SVG filters that colour a map of one channel: (colour map, signed) -> the name of its filter.

    They work without a script, from a disk, and under a policy that lets nothing in.
    """
    return Markup("").join(
        _filter(name, table, opacities(signed=signed))
        for (colormap, signed), name in colormaps.items()
        if (table := colour_table(colormap, signed=signed)) is not None
    )


def _filter(name: str, table: NDArray[np.uint8], opacity: list[float]) -> Markup:
    levels = np.minimum(np.arange(256), len(table) - 1)
    curves = [" ".join(f"{value / 255:.3g}" for value in table[levels, channel].tolist()) for channel in range(3)]
    functions = Markup("").join(
        Markup('<feFunc{} type="table" tableValues="{}"/>').format(letter, curve)
        for letter, curve in zip("RGB", curves, strict=True)
    )
    return Markup(
        '<filter id="{}" x="0" y="0" width="100%" height="100%" color-interpolation-filters="sRGB">'
        '<feComponentTransfer in="SourceGraphic" result="colours">{}</feComponentTransfer>'
        '<feColorMatrix in="SourceGraphic" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0"/>'
        '<feComponentTransfer result="opacity"><feFuncA type="table" tableValues="{}"/></feComponentTransfer>'
        '<feComposite in="colours" in2="opacity" operator="in"/></filter>'
    ).format(name, functions, " ".join(map(str, opacity)))
