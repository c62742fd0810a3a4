"""The variants centred and fitted: `python -m tests.bench.regression rule|few|sure|cost [--cache FOLDER] [--layer L]`.

rule: the ten numbers of `scorecam evaluate` for penalties of several strengths, and other ways to choose it. few: the
same from 32, 64 and 128 passes. sure: how often refits on halves of the masks agree in sign, against what the
deviations say. cost: milliseconds of the processor for a fit. Photos: the 20 labelled ones in the package foolbox.
Model: EfficientNetLite0. Every mask is passed once; with --cache the answers are kept.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scorecam_cli.choices import Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.faithfulness.curves import deletion_and_insertion
from scorecam_cli.faithfulness.drops import changes
from scorecam_cli.faithfulness.pointing import energy_inside, points_inside
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs.regions import Regions, read_regions
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.regression import STRENGTH, Regression, centred_deviations, centred_weights
from scorecam_cli.saliency.representatives import grid_masks
from scorecam_cli.saliency.upsampling import upsample
from tests.bench.fidelity import Remembered, foolbox_photos

HERE = Path(__file__).parent
COLUMNS = (
    "deletion",
    "insertion",
    "drop",
    "increase",
    "gain",
    "drop top",
    "increase top",
    "gain top",
    "energy",
    "point",
)
FIGURES = ("insertion - deletion", "± of its difference")
HALVINGS, CLASSES = 20, 4
Floats = np.ndarray


@dataclass(frozen=True)
class Known:
    """A photo whose masked answers are all known: masks [N, P] and the answers [N, C]."""

    path: Path
    asked: Question
    masks: Floats
    answers: Floats

    @property
    def label(self) -> int:
        return self.asked.class_indices[0]

    def map(self, contributions: Floats) -> Floats:
        shape = self.asked.observation.activations.shape[:2]
        return np.maximum(upsample(contributions.reshape(shape), self.asked.size), 0)


def photos(classifier: Classifier, cache: Path) -> Iterator[Known]:
    with (HERE / "foolbox_truth.csv").open() as file:
        truth = {row["photo"]: int(row["class"]) for row in csv.DictReader(file)}
    for path in foolbox_photos():
        image = classifier.prepare(read_photo(path).rgb)
        known = Remembered(classifier, image, cache / f"{classifier.layer}-{path.stem}.npz")
        asked = Question(known, image, known.observation, (truth[path.name],))  # type: ignore[arg-type]
        probabilities, _, lows, highs = known.passed
        yield Known(path, asked, grid_masks(known.grids, lows, highs), probabilities.astype(np.float64))


def ridge(strength: float) -> Callable[[Floats, Floats], Floats]:
    return lambda masks, answers: Regression.on(masks, strength=strength).contributions(answers)


def left_out(masks: Floats, answers: Floats) -> Floats:
    """The strength with the smallest error on each mask from the others."""
    fits = [Regression.on(masks, strength=1 / each) for each in np.geomspace(2, 512, 9)]

    def error(fit: Regression) -> float:
        leverages = np.einsum("np,np->n", fit.apart, fit.effects) + 1 / len(answers)
        residuals = centred_weights(answers) - fit.apart @ fit.contributions(answers)
        return float(np.sum((residuals / (1 - leverages)) ** 2))

    return min(fits, key=error).contributions(answers)


def smooth(masks: Floats, answers: Floats, *, width: float = 0.14) -> Floats:
    """A Gaussian prior on neighbours, its width a share of the photo's side; grids are square here."""
    side = math.isqrt(masks.shape[1])
    places = np.stack(np.mgrid[:side, :side], axis=-1).reshape(-1, 2) / side
    away = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    root = np.linalg.cholesky(np.exp(-away / (2 * width**2)) + 1e-9 * np.eye(len(places)))
    return root @ Regression.on(masks @ root).contributions(answers)


RULES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "article": lambda masks, answers: answers @ masks,
    "1/16 of the variance, the rule": ridge(STRENGTH),
    "a third of it, 1/48": ridge(STRENGTH / 3),
    "three times it, 3/16": ridge(3 * STRENGTH),
    "centred, infinite": lambda masks, answers: centred_weights(answers) @ masks,
    "1/100": ridge(0.01),
    "1/30": ridge(1 / 30),
    "1/8": ridge(1 / 8),
    "least error on masks left out": left_out,
    "1/16, prior on neighbours": smooth,
    "1/16, square root of the answers": lambda masks, answers: ridge(STRENGTH)(masks, np.sqrt(answers)),
}


def numbers(classifier: Classifier, known: Known, saliency: Floats, regions: Regions) -> list[float]:
    """The ten numbers, in the order of COLUMNS."""
    about = {"saliency": saliency.astype(np.float32), "class_index": known.label}
    curves = deletion_and_insertion(classifier, known.asked.image, **about)
    change = changes(classifier, known.asked.image, **about)
    with Image.open(known.path) as photo:
        region = regions.of(known.path, *photo.size)
    shares = [[each.drop, float(each.increase), each.gain] for each in (change.whole, change.top)]
    pointing = [energy_inside(about["saliency"], region), float(points_inside(about["saliency"], region))]
    return [curves.deletion.area, curves.insertion.area, *shares[0], *shares[1], *pointing]


def table(rows: dict[str, list[list[float]]], first: str) -> None:
    """Means over the photos, and how much further insertion is above deletion than for `first`."""
    print("| " + " | ".join(("", *COLUMNS, *FIGURES)) + " |\n|---" + "|---:" * (len(COLUMNS) + 2) + "|")
    apart = {name: np.array(values)[:, 1] - np.array(values)[:, 0] for name, values in rows.items()}
    for name, values in rows.items():
        more = apart[name] - apart[first]
        cells = [f"{each:.3f}" for each in np.mean(values, axis=0)]
        error = more.std(ddof=1) / math.sqrt(len(more))
        print(f"| {name} | {' | '.join(cells)} | {apart[name].mean():.3f} | {more.mean():+.3f} ± {error:.3f} |")


def rule(classifier: Classifier, cache: Path) -> None:
    regions = read_regions(boxes=HERE / "foolbox_boxes.csv", masks=None)
    rows: dict[str, list[list[float]]] = {name: [] for name in RULES}
    for known in photos(classifier, cache):
        for name, solve in RULES.items():
            saliency = known.map(solve(known.masks, known.answers[:, known.label]))
            rows[name].append(numbers(classifier, known, saliency, regions))
    table(rows, "article")


def few(classifier: Classifier, cache: Path) -> None:
    regions = read_regions(boxes=HERE / "foolbox_boxes.csv", masks=None)
    rows: dict[str, list[list[float]]] = {}
    alike: dict[str, list[list[float]]] = {}
    for known in photos(classifier, cache):
        for variant in (Variant.ARTICLE, Variant.CENTRED, Variant.FITTED):
            exact = explain_with("score-cam", known.asked, MethodSettings(variant=variant)).classes[0].map
            for passes in (32, 64, 128, None):
                settings = MethodSettings(variant=variant, passes=passes)
                made = explain_with("score-cam", known.asked, settings).classes[0]
                name = f"{variant}, {passes or 'all'}"
                same = float(np.corrcoef(made.map.ravel(), exact.ravel())[0, 1])
                alike.setdefault(name, []).append([same, made.estimated_correlation or 0.0])
                rows.setdefault(name, []).append(numbers(classifier, known, made.map, regions))
    print("| passes | correlation, mean (lowest) | estimate, mean | estimate not above |\n|---|---|---|---|")
    for name, pairs in alike.items():
        same, estimate = np.array(pairs).T
        honest = np.mean(estimate <= same + 1e-9)
        print(f"| {name} | {same.mean():.4f} ({same.min():.3f}) | {estimate.mean():.4f} | {honest:.0%} |")
    table(rows, "article, all")


def sure(classifier: Classifier, cache: Path) -> None:
    random = np.random.default_rng(0)
    told: dict[str, list[Floats]] = {"fitted": [], "centred": []}
    for known in photos(classifier, cache):
        likely = np.argsort(-known.answers.mean(axis=0))[: CLASSES - 1]
        for index in dict.fromkeys([known.label, *likely.tolist()]):
            answers, fit = known.answers[:, index], Regression.on(known.masks)
            told["fitted"].append(agreement(known.masks, answers, ridge(STRENGTH), fit.deviations(answers), random))
            spread = centred_deviations(known.masks, answers)
            told["centred"].append(agreement(known.masks, answers, RULES["centred, infinite"], spread, random))
    for name, pairs in told.items():
        said, agreed = np.concatenate(pairs, axis=1)
        bins = np.minimum((said * 5).astype(int), 4)
        cells = [f"{said[bins == each].mean():.2f}, {agreed[bins == each].mean():.2f}" for each in range(5)]
        print(f"| {name}: mean foretold, agreed | {' | '.join(cells)} |")


def agreement(
    masks: Floats, answers: Floats, solve: Callable[[Floats, Floats], Floats], spread: Floats, random
) -> Floats:
    """Foretold and seen share of agreements in sign of fits on two halves: [2, P]."""
    away = np.abs(solve(masks, answers)) / np.maximum(spread, 1e-300)
    said = np.array([math.erf(min(z, 40.0) / math.sqrt(2)) for z in away])
    agreed = np.zeros(len(said))
    for _ in range(HALVINGS):
        order = random.permutation(len(masks))
        parts = np.array_split(order, 2)
        one, other = (np.sign(solve(masks[part], answers[part])) for part in parts)
        agreed += one == other
    return np.stack([said, agreed / HALVINGS])


def cost(classifier: Classifier, cache: Path) -> None:
    taken: dict[int, list[float]] = {1: [], 5: []}
    for known in photos(classifier, cache):
        for classes, times in taken.items():
            began = time.process_time()
            fit = Regression.on(known.masks)
            for index in range(classes):
                fit.contributions(known.answers[:, index])
                fit.weights(known.answers[:, index])
                fit.deviations(known.answers[:, index])
            times.append(1000 * (time.process_time() - began))
    for classes, times in taken.items():
        print(
            f"fits of {classes} classes on {known.masks.shape}: median {np.median(times):.1f} ms, most {max(times):.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("rule", "few", "sure", "cost"))
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes")
    parser.add_argument("--layer", help="target layer")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-regression-"))
    cache.mkdir(parents=True, exist_ok=True)
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(given.layer,) if given.layer else ()))
    {"rule": rule, "few": few, "sure": sure, "cost": cost}[given.what](classifier, cache)


if __name__ == "__main__":
    main()
