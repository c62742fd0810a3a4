"""Colour maps as overlays, measured: `python -m tests.bench.colour_maps PHOTOS MAPS`.

PHOTOS is a folder of photos, MAPS what `scorecam explain PHOTOS --save npy -o MAPS` wrote. Each map is laid over its
photo with opacity 0.5, in each colour map, and looked at in CIELAB: as it is, in grey, and as an eye without green
cones sees it (Machado, Oliveira and Fernandes 2009, severity 1). Hot is the upper fifth of the scale, cold the lower
three tenths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.photos.draw import heat_levels, heatmap, overlay

Floats = NDArray[np.float64]

NAMES = ("turbo", "jet", "inferno", "magma", "viridis", "cividis", "plasma")
COLUMNS = (
    "rho in grey: rank correlation of the map with the overlay's lightness",
    "worst: the same, of the photo where it is smallest",
    "hot - cold: how much lighter hot is than cold, L*",
    "apart: hot from cold, as colours, Delta E 1976",
    "apart without green cones",
    "veil: how far the colours of cold parts are from those of the photo, a* b*",
)
SIDE = 224  # pixels of the longer side at which an overlay is looked at
HOT, COLD = 0.8, 0.3
DEUTERANOPIA = np.array([
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
])  # fmt: skip
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(rgb: NDArray[np.uint8], *, eye: Floats | None = None) -> Floats:
    """sRGB, uint8 [..., 3], in CIELAB of D65; eye: a matrix [3, 3] on linear light."""
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if eye is not None:
        linear = np.clip(linear @ eye.T, 0, 1)
    parts = linear @ _XYZ.T / _XYZ.sum(axis=1)
    roots = np.where(parts > (6 / 29) ** 3, np.cbrt(parts), parts / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lightness(colormap: str) -> Floats:
    """L* of the 256 colours of a map."""
    return lab(colours(colormap))[:, 0]


def colours(colormap: str) -> NDArray[np.uint8]:
    """The 256 colours of a map, uint8 [256, 3]."""
    return np.rint(matplotlib.colormaps[colormap](np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's, where ties do not matter."""
    ranks = [np.argsort(np.argsort(each.ravel())) for each in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def measured(rgb: NDArray[np.uint8], saliency: NDArray[np.float32], colormap: str) -> list[float]:
    """The numbers of one overlay, `COLUMNS` without the second."""
    height, width = rgb.shape[:2]
    level = heat_levels(saliency, width=width, height=height) / 255
    laid = overlay(rgb, heatmap(saliency, width=width, height=height, colormap=colormap), alpha=0.5)
    seen, without_green, bare = lab(laid), lab(laid, eye=DEUTERANOPIA), lab(rgb)
    hot, cold = level > HOT, level < COLD
    apart = [float(np.linalg.norm(each[hot].mean(axis=0) - each[cold].mean(axis=0))) for each in (seen, without_green)]
    lighter = float(seen[hot][:, 0].mean() - seen[cold][:, 0].mean())
    veil = float(np.linalg.norm((seen - bare)[cold][:, 1:], axis=1).mean())
    return [rank_correlation(level, seen[..., 0]), lighter, *apart, veil]


def pairs(photos: Path, maps: Path) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Photos, made smaller, with their maps."""
    for path in sorted(maps.glob("*.npy")):
        with Image.open(photos / path.name.partition(".scorecam")[0]) as image:
            photo = image.convert("RGB")
        photo.thumbnail((SIDE, SIDE))
        yield np.asarray(photo), np.load(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("maps", type=Path)
    given = parser.parse_args()
    shown = list(pairs(given.photos, given.maps))
    print(f"{len(shown)} photos", *COLUMNS, sep="\n  ")
    for name in NAMES:
        rows = np.array([measured(rgb, saliency, name) for rgb, saliency in shown])  # [photos, 5]
        rho, *others = rows.mean(axis=0)
        rising = "rises" if (np.diff(lightness(name)) > -0.5).all() else "falls too"
        numbers = "  ".join(f"{number:5.1f}" for number in others)
        print(f"{name:8s} L* {rising:9s}  rho {rho:.2f}  worst {rows[:, 0].min():5.2f}  {numbers}")


if __name__ == "__main__":
    main()
