"""Error against passes: `python -m tests.bench.fidelity [--cache FOLDER] [--others] [--layer NAME] [--variant NAME]`.

Every mask of every photo is passed once; then maps with fewer passes are made from the same numbers and compared with
the exact map. Photos: the 20 labelled ones in the package foolbox, by which the margin of the estimate was chosen, or
with `--others` 20 of scikit-image, matplotlib and sample_images, which had no part in that. Model: EfficientNetLite0.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from scorecam_cli.choices import Selection, Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question, live_channels

FINE_LAYER = "block6a_expand_activation"  # the last 14 x 14 x 672
PASSES = (32, 64, 128, 256)
SAME = 1e-6  # what float32 maps tell apart of a correlation
FIDELITIES = (0.95, 0.99, 0.999)
VARIANTS = (Variant.ARTICLE, Variant.PAPER, Variant.CENTRED, Variant.FITTED)
SCIKIT_IMAGE = (
    *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png"),
    *("color.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png"),
    *("page.png", "retina.jpg", "rocket.jpg", "text.png"),
)


class Remembered:
    """A classifier whose masked passes were all run before: it looks the answers up, by mask."""

    def __init__(self, classifier: Classifier, image, path: Path, *, filling=None) -> None:
        self.classifier = classifier
        self.observation = classifier.observe(image)
        activations = self.observation.activations
        self.grids = np.ascontiguousarray(activations[:, :, live_channels(activations)].transpose(2, 0, 1))
        self.index = {grid.tobytes(): at for at, grid in enumerate(self.grids)}
        if not path.exists():
            masked = classifier.masked_answers(image, self.grids, filling=filling, batch_size=32)
            np.savez(path, *(masked.answers.probabilities, masked.answers.logits, masked.lows, masked.highs))
        with np.load(path) as saved:
            self.passed = tuple(saved[name] for name in saved.files)

    def __getattr__(self, name):
        return getattr(self.classifier, name)

    def masked_answers(self, _image, grids, **_settings) -> MaskedAnswers:
        at = [self.index[grid.tobytes()] for grid in grids]
        probabilities, logits, lows, highs = (part[at] for part in self.passed)
        return MaskedAnswers(Answers(probabilities, logits), lows, highs)


def correlation(first, second) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def foolbox_photos() -> list[Path]:
    spec = importlib.util.find_spec("foolbox")
    if spec is None or spec.origin is None:
        raise SystemExit("the photos are in the package foolbox: pip install foolbox")
    return sorted((Path(spec.origin).parent / "data").glob("imagenet_*.jpg"))


def other_photos() -> list[Path]:
    import matplotlib
    import skimage

    faces = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    own = Path(__file__).parents[2] / "sample_images" / "cat_and_coffee.jpg"
    return [*(Path(skimage.__file__).parent / "data" / name for name in SCIKIT_IMAGE), faces, own]


def compare(layer: str | None, photos: list[Path], variants: tuple[Variant, ...], cache: Path) -> None:
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(layer,) if layer else ()))
    asked_for: list[dict[str, Any]] = [{"passes": count} for count in PASSES] + [
        {"fidelity": each} for each in FIDELITIES
    ]
    settings: list[dict[str, Any]] = [{"variant": variant, **each} for variant in variants for each in asked_for]
    if Variant.ARTICLE in variants:
        settings += [{"variant": Variant.ARTICLE, "passes": each, "selection": Selection.FASTER} for each in PASSES]
    rows: list[list[tuple[float, float, int]]] = [[] for _ in settings]
    for photo in photos:
        image = classifier.prepare(read_photo(photo).rgb)
        known = Remembered(classifier, image, cache / f"{classifier.layer}-{photo.stem}.npz")
        index = int(known.observation.answers.probabilities.argmax())
        asked = Question(known, image, known.observation, (index,))  # type: ignore[arg-type]
        every = {each: explain_with("score-cam", asked, MethodSettings(variant=each)) for each in variants}
        for row, setting in zip(rows, settings, strict=True):
            found = explain_with("score-cam", asked, MethodSettings(**setting))
            made = found.classes[0]
            estimate = np.nan if made.estimated_correlation is None else made.estimated_correlation
            row.append((correlation(made.map, every[setting["variant"]].classes[0].map), estimate, found.passes))
    h, w, channels = classifier.grid_shape
    print(f"\nEfficientNetLite0, layer {classifier.layer} ({h} x {w}, {channels} channels), {len(photos)} photos\n")
    print("| variant | asked for | passes, mean (largest) | correlation: mean | 5 % below | lowest | estimate above |")
    print("|---|---|---|---|---|---|---|")
    for setting, row in zip(settings, rows, strict=True):
        print(line(setting, np.array(row)), flush=True)


def line(setting: dict[str, Any], row: np.ndarray) -> str:
    """A line of the table: measured and estimated correlations and passes [photos, 3] of one setting."""
    measured, estimates, passes = row.T
    asked = ", ".join(f"`--{name} {value}`" for name, value in setting.items() if name != "variant")
    above = "no estimate" if np.isnan(estimates).all() else f"{np.mean(estimates > measured + SAME):.0%}"
    return (
        f"| {setting['variant']} | {asked} | {passes.mean():.0f} ({passes.max():.0f}) | {measured.mean():.4f} "
        f"| {np.quantile(measured, 0.05):.4f} | {measured.min():.4f} | {above} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes")
    parser.add_argument("--others", action="store_true", help="the photos that had no part in choosing the margin")
    parser.add_argument("--layer", choices=("coarse", "fine"), help="of both the one alone")
    parser.add_argument("--variant", type=Variant, choices=VARIANTS, help="of all the one alone")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-fidelity-"))
    cache.mkdir(parents=True, exist_ok=True)
    photos = other_photos() if given.others else foolbox_photos()
    layers = {"coarse": None, "fine": FINE_LAYER}
    for name in [given.layer] if given.layer else layers:
        compare(layers[name], photos, (given.variant,) if given.variant else VARIANTS, cache)


if __name__ == "__main__":
    main()
