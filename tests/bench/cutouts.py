"""Photos of which it is known where the object is: round cut-outs of scikit-image's photos on its textures.

Each photo is a texture with one thing of a class and one that is of none, in random places, sizes, angles and tints;
half of them without colour, so that it takes more than colour to tell the classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

SIDE = 64
SQUARE = 96  # pixels of a thing before it is pasted
SMALLEST, LARGEST = 20, 32  # pixels across a thing: 8 to 20 % of the photo
CLASSES = {  # photo, and where its things are: row, column, radius
    "cat": ("chelsea", [(150, 215, 125)]),
    "astronaut": ("astronaut", [(130, 225, 95)]),
    "cup": ("coffee", [(170, 320, 135)]),
    "cameraman": ("camera", [(165, 225, 95)]),
    "motorcycle": ("stereo_motorcycle", [(320, 400, 150)]),
    "coin": (
        "coins",
        [*((52, column, 23) for column in (44, 99, 155, 213, 276)), *((125, column, 21) for column in (101, 154, 207))],
    ),
}
OTHERS = {  # of no class
    "rocket": [(215, 320, 140)],
    "logo": [(250, 250, 230)],
    "horse": [(160, 200, 140)],
    "retina": [(700, 700, 650)],
    "colorwheel": [(185, 185, 170)],
    "immunohistochemistry": [(130, 130, 120), (380, 200, 120)],
}
TEXTURES = ("brick", "grass", "gravel", "moon", "hubble_deep_field", "immunohistochemistry")


@dataclass(frozen=True)
class Cutouts:
    """N photos.

    rgb: uint8 [N, SIDE, SIDE, 3]. classes: int [N]. objects: bool [N, SIDE, SIDE], where the thing of the class is.
    """

    rgb: np.ndarray
    classes: np.ndarray
    objects: np.ndarray


def cutouts(count: int, *, seed: int) -> Cutouts:
    """Photos of all classes in turn; the same for the same seed."""
    rng = np.random.default_rng(seed)
    names = list(CLASSES)
    made = [_photo(rng, names[number % len(names)]) for number in range(count)]
    rgb, objects = (np.stack(column) for column in zip(*made, strict=True))
    return Cutouts(rgb, np.arange(count) % len(names), objects)


def _photo(rng: np.random.Generator, name: str) -> tuple[np.ndarray, np.ndarray]:
    texture = _textures()[TEXTURES[rng.integers(len(TEXTURES))]]
    side = int(rng.integers(SIDE, 3 * SIDE))
    top, left = (int(rng.integers(0, length - side)) for length in texture.shape[:2])
    canvas = _resized(texture[top : top + side, left : left + side], SIDE) * _tint(rng)
    other = list(OTHERS)[rng.integers(len(OTHERS))]
    first, second = _two_places(rng)
    canvas, _ = _pasted(canvas, _thing(rng, _things()[other]), second)
    canvas, inside = _pasted(canvas, _thing(rng, _things()[name]), first)
    if rng.random() < 0.5:
        canvas = np.broadcast_to(canvas.mean(axis=2, keepdims=True), canvas.shape)
    return np.clip(canvas + rng.normal(0, 4, canvas.shape), 0, 255).astype(np.uint8), inside


def _thing(rng: np.random.Generator, squares: list[np.ndarray]) -> np.ndarray:
    """One of the squares, turned a little, a part of it, perhaps mirrored: float [d, d, 3]."""
    square = Image.fromarray(squares[rng.integers(len(squares))])
    turned = square.rotate(rng.uniform(-20, 20), Image.Resampling.BILINEAR)
    frame = rng.integers(0, SQUARE // 10)
    part = np.asarray(turned)[frame : SQUARE - frame, frame : SQUARE - frame]
    found = _resized(part, int(rng.integers(SMALLEST, LARGEST + 1)))
    return (found[:, ::-1] if rng.random() < 0.5 else found) * _tint(rng)


def _pasted(canvas: np.ndarray, thing: np.ndarray, centre: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The canvas with the disc of the thing on it, moved into the frame where it would stand out; and where that is."""
    size = len(thing)
    top, left = (min(max(0, at - size // 2), SIDE - size) for at in centre)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    middle = (size - 1) / 2
    inside = (rows - top - middle) ** 2 + (columns - left - middle) ** 2 <= (size / 2) ** 2
    whole = np.zeros_like(canvas)
    whole[top : top + size, left : left + size] = thing
    return np.where(inside[..., None], whole, canvas), inside


def _two_places(rng: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two centres at least a large thing apart."""
    while True:
        first, second = rng.integers(LARGEST // 2, SIDE - LARGEST // 2, (2, 2))
        if np.hypot(*(first - second)) >= LARGEST * 0.9:
            return (int(first[0]), int(first[1])), (int(second[0]), int(second[1]))


def _tint(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.7, 1.2, 3)


def _resized(rgb: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BOX), float)


def _read(name: str) -> Image.Image:
    from skimage import data  # of the extra `bench`: what needs no photo is tested without it

    found = getattr(data, name)()
    return Image.fromarray(found[0] if isinstance(found, tuple) else found).convert("RGB")


def _squares(photo: Image.Image, places: list[tuple[int, int, int]]) -> list[np.ndarray]:
    """uint8 [SQUARE, SQUARE, 3] around each place."""
    boxes = [(column - radius, row - radius, column + radius, row + radius) for row, column, radius in places]
    return [np.asarray(photo.crop(box).resize((SQUARE, SQUARE), Image.Resampling.BOX)) for box in boxes]


def _shrunk(photo: Image.Image) -> np.ndarray:
    photo.thumbnail((400, 400), Image.Resampling.BOX)
    return np.asarray(photo)


@cache
def _things() -> dict[str, list[np.ndarray]]:
    """Of all classes and of none."""
    own = {name: _squares(_read(photo), places) for name, (photo, places) in CLASSES.items()}
    return own | {name: _squares(_read(name), places) for name, places in OTHERS.items()}


@cache
def _textures() -> dict[str, np.ndarray]:
    return {name: _shrunk(_read(name)) for name in TEXTURES}
