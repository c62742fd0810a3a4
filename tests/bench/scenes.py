"""Scenes whose objects are known: `python -m tests.bench.scenes [--cache FOLDER]`.

Objects are cut out of the photos in the package foolbox and of two sample photos, as the ellipse in a box drawn by
hand, and pasted on textures that come with scikit-image: one object, or two beside each other. Printed are, for each
variant of Score-CAM and each method, the share of the map inside the object that the class names, and, of two objects,
the share of the density (mean of the map in an object) that is on the named one. Model: EfficientNetLite0.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scorecam_cli.choices import Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.bench.fidelity import Remembered, foolbox_photos

SAMPLES = Path(__file__).parents[2] / "sample_images"
SIDE = 224
OBJECTS = {  # those that the model knows again on a texture: file, (box, class)
    "imagenet_03_990.jpg": ((32, 128, 256, 371), 990),  # buckeye
    "imagenet_06_609.jpg": ((102, 134, 422, 339), 609),  # jeep
    "imagenet_09_455.jpg": ((32, 83, 461, 467), 455),  # bottle cap
    "imagenet_10_541.jpg": ((115, 77, 947, 649), 541),  # drum
    "imagenet_18_317.jpg": ((128, 83, 346, 467), 317),  # leafhopper
    "chelsea.jpg": ((60, 0, 330, 300), 285),  # Egyptian cat
    "coffee.jpg": ((110, 30, 470, 350), 967),  # espresso
}
TEXTURES = ("brick", "grass", "gravel")
ONE, TWO = 6, 27  # scenes of one object and of two: 6 + 2 * 27 = 60 maps
LEAST = 0.02  # probability of each object that is pasted, or the scene is drawn anew
METHODS = ("grad-cam", "grad-cam++", "layer-cam")


@dataclass(frozen=True)
class Scene:
    """A photo uint8 [224, 224, 3] and, for each object, where it is, bool [224, 224], and its class."""

    rgb: np.ndarray
    masks: tuple[np.ndarray, ...]
    classes: tuple[int, ...]


def drawn(random: np.random.Generator, count: int) -> Scene:
    """A texture with so many objects, one in each half of it."""
    canvas = texture(random)
    names = random.choice(list(OBJECTS), count, replace=False)
    masks = []
    for half, name in enumerate(names):
        longest = int(random.integers(75, 110) if count == 1 else random.integers(95, 112))
        left = random.integers(0, SIDE // count - longest + 1) + half * (SIDE // count)
        masks.append(paste(canvas, cut(name), longest, (int(random.integers(0, SIDE - longest)), int(left))))
    return Scene(np.rint(canvas * 255).astype(np.uint8), tuple(masks), tuple(OBJECTS[name][1] for name in names))


def cut(name: str) -> Image.Image:
    files = {photo.name: photo for photo in foolbox_photos()}
    return Image.open(files.get(name, SAMPLES / name)).convert("RGB").crop(OBJECTS[name][0])


def texture(random: np.random.Generator) -> np.ndarray:
    """Part of a grey texture in a colour of its own: float64 [224, 224, 3] in [0, 1]."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit("the textures are in the package scikit-image: pip install scikit-image")
    path = Path(spec.origin).parent / "data" / f"{TEXTURES[random.integers(len(TEXTURES))]}.png"
    grey = np.asarray(Image.open(path).convert("L"), np.float64) / 255
    top, left = (int(random.integers(0, side - SIDE)) for side in grey.shape)
    return grey[top : top + SIDE, left : left + SIDE, None] * random.uniform(0.6, 1, 3)


def paste(canvas: np.ndarray, cutting: Image.Image, longest: int, corner: tuple[int, int]) -> np.ndarray:
    """Paste the ellipse in a cutting whose longer side is that long; where it lies, bool [224, 224]."""
    scale = longest / max(cutting.size)
    width, height = (round(side * scale) for side in cutting.size)
    pixels = np.asarray(cutting.resize((width, height), Image.Resampling.LANCZOS), np.float64) / 255
    rows, columns = np.mgrid[:height, :width]
    inside = ((columns + 0.5) / width * 2 - 1) ** 2 + ((rows + 0.5) / height * 2 - 1) ** 2 <= 1
    where = np.zeros((SIDE, SIDE), bool)
    part = slice(corner[0], corner[0] + height), slice(corner[1], corner[1] + width)
    where[part] = inside
    canvas[part][inside] = pixels[inside]
    return where


def scenes(classifier: Classifier) -> Iterator[tuple[str, Scene]]:
    """The same scenes at every call, those in which the model sees every object."""
    random = np.random.default_rng(7)
    for kind, count, wanted in (("two", 2, TWO), ("one", 1, ONE)):
        kept = 0
        while kept < wanted:
            scene = drawn(random, count)
            answers = classifier.observe(classifier.prepare(scene.rgb)).answers
            if answers.probabilities[list(scene.classes)].min() >= LEAST:
                kept += 1
                yield f"{kind}-{kept:02d}", scene


def measured(scene: Scene, maps: list[np.ndarray]) -> Iterator[tuple[float, float | None]]:
    """Of each class: the share of the map inside its object, and the share of the density that is on it."""
    for own, saliency in enumerate(maps):
        inside = float(saliency[scene.masks[own]].sum() / saliency.sum()) if saliency.any() else 0.0
        means = [float(saliency[mask].mean()) for mask in scene.masks]
        yield inside, means[own] / (sum(means) or 1.0) if len(means) > 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes")
    parser.add_argument("--layer", help="target layer")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-scenes-"))
    cache.mkdir(parents=True, exist_ok=True)
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(given.layer,) if given.layer else ()))
    found: dict[str, list[tuple[str, float, float | None]]] = {}
    for name, scene in scenes(classifier):
        image = classifier.prepare(scene.rgb)
        asked = Question(classifier, image, classifier.observe(image), scene.classes)
        known = Remembered(classifier, image, cache / f"{classifier.layer}-{name}.npz")
        remembered = Question(known, image, known.observation, scene.classes)  # type: ignore[arg-type]
        made = {
            variant.value: explain_with("score-cam", remembered, MethodSettings(variant=variant)) for variant in Variant
        } | {method: explain_with(method, asked) for method in METHODS}
        for method, explanation in made.items():
            rows = measured(scene, [each.map for each in explanation.classes])
            found.setdefault(method, []).extend((name, *row) for row in rows)
        print(name, scene.classes, flush=True)
    print("\n| map | energy inside, two objects | density on the named one | energy inside, one object |")
    print("|---|---:|---:|---:|")
    for method, rows in found.items():
        two = np.array([row[1:] for row in rows if row[2] is not None], float)
        one = np.array([row[1] for row in rows if row[2] is None], float)
        print(f"| {method} | {two[:, 0].mean():.3f} | {two[:, 1].mean():.3f} | {one.mean():.3f} |")


if __name__ == "__main__":
    main()
