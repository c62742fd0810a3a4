"""Several target layers: `python -m tests.bench.layers maps|ahead|strength|grids|share [--cache FOLDER]`.

maps: the ten numbers of `scorecam evaluate` for one layer, the other, and both. ahead: the fit on both against one
layer, photo by photo. strength: the numbers of the fit on both, with other penalties and with one mean for all
masks. grids: with a third layer, of a finer grid. share: how like the exact map those of fewer passes are, by how the
passes are shared out over the layers. Photos: the 20 labelled ones in the package foolbox. Model: EfficientNetLite0.
Every mask is passed once; with --cache the answers are kept.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scorecam_cli.choices import Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.photos.read import read_photo
from scorecam_cli.runs.regions import read_regions
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.inference import infer_weights, median_of
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.regression import STRENGTH, Regression
from scorecam_cli.saliency.representatives import grid_masks, medoid_order, squared_distances
from scorecam_cli.saliency.stacked import Stacked
from scorecam_cli.saliency.upsampling import upsample
from scorecam_cli.saliency.variants import Summands
from tests.bench.fidelity import FINE_LAYER, Remembered, correlation, foolbox_photos
from tests.bench.regression import HERE, Known, numbers, table

LAYERS = {28: "block4a_expand_activation", 14: FINE_LAYER, 7: "top_activation"}
FIRST = "article, 7"
PASSES = (32, 64, 128)


@dataclass(frozen=True)
class Seen:
    """A photo whose answers are all known, whichever of the layers is looked at."""

    path: Path
    image: np.ndarray
    label: int
    classifiers: dict[tuple[int, ...], Classifier]

    def asked(self, sides: tuple[int, ...]) -> Question:
        classifier = self.classifiers[sides]
        return Question(classifier, self.image, classifier.observe(self.image), (self.label,))

    def known(self, sides: tuple[int, ...]) -> Known:
        """The masks of these layers on the finest grid, and their answers."""
        asked = self.asked(sides)
        masks = Stacked.of(asked.by_layer)
        grids = masks.activations[:, :, masks.live].transpose(2, 0, 1)
        parts = [asked.classifier.masked_answers(self.image, own) for _, own in masks.split(np.arange(len(grids)))]
        lows, highs = (np.concatenate([getattr(part, name) for part in parts]) for name in ("lows", "highs"))
        answers = np.concatenate([part.answers.probabilities for part in parts]).astype(np.float64)
        return Known(self.path, asked, grid_masks(grids, lows, highs), answers)

    def map(self, sides: tuple[int, ...], method: str = "score-cam", **settings) -> np.ndarray:
        return explain_with(method, self.asked(sides), MethodSettings(**settings)).classes[0].map


def photos(sides: list[tuple[int, ...]], cache: Path) -> Iterator[Seen]:
    whole = load_classifier(ModelSettings(model="EfficientNetLite0"))
    targets = {side: whole.network.target(name) for side, name in LAYERS.items()}
    classifiers = {each: whole.looking_at([targets[side] for side in each]) for each in sides}
    used = {side: whole.looking_at([targets[side]]) for each in sides for side in each}
    with (HERE / "foolbox_truth.csv").open() as file:
        truth = {row["photo"]: int(row["class"]) for row in csv.DictReader(file)}
    for path in foolbox_photos():
        image = whole.prepare(read_photo(path).rgb)
        known = [Remembered(each, image, cache / f"{each.layer}-{path.stem}.npz") for each in used.values()]
        answers = {grid: (one, at) for one in known for grid, at in one.index.items()}

        def remembered(_image, grids, answers=answers, **_settings) -> MaskedAnswers:
            places = [answers[grid.tobytes()] for grid in grids]
            parts = [[one.passed[part][at] for one, at in places] for part in range(4)]
            probabilities, logits, lows, highs = (np.stack(part) for part in parts)
            return MaskedAnswers(Answers(probabilities, logits), lows, highs)

        for classifier in classifiers.values():
            for each in (classifier, *classifier.parts):
                each.masked_answers = remembered  # type: ignore[method-assign]
        yield Seen(path, image, truth[path.name], classifiers)


Way = Callable[[Seen], np.ndarray]


def compared(ways: dict[str, Way], sides: list[tuple[int, ...]], cache: Path) -> dict[str, list[list[float]]]:
    regions = read_regions(boxes=HERE / "foolbox_boxes.csv", masks=None)
    rows: dict[str, list[list[float]]] = {name: [] for name in ways}
    for seen in photos(sides, cache):
        known = Known(seen.path, seen.asked(sides[0]), np.zeros(0), np.zeros(0))
        for name, way in ways.items():
            rows[name].append(numbers(seen.classifiers[sides[0]], known, way(seen), regions))
    table(rows, FIRST)
    return rows


def of(sides: tuple[int, ...], method: str = "score-cam", **settings) -> Way:
    return lambda seen: seen.map(sides, method, **settings)


def maps(cache: Path) -> None:
    alone, both = ((7,), (14,)), (14, 7)
    ways = {
        f"{variant}, {'+'.join(map(str, sides))}": of(sides, variant=variant)
        for variant in (Variant.ARTICLE, Variant.CENTRED, Variant.FITTED)
        for sides in (*alone, both)
    }
    for method in ("grad-cam", "grad-cam++", "layer-cam"):
        ways |= {f"{method}, {'+'.join(map(str, sides))}": of(sides, method) for sides in (*alone, both)}
    compared(ways, [*alone, both], cache)


def ahead(cache: Path) -> None:
    alone, three, both = ((7,), (14,)), (28, 14, 7), (14, 7)
    ways = {f"article, {side[0]}": of(side) for side in alone}
    ways |= {
        f"fitted, {'+'.join(map(str, sides))}": of(sides, variant=Variant.FITTED) for sides in (*alone, three, both)
    }
    rows = compared(ways, [*alone, three, both], cache)
    apart = {name: np.array(values)[:, 1] - np.array(values)[:, 0] for name, values in rows.items()}
    *others, last = apart
    for name in others:
        more = apart[last] - apart[name]
        error = more.std(ddof=1) / np.sqrt(len(more))
        print(f"{last} against {name}: {more.mean():+.3f} ± {error:.3f}, ahead on {(more > 0).sum()} of {len(more)}")


def strength(cache: Path) -> None:
    both = (14, 7)

    def ridge(strength: float, *, own_means: bool = True) -> Way:
        def solve(seen: Seen) -> np.ndarray:
            known = seen.known(both)
            layers = Stacked.of(known.asked.by_layer).layers_of(np.arange(len(known.masks)))
            fit = Regression.on(known.masks, strength=strength, layers=layers if own_means else None)
            return known.map(fit.contributions(known.answers[:, seen.label]))

        return solve

    ways = {FIRST: of((7,))} | {
        f"fitted, {name}": ridge(STRENGTH * share)
        for name, share in (("1/16, the rule", 1), ("a third of it", 1 / 3), ("three times it", 3))
    }
    ways["fitted, 1/16, one mean for all"] = ridge(STRENGTH, own_means=False)
    compared(ways, [(7,), both], cache)


def grids(cache: Path) -> None:
    sets: list[tuple[int, ...]] = [(7,), (28,), (28, 14, 7)]
    ways = {FIRST: of((7,)), "article, 28": of((28,))}
    ways |= {f"fitted, {'+'.join(map(str, sides))}": of(sides, variant=Variant.FITTED) for sides in sets[1:]}
    compared(ways, sets, cache)


def share(cache: Path) -> None:
    both = (14, 7)
    alike: dict[str, list[tuple[float, int]]] = {}
    for seen in photos([both], cache):
        exact = seen.map(both, variant=Variant.FITTED)
        for name, counts, correlated in shared_ways(seen.known(both), Variant.FITTED, exact):
            alike.setdefault(f"{sum(counts)}, {name}", []).append((correlated, counts[0]))
    print("| passes | mean | lowest | of the finer layer |\n|---|---|---|---|")
    for name, pairs in alike.items():
        same, finer = np.array(pairs).T
        print(f"| {name} | {same.mean():.4f} | {same.min():.3f} | {finer.mean():.0f} |")


def shared_ways(known: Known, variant: Variant, exact) -> Iterator[tuple[str, list[int], float]]:
    """Each way to share so many passes out, how many each layer gets, and how like the exact map the result is."""
    stack = Stacked.of(known.asked.by_layer)
    layers = stack.layers_of(np.arange(len(stack.live)))
    summed = Summands(stack.activations, stack.live, stack.ranges(), variant, layers=layers)
    size, answers = known.asked.size, known.answers[:, known.label]
    distances, energies, parts = squared_distances(known.masks), summed.energies(size), summed.parts(size)
    first = len(stack.grids[0])
    own = [np.arange(first), np.arange(first, len(answers))]
    orders = [each[medoid_order(distances[np.ix_(each, each)], energies[each], PASSES[-1])] for each in own]
    joint = medoid_order(distances, energies, PASSES[-1])
    for passes in PASSES:
        half, by_size = passes // 2, round(passes * first / len(answers))
        ways = {"together": joint[:passes]}
        ways |= {
            name: np.concatenate([orders[0][:fine], orders[1][: passes - fine]])
            for name, fine in (("half each", half), ("by their masks", by_size))
        }
        for name, passed in ways.items():
            weights = infer_weights(
                answers[passed], passed, distances=distances, median=median_of(distances), parts=parts
            )[0].weights
            made = np.maximum(upsample(summed.summed(weights), size), 0)
            yield name, [int((passed < first).sum()), int((passed >= first).sum())], correlation(made, exact)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    ways = {"maps": maps, "ahead": ahead, "strength": strength, "grids": grids, "share": share}
    parser.add_argument("what", choices=ways)
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-layers-"))
    cache.mkdir(parents=True, exist_ok=True)
    ways[given.what](cache)


if __name__ == "__main__":
    main()
