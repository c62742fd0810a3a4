"""Error against passes: `python -m tests.bench.fidelity [--cache FOLDER]`.

Every mask of every photo is passed once; then maps with fewer passes are made from the same numbers and compared with
the exact map. Photos: the 20 labelled ones in the package foolbox. Model: EfficientNetLite0.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from pathlib import Path

import numpy as np

from scorecam_cli.choices import Selection
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question, live_channels

FINE_LAYER = "block6a_expand_activation"  # the last 14 x 14 x 672
PASSES = {None: (16, 32, 64, 128), FINE_LAYER: (64, 128, 256)}
FIDELITIES = (0.95, 0.99, 0.999)


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


def compare(layer: str | None, cache: Path) -> None:
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(layer,) if layer else ()))
    settings = [{"passes": n, "selection": each} for n in PASSES[layer] for each in Selection]
    settings += [{"fidelity": each} for each in FIDELITIES]
    rows: list[list[tuple[float, float, int, int]]] = [[] for _ in settings]
    for photo in foolbox_photos():
        image = classifier.prepare(read_photo(photo).rgb)
        known = Remembered(classifier, image, cache / f"{classifier.layer}-{photo.stem}.npz")
        index = int(known.observation.answers.probabilities.argmax())
        asked = Question(known, image, known.observation, (index,))  # type: ignore[arg-type]
        exact = explain_with("score-cam", asked).classes[0].map
        for row, setting in zip(rows, settings, strict=True):
            found = explain_with("score-cam", asked, MethodSettings(**setting))
            made = found.classes[0]
            estimate = np.nan if made.estimated_correlation is None else made.estimated_correlation
            row.append((correlation(made.map, exact), estimate, found.passes, found.channels))
    h, w, channels = classifier.grid_shape
    print(f"\nEfficientNetLite0, layer {classifier.layer} ({h} x {w}, {channels} channels), {len(rows[0])} photos\n")
    print("| asked for | passes, mean (largest) | correlation, mean (lowest) | estimate, mean | estimate not above |")
    print("|---|---|---|---|---|")
    for setting, row in zip(settings, rows, strict=True):
        measured, estimates, passes, _ = np.array(row).T
        asked = ", ".join(f"{name} {value}" for name, value in setting.items())
        below = "" if np.isnan(estimates).all() else f"{np.mean(estimates <= measured):.0%}"
        mean = "" if np.isnan(estimates).all() else f"{estimates.mean():.4f}"
        print(
            f"| {asked} | {passes.mean():.0f} ({passes.max():.0f}) "
            f"| {measured.mean():.4f} ({measured.min():.3f}) | {mean} | {below} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes")
    cache = parser.parse_args().cache or Path(tempfile.mkdtemp(prefix="scorecam-fidelity-"))
    cache.mkdir(parents=True, exist_ok=True)
    for layer in PASSES:
        compare(layer, cache)


if __name__ == "__main__":
    main()
