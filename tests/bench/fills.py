"""What masked pixels become, measured: `python -m tests.bench.fills [--cache FOLDER] [--layer L]`.

For each fill and each variant of Score-CAM the ten numbers of `scorecam evaluate`, whose own fills stay as they are,
and how much of the class is left where all is hidden. Photos: the 20 labelled ones in the package foolbox. Model:
EfficientNetLite0. Every mask is passed once for each fill; with --cache answers and numbers are kept, photo by photo.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from pathlib import Path

import numpy as np

from scorecam_cli.choices import Fill, Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs.regions import Regions, read_regions
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.fills import BLUR, STRONG_BLUR, filled
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.bench.fidelity import Remembered, foolbox_photos
from tests.bench.regression import COLUMNS, HERE, Floats, Known, numbers

SHARES = (BLUR, 1 / 16, STRONG_BLUR, 1 / 4)


def labels() -> dict[str, int]:
    with (HERE / "foolbox_truth.csv").open() as file:
        return {row["photo"]: int(row["class"]) for row in csv.DictReader(file)}


def left(classifier: Classifier) -> None:
    """Of the labelled class, behind each fill and behind blurs of other widths."""
    hidden = {str(fill): [(fill, BLUR)] for fill in (Fill.ZERO, Fill.MEAN)}
    hidden |= {f"blur of {share:.3f} of each side": [(Fill.BLUR, share)] for share in SHARES}
    images = [(classifier.prepare(read_photo(path).rgb), labels()[path.name]) for path in foolbox_photos()]
    print("| fill | of the class's probability is left, mean | more than a tenth, photos |\n|---|---:|---:|")
    whole = np.array([classifier.observe(image).answers.probabilities[label] for image, label in images])
    for name, ((fill, share),) in hidden.items():
        seen = [classifier.observe(filled(image, fill, blur=share)).answers.probabilities[at] for image, at in images]
        shares = np.array(seen) / whole
        print(f"| {name} | {shares.mean():.3f} | {(shares > 0.1).sum()} |", flush=True)


def measured(classifier: Classifier, path: Path, fill: Fill, regions: Regions, cache: Path) -> Floats:
    """The ten numbers of each variant, [5, 10]."""
    name = f"{classifier.layer}-{path.stem}" + ("" if fill == Fill.ZERO else f"-{fill}")
    kept = cache / f"numbers-{classifier.layer}-{path.stem}-{fill}.npy"
    if kept.exists():
        return np.load(kept)
    image = classifier.prepare(read_photo(path).rgb)
    filling = None if fill == Fill.ZERO else filled(image, fill, blur=STRONG_BLUR)
    known = Remembered(classifier, image, cache / f"{name}.npz", filling=filling)
    asked = Question(known, image, known.observation, (labels()[path.name],))  # type: ignore[arg-type]
    about = Known(path, asked, np.zeros(0), np.zeros(0))
    rows = []
    for variant in Variant:
        saliency = explain_with("score-cam", asked, MethodSettings(variant=variant, fill=fill)).classes[0].map
        rows.append(numbers(classifier, about, saliency, regions))
    np.save(kept, rows)
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps answers and numbers")
    parser.add_argument("--layer", help="target layer")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-fills-"))
    cache.mkdir(parents=True, exist_ok=True)
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(given.layer,) if given.layer else ()))
    left(classifier)
    regions = read_regions(boxes=HERE / "foolbox_boxes.csv", masks=None)
    found = np.array(
        [[measured(classifier, path, fill, regions, cache) for fill in Fill] for path in foolbox_photos()]
    )  # [photos, fills, variants, numbers]
    print("| " + " | ".join(("", *COLUMNS, "insertion - deletion, against zero")) + " |\n|---" + "|---:" * 11 + "|")
    apart = found[..., 1] - found[..., 0]
    for at, variant in enumerate(Variant):
        for of, fill in enumerate(Fill):
            more = apart[:, of, at] - apart[:, 0, at]
            cells = [f"{each:.3f}" for each in found[:, of, at].mean(axis=0)]
            error = more.std(ddof=1) / math.sqrt(len(more))
            print(f"| {variant}, {fill} | {' | '.join(cells)} | {more.mean():+.3f} ± {error:.3f} |")


if __name__ == "__main__":
    main()
