"""Photos, maps and masks for figures, and where their pictures stand on a finished sheet."""

from contextlib import contextmanager

import numpy as np

from scorecam_cli.figures.canvas import FRAME, Canvas
from scorecam_cli.figures.paper import SCREEN
from scorecam_cli.figures.subject import Subject
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore, Explanation, ModelDescription, Photo, Steps

LOOK = {"colormap": "turbo", "alpha": 0.5}
NAMES = (r"$\frac{", "a_$b^c$", "\udcff\ud83d", "猫\n\x07", "", "long name " * 60, "M" * 500, "\N{GRINNING FACE}")
SHAPES = [(300, 400), (400, 150), (3, 2), (1, 1), (10, 900), (900, 10)]


def photo(height, width):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def class_map(name="boxer", saliency=None, masks=None, estimate=1.0, doubts=(), known=None):
    if saliency is None:
        saliency = np.random.default_rng(2).random((32, 32)).astype(np.float32)
    return ClassMap(ClassScore(ClassLabel(242, name), 0.4, None), saliency, estimate, masks, doubts, known)


def subject(rgb, found=None, *, model="VGG16", layer="block5_conv3", weights="imagenet", file="dog.jpg", **changes):
    """One class of one photo; changes: of the explanation, colour map, opacity and paper."""
    look = {name: changes.pop(name, usual) for name, usual in {**LOOK, "paper": SCREEN}.items()}
    found = found or class_map()
    made = {"method": "score-cam", "variant": "article", "selection": "all", "layer": layer, "passes": 495}
    made |= {"channels": 512, "live_channels": 495, "batch_size": 32, "precision": "float32"}
    size = (*found.map.shape, changes.pop("colours", 3))
    closed = changes.pop("closed_rgb", (127, 127, 127))
    described = ModelDescription(model, weights, layer, "caffe", "mean colour", closed, size, {"scorecam": "0"})
    return Subject(
        name=file,
        photo=Photo(rgb, "0" * 64),
        found=found,
        explanation=Explanation((found,), **{**made, **changes}),
        model=described,
        **look,
    )


def steps(count, size=7):
    grids = np.random.default_rng(3).random((count, size, size)).astype(np.float32)
    falling = np.linspace(0.9, 0.1, count, dtype=np.float32)
    return Steps(np.arange(count) * 3, grids, falling, falling)


@contextmanager
def words_drawn():
    """While a figure is drawn inside: all its text, a line after the other."""
    lines, text = [], Canvas.text

    def noted(canvas, written, *place, **look):
        lines.extend(written)
        return text(canvas, written, *place, **look)

    Canvas.text = noted
    try:
        yield lines
    finally:
        Canvas.text = text


@contextmanager
def bars_drawn():
    """While a figure is drawn inside: left, top, width, height and colour of each bar."""
    bars, bar = [], Canvas.bar

    def noted(canvas, left, top, width, height, *, colour):
        bars.append((left, top, width, height, colour))
        return bar(canvas, left, top, width, height, colour=colour)

    Canvas.bar = noted
    try:
        yield bars
    finally:
        Canvas.bar = bar


def places(sheet, picture):
    """Top left corners at which a picture stands in a sheet, pixel by pixel, in its hairline frame."""
    height, width = picture.shape[:2]
    corner = (sheet == picture[0, 0]).all(axis=2)
    corner[1:, 1:] &= (sheet[:-1, :-1] == FRAME).all(axis=2)
    return [
        (int(top), int(left))
        for top, left in np.argwhere(corner)
        if np.array_equal(sheet[top : top + height, left : left + width], picture)
    ]


def margins_are_white(sheet, width=8, height=4):
    return all((edge == 255).all() for edge in (sheet[:height], sheet[-height:], sheet[:, :width], sheet[:, -width:]))
