"""All measures of the variants of Score-CAM and of other methods: `python -m tests.bench.measures [--cache FOLDER]`.

Photos: the 20 labelled ones in the package foolbox, boxes drawn by hand. Model: EfficientNetLite0. Every mask is passed
once, and then answers are looked up; coherency, which needs the map of another photo, passes 48 masks (`SHOWN`). Maps
and numbers are kept in the folder: what was stopped goes on where it stopped, and a new row costs itself alone. Printed
is, for each measure, the mean and the difference to `article` photo by photo, with Holm-corrected stars.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from scorecam_cli.choices import Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.faithfulness.coherency import adcc, arcc, coherency
from scorecam_cli.faithfulness.curves import deletion_and_insertion
from scorecam_cli.faithfulness.drops import changes
from scorecam_cli.faithfulness.paired import differences
from scorecam_cli.faithfulness.pointing import energy_inside, points_inside
from scorecam_cli.faithfulness.road import road
from scorecam_cli.faithfulness.shape import complexity, sparseness
from scorecam_cli.faithfulness.summary import summarise
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs.regions import read_regions
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from tests.bench.fidelity import FINE_LAYER, Remembered, foolbox_photos

HERE = Path(__file__).parent
VARIANTS = tuple(Variant)
METHODS = ("faster-score-cam", "opti-cam", "eigen-cam", "grad-cam", "grad-cam++", "layer-cam", "gradient", "random")
OF_INPUT = ("gradient", "random")  # these look at no layer
SHOWN = 48  # masks passed for the map of the photo times its map
BASELINE = "article"
Floats = np.ndarray


@dataclass(frozen=True)
class Row:
    """A line of the table: a method, and for Score-CAM a variant; both: on the last layer and the fine one together."""

    method: str
    variant: Variant | None = None
    both: bool = False

    @property
    def name(self) -> str:
        return f"{self.variant or self.method}{', both layers' * self.both}"

    def key(self, classifier: Classifier, path: Path) -> str:
        """What its files are called: with the layer, where it looks at one."""
        layer = "input" if self.method in OF_INPUT else "both" if self.both else classifier.layer
        return f"{layer}-{path.stem}-{self.name}"

    def settings(self, **others) -> MethodSettings:  # type: ignore[no-untyped-def]
        return MethodSettings(**others) if self.variant is None else MethodSettings(variant=self.variant, **others)


ROWS = (
    *(Row("score-cam", variant) for variant in VARIANTS),
    Row("score-cam", Variant.FITTED, both=True),
    *(Row(method) for method in METHODS),
)


class Asked:
    """A photo and its class, and the answers under all masks where they are needed."""

    def __init__(self, classifier: Classifier, path: Path, label: int, cache: Path) -> None:
        self.classifier, self.path, self.label, self.cache = classifier, path, label, cache
        self.image = classifier.prepare(read_photo(path).rgb)

    @cached_property
    def plain(self) -> Question:
        return Question(self.classifier, self.image, self.classifier.observe(self.image), (self.label,))

    @cached_property
    def of_both(self) -> Question:
        both = _both_layers()
        return Question(both, self.image, both.observe(self.image), (self.label,))

    @cached_property
    def remembered(self) -> Question:
        known = Remembered(self.classifier, self.image, self.cache / f"{self.classifier.layer}-{self.path.stem}.npz")
        return Question(known, self.image, known.observation, (self.label,))  # type: ignore[arg-type]

    def map_of(self, row: Row) -> Floats:
        """float32 [H, W], from the folder where it is there."""
        path = self.cache / f"map-{row.key(self.classifier, self.path)}.npz"
        if not path.exists():
            asked = self.of_both if row.both else self.plain if row.variant is None else self.remembered
            np.savez_compressed(path, explain_with(row.method, asked, row.settings()).classes[0].map)
        with np.load(path) as saved:
            return saved["arr_0"]

    def map_of_shown(self, row: Row, image: Floats) -> Floats:
        """The map of another photo, for its coherency."""
        settings = row.settings(passes=SHOWN) if row.variant else row.settings()
        asked = self.of_both if row.both else self.plain
        return explain_with(row.method, asked.about_image(image), settings).classes[0].map


@cache
def _both_layers() -> Classifier:
    last = load_classifier(ModelSettings(model="EfficientNetLite0")).layer
    return load_classifier(ModelSettings(model="EfficientNetLite0", layers=(last, FINE_LAYER)))


def numbers(asked: Asked, row: Row, *, quick: bool) -> dict[str, float]:
    """Everything that is measured of one map, by name; where it shall be quick, nothing that needs another map."""
    saliency = asked.map_of(row)
    about = {"saliency": saliency, "class_index": asked.label}
    change = changes(asked.classifier, asked.image, **about)
    curves = deletion_and_insertion(asked.classifier, asked.image, **about)
    paths = road(asked.classifier, asked.image, **about)
    with Image.open(asked.path) as photo:
        region = read_regions(boxes=HERE / "foolbox_boxes.csv", masks=None).of(asked.path, *photo.size)
    found = {
        "drop": change.whole.drop,
        "increase": float(change.whole.increase),
        "gain": change.whole.gain,
        "drop, top half": change.top.drop,
        "increase, top half": float(change.top.increase),
        "gain, top half": change.top.gain,
        "deletion": curves.deletion.area,
        "insertion": curves.insertion.area,
        "insertion - deletion": curves.insertion.area - curves.deletion.area,
        "energy": energy_inside(saliency, region),
        "pointing": float(points_inside(saliency, region)),
        "ROAD": paths.difference,
        "ROAD, best first": paths.mean_morf,
        "ROAD, least first": paths.mean_lerf,
        "complexity": complexity(saliency),
        "sparseness": sparseness(saliency) or 0.0,
    }
    if quick:
        return found
    alike = coherency(lambda image: asked.map_of_shown(row, image), asked.image, saliency=saliency)
    about = {"coherent": alike, "complex_": found["complexity"]}
    means = {"ADCC": adcc(**about, drop=found["drop"]), "ARCC": arcc(**about, road=found["ROAD"])}
    return found | {"coherency": alike} | means


def measured(classifier: Classifier, cache: Path, *, quick: bool) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Photo, row and numbers; those that are in the folder cost nothing."""
    with (HERE / "foolbox_truth.csv").open() as file:
        truth = {row["photo"]: int(row["class"]) for row in csv.DictReader(file)}
    for path in foolbox_photos():
        asked = Asked(classifier, path, truth[path.name], cache)
        for row in ROWS:
            kept = cache / f"numbers-{row.key(classifier, path)}.json"
            found = json.loads(kept.read_text()) if kept.exists() else {}
            if "coherency" not in found and not (quick and found):
                found = numbers(asked, row, quick=quick)
                kept.write_text(json.dumps(found))
            yield path.stem, row.name, found
        print(path.stem, flush=True)


def table(found: list[tuple[str, str, dict[str, float]]], title: str) -> None:
    """Means, with a row for each map, and differences to the baseline, with a row for each measure."""
    columns = [column for column in found[0][2] if all(column in numbers for _, _, numbers in found)]
    rows = [{"photo": photo, "method": row} | {k: repr(v) for k, v in numbers.items()} for photo, row, numbers in found]
    print(f"\n{title}\n| map | " + " | ".join(columns) + " |\n|---" + "|---:" * len(columns) + "|")
    for row, means in summarise(rows, columns).items():
        print(f"| {row} | " + " | ".join(f"{means[column].mean:.3f}" for column in columns) + " |")
    apart = differences(rows, columns, baseline=BASELINE)
    print(f"\n| minus {BASELINE}, photos | " + " | ".join(apart) + " |\n|---" + "|---:" * len(apart) + "|")
    for column in columns:
        cells = [of_row[column] for of_row in apart.values()]
        told = [f"{each.difference:+.3f} ± {each.standard_error:.3f} {each.stars}".rstrip() for each in cells]
        print(f"| {column}, {cells[0].photos} | " + " | ".join(told) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("scorecam-measures"), help="folder that keeps what was made")
    parser.add_argument("--layer", action="append", help=f"target layer, repeatable; default: the last, {FINE_LAYER}")
    parser.add_argument("--quick", action="store_true", help="leave out coherency, ADCC and ARCC: they need more maps")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    for layer in given.layer or (None, FINE_LAYER):
        classifier = load_classifier(ModelSettings(model="EfficientNetLite0", layers=(layer,) if layer else ()))
        table(list(measured(classifier, given.cache, quick=given.quick)), "x".join(map(str, classifier.grid_shape)))


if __name__ == "__main__":
    main()
