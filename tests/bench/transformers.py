"""Which method for a transformer? `python -m tests.bench.transformers [--cache FOLDER] [--photos N]`.

Two small vision transformers, one with a class token and one that takes the mean of its tokens, and a convolutional
network are trained on cut-outs of scikit-image's photos, of which it is known where the object is; then the maps of
each method are measured as `scorecam evaluate` does. Weights and numbers are kept in the folder, if one is given.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import scorecam_cli
from scorecam_cli.choices import Variant
from scorecam_cli.errors import ModelError
from scorecam_cli.faithfulness.curves import deletion_and_insertion
from scorecam_cli.faithfulness.drops import changes
from scorecam_cli.faithfulness.pointing import energy_inside, points_inside
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.bench.cutouts import CLASSES, Cutouts, cutouts
from tests.bench.small_networks import NETWORKS, trained

ROWS = {
    **{f"score-cam, {variant}": ("score-cam", MethodSettings(variant=variant)) for variant in Variant},
    **{name: (name, MethodSettings()) for name in ("vit-cx", "recipro-cam", "ablation-cam")},
    **{name: (name, MethodSettings()) for name in ("grad-cam", "grad-cam++", "layer-cam", "hires-cam")},
    "rise, 500 passes": ("rise", MethodSettings(passes=500)),
    "random": ("random", MethodSettings()),
}
ANY_LAYER = ("rise, 500 passes", "random")  # they ask for no layer
# The default target of score-cam first; what the first attention is given, and what all of the photo passes through
# before it: defaults of methods that look behind the layer. None: each method's own default.
LAYERS: dict[str, tuple[str | None, ...]] = {
    "vit-token": ("norm_2a", "norm_0a", "positions"),
    "vit-mean": ("norm", "norm_0a", "positions"),
    "cnn": (None,),
}
COLUMNS = ("passes", "drop", "deletion", "insertion", "energy in object", "peak in object")
BEST = {"drop": min, "deletion": min}  # of the others from "insertion" on: max


def measured(classifier: Classifier, photos: Cutouts, row: str) -> np.ndarray:
    """float64 [N, COLUMNS]: what is measured of each photo's map."""
    name, settings = ROWS[row]
    found = []
    for number, (rgb, label, inside) in enumerate(zip(photos.rgb, photos.classes, photos.objects, strict=True)):
        asked = Question.about(classifier, rgb, asked=[str(label)])
        explanation = explain_with(name, asked, replace(settings, seed=number))
        saliency = explanation.classes[0].map
        about = {"saliency": saliency, "class_index": int(label)}
        drop = changes(classifier, asked.image, **about).whole.drop
        curves = deletion_and_insertion(classifier, asked.image, **about)
        pointing = energy_inside(saliency, inside), points_inside(saliency, inside, tolerance=0)
        found.append((explanation.passes, drop, curves.deletion.area, curves.insertion.area, *pointing))
    return np.array(found, float)


def table(rows: dict[str, np.ndarray]) -> list[str]:
    """In Markdown, mean ± standard error, the best of each column bold."""
    means = {row: numbers.mean(axis=0) for row, numbers in rows.items()}
    errors = {row: numbers.std(axis=0) / len(numbers) ** 0.5 for row, numbers in rows.items()}
    best = [BEST.get(column, max)(mean[at] for mean in means.values()) for at, column in enumerate(COLUMNS)]
    lines = ["| method | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for row, mean in means.items():
        cells = [f"{mean[0]:.0f}"]
        for at in range(1, len(COLUMNS)):
            number = f"**{mean[at]:.3f}**" if mean[at] == best[at] else f"{mean[at]:.3f}"
            cells.append(f"{number} ± {errors[row][at]:.3f}")
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def compare(name: str, folder: Path, photos: Cutouts, layer: str | None) -> None:
    classifier = scorecam_cli.wrap(trained(name, folder), labels=list(CLASSES), preprocess="tf", layer=layer)
    said = [int(classifier.observe(classifier.prepare(rgb)).answers.probabilities.argmax()) for rgb in photos.rgb]
    share = np.mean(np.array(said) == photos.classes)
    kept = folder / f"{name}-{layer or 'default'}-{len(photos.rgb)}.npz"
    rows = dict(np.load(kept)) if kept.exists() else {}
    asked = [row for row in ROWS if layer == LAYERS[name][0] or row not in ANY_LAYER]
    for row in asked:
        try:
            if row not in rows:
                rows[row] = measured(classifier, photos, row)
        except ModelError as error:  # the method does not fit the network
            print(f"{row}: {error}")
        np.savez(kept, **rows)
    print(f"\n{name}, layer {classifier.layer}, {share:.1%} of {len(photos.rgb)} photos right\n", flush=True)
    print("\n".join(table({row: rows[row] for row in asked if row in rows})), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps weights and numbers")
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    given = parser.parse_args()
    folder = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-transformers-"))
    folder.mkdir(parents=True, exist_ok=True)
    photos = cutouts(given.photos, seed=4)
    print(f"objects cover {photos.objects.mean():.1%} of the photos")
    for name in given.networks:
        for layer in LAYERS[name]:
            compare(name, folder, photos, layer)


if __name__ == "__main__":
    main()
