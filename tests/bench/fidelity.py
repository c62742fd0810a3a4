"""Error against passes: `python -m tests.bench.fidelity [--cache FOLDER] [--photos FOLDER] [--only TEXT]`.

Every mask of every photo is passed once; then maps with fewer passes are made from the same answers and compared with
the exact map. EfficientNetLite0 on two grids, with the 20 labelled photos in the package foolbox, by which the margin
of the estimate was chosen, with 20 of scikit-image, matplotlib and sample_images, and with those of a folder; and two
networks that are trained on cut-outs, see `tests.bench.grid_networks`. The predicted class.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from scorecam_cli.choices import Selection, Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency import few_passes, inference
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.question import Question, live_channels
from tests.bench.cutouts import cutouts
from tests.bench.grid_networks import NETWORKS, enlarged, settings_of

FINE_LAYER = "block6a_expand_activation"  # the last 14 x 14 x 672
PASSES = (32, 64, 128, 256)
MANY = 5000  # numbers of an array by which it is told from others of the same photo
SAME = 1e-6  # what float32 maps tell apart of a correlation
FIDELITIES = (0.95, 0.99, 0.999)
VARIANTS = (Variant.ARTICLE, Variant.PAPER, Variant.CENTRED, Variant.FITTED)
ASKED: list[dict[str, Any]] = [{"fidelity": each} for each in FIDELITIES] + [{"passes": count} for count in PASSES]
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
            keep(path, (masked.answers.probabilities, masked.answers.logits, masked.lows, masked.highs))
        with np.load(path) as saved:
            self.passed = tuple(saved[name] for name in saved.files)

    def __getattr__(self, name):
        return getattr(self.classifier, name)

    def masked_answers(self, _image, grids, **_settings) -> MaskedAnswers:
        at = [self.index[grid.tobytes()] for grid in grids]
        probabilities, logits, lows, highs = (part[at] for part in self.passed)
        return MaskedAnswers(Answers(probabilities, logits), lows, highs)


def keep(path: Path, arrays: tuple[np.ndarray, ...]) -> None:
    """Whole or not at all, also where another process keeps the same."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as part:
        np.savez(part, *arrays)
    Path(part.name).replace(path)


@dataclass(frozen=True)
class Subject:
    """A network, by how it is loaded, and the photos that it is asked about: name and uint8 [H0, W0, 3] of each."""

    title: str
    model: ModelSettings
    photos: list[tuple[str, Any]]


@contextmanager
def worked_out_once() -> Iterator[None]:
    """What is fitted to the same answers, and chosen by it, is kept: most variants pass the same masks."""
    kept: dict[bytes, Any] = {}

    def remembering(work: Callable[..., Any]) -> Callable[..., Any]:
        def remembered(*args: Any, **named: Any) -> Any:
            key = hashlib.blake2b(work.__name__.encode())
            for each in (*args, *named.values()):
                parts = vars(each).values() if isinstance(each, few_passes.Unpassed) else (each,)
                for part in parts:
                    key.update(
                        part.ravel()[:: 1 + part.size // MANY].tobytes()
                        if isinstance(part, np.ndarray)
                        else repr(part).encode()
                    )
            if key.digest() not in kept:
                kept[key.digest()] = work(*args, **named)
            return kept[key.digest()]

        return remembered

    with ExitStack() as stack:
        for room, names in ((inference, ("_fit", "_posterior", "_surprise")), (few_passes, ("next_masks",))):
            for name in names:
                stack.enter_context(mock.patch.object(room, name, remembering(getattr(room, name))))
        yield


def correlation(first, second) -> float:
    """Over the pixels; 0 where a map is flat, for it is like no other."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
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


def subjects(folder: Path | None, cache: Path) -> Iterator[Subject]:
    lite = {"14 x 14 x 672": (FINE_LAYER,), "7 x 7 x 1280": ()}
    sets = {"foolbox": foolbox_photos(), "others": other_photos()}
    if folder is not None:
        sets["folder"] = sorted(folder.iterdir())
    for grid, layers in lite.items():
        for name, paths in sets.items():
            model = ModelSettings(model="EfficientNetLite0", layers=layers)
            yield Subject(f"{name}, {grid}", model, [(each.stem, read_photo(each).rgb) for each in paths])
    for name in NETWORKS:
        photos = [(f"cutout-{number}", rgb) for number, rgb in enumerate(enlarged(cutouts(20, seed=13).rgb))]
        yield Subject(name, settings_of(name, cache), photos)


def measured(subject: Subject, cache: Path, settings: list[dict[str, Any]]) -> np.ndarray:
    """Of each setting and photo the correlation with the exact map, its estimate, the passes: [settings, photos, 3]."""
    classifier = load_classifier(subject.model)
    kept = cache / subject.title.replace(" ", "")
    kept.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (name, rgb) in enumerate(subject.photos):
        print(f"{subject.title}, {number + 1} of {len(subject.photos)}: {name}", file=sys.stderr, flush=True)
        image = classifier.prepare(rgb)
        known = Remembered(classifier, image, kept / f"{name}.npz")
        index = int(known.observation.answers.probabilities.argmax())
        asked = Question(known, image, known.observation, (index,))  # type: ignore[arg-type]
        exact = {
            each: explain_with("score-cam", asked, MethodSettings(variant=each)).classes[0].map for each in VARIANTS
        }
        with worked_out_once():
            maps = [explain_with("score-cam", asked, MethodSettings(**setting)) for setting in settings]
        rows.append(
            [
                (
                    correlation(found.classes[0].map, exact[setting["variant"]]),
                    np.nan
                    if found.classes[0].estimated_correlation is None
                    else found.classes[0].estimated_correlation,
                    found.passes,
                )
                for setting, found in zip(settings, maps, strict=True)
            ]
        )
    return np.swapaxes(np.array(rows), 0, 1)


def cell(rows: np.ndarray) -> str:
    """Measured and estimated correlations and passes [photos, 3] of one setting, in a few words."""
    true, estimates, passes = rows.T
    spread = "" if len(set(passes)) == 1 else f"{passes.mean():.0f} ({passes.max():.0f}): "
    above = "" if np.isnan(estimates).all() else f"; {np.mean(estimates > true + SAME):.0%}".replace("%", " %")
    return f"{spread}{true.mean():.4f}, {np.quantile(true, 0.05):.4f}, {true.min():.4f}{above}"


def tables(found: dict[str, np.ndarray]) -> Iterator[str]:
    """Of each network and grid what was measured [variants, asked, photos, 3]."""
    parts = {"--fidelity": slice(0, len(FIDELITIES)), "--passes": slice(len(FIDELITIES), None)}
    for option, part in parts.items():
        asked = [f"`{option} {value}`" for setting in ASKED[part] for value in setting.values()]
        yield f"\n| photos or network, grid | `--variant` | {' | '.join(asked)} |\n|---|---|{'---|' * len(asked)}"
        for title, rows in found.items():
            for variant, of_variant in zip(VARIANTS, rows, strict=True):
                yield f"| {title} | {variant} | {' | '.join(cell(each) for each in of_variant[part])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the exact passes and the trained networks")
    parser.add_argument("--photos", type=Path, help="folder of photos that are asked about, too")
    parser.add_argument("--only", default="", help="of all networks and grids those with this text in their title")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp(prefix="scorecam-fidelity-"))
    cache.mkdir(parents=True, exist_ok=True)
    settings = [{"variant": variant, **asked} for variant in VARIANTS for asked in ASKED]
    faster = [{"variant": Variant.ARTICLE, "passes": each, "selection": Selection.FASTER} for each in PASSES]
    found: dict[str, np.ndarray] = {}
    for subject in subjects(given.photos, cache):
        if given.only in subject.title:
            rows = measured(subject, cache, settings + faster)
            found[subject.title] = rows[: len(settings)].reshape(len(VARIANTS), len(ASKED), -1, 3)
            lines = zip(PASSES, rows[len(settings) :], strict=True)
            spread = "; ".join(f"{passes}: {cell(row)}" for passes, row in lines)
            print(f"{subject.title}: {len(subject.photos)} photos; --selection faster, article: {spread}", flush=True)
    print("Passes, mean (largest): correlation, mean, 5th percentile, lowest; share with the estimate above it")
    print(*tables(found), sep="\n")


if __name__ == "__main__":
    main()
