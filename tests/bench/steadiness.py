"""Sanity and stability of the variants of Score-CAM: `python -m tests.bench.steadiness [--photos N] [--passes N]`.

What `scorecam evaluate --measures sanity,stability --variant V` measures, of article, centred and fitted at once: the
three share their masked passes. Photos: the first of the 20 labelled ones in the package foolbox, the labelled class.
Model: EfficientNetLite0.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from scorecam_cli.choices import Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.faithfulness.ranks import rank_correlation
from scorecam_cli.faithfulness.sanity import cascading_randomisation
from scorecam_cli.faithfulness.stability import max_sensitivity
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs.measuring import STABILITY_SAMPLES
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.bench.fidelity import foolbox_photos

HERE = Path(__file__).parent
VARIANTS = (Variant.ARTICLE, Variant.CENTRED, Variant.FITTED)


class Once:
    """A classifier that passes each set of masks once."""

    def __init__(self, classifier) -> None:
        self.classifier, self.known = classifier, {}

    def __getattr__(self, name):
        return getattr(self.classifier, name)

    def masked_answers(self, image, grids, **settings):
        key = grids.tobytes()
        if key not in self.known:
            self.known[key] = self.classifier.masked_answers(image, grids, **settings)
        return self.known[key]


class Recorded:
    """Maps of all variants [3, H, W], each time that a measure asks for the one of the first."""

    def __init__(self, passes: int) -> None:
        self.passes, self.maps = passes, []

    def __call__(self, classifier, image, label):
        known = Once(classifier)
        asked = Question(known, image, known.observe(image), (label,))
        settings = [MethodSettings(variant=variant, passes=self.passes) for variant in VARIANTS]
        self.maps.append([explain_with("score-cam", asked, each).classes[0].map for each in settings])
        return self.maps[-1][0]


def steadiness(classifier, following, image, label: int, passes: int) -> tuple[list[list[float]], list[float]]:
    """Of each variant the rank correlations of the stages, and the largest relative change.

    following: the classifier whose passes follow its weights.
    """
    sanity, stability = Recorded(passes), Recorded(passes)
    cascading_randomisation(following, lambda unfrozen: sanity(unfrozen, image, label))
    max_sensitivity(lambda changed: stability(classifier, changed, label), image, samples=STABILITY_SAMPLES)
    first, *others = stability.maps
    return (
        [[rank_correlation(each[at], sanity.maps[0][at]) for each in sanity.maps[1:]] for at in range(len(VARIANTS))],
        [
            max(float(np.linalg.norm(each[at] - first[at]) / np.linalg.norm(first[at])) for each in others)
            for at in range(len(VARIANTS))
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10)
    parser.add_argument("--passes", type=int, default=64)
    given = parser.parse_args()
    with (HERE / "foolbox_truth.csv").open() as file:
        truth = {row["photo"]: int(row["class"]) for row in csv.DictReader(file)}
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0"))
    following, found = classifier.unfrozen(), []
    for path in foolbox_photos()[: given.photos]:
        image = classifier.prepare(read_photo(path).rgb)
        found.append(steadiness(classifier, following, image, truth[path.name], given.passes))
        print(path.stem, found[-1], flush=True)
    print(
        "| variant | " + " | ".join(str(stage + 1) for stage in range(6)) + " | stability |\n|---" + "|---:" * 7 + "|"
    )
    for at, variant in enumerate(VARIANTS):
        stages = np.mean([sanity[at] for sanity, _ in found], axis=0)
        changes = np.array([stability[at] for _, stability in found])
        error = changes.std(ddof=1) / np.sqrt(len(changes))
        print(f"| {variant} | {' | '.join(f'{each:.2f}' for each in stages)} | {changes.mean():.2f} ± {error:.2f} |")


if __name__ == "__main__":
    main()
