"""How much of a run over many photos is passes: `python -m tests.bench.pipeline` prints photos a second and shares.

A tiny model stands for a fast device: reading, drawing and writing weigh most then. `--pause` makes each photo's
passes longer by so many seconds without using the processor, as a device does that computes beside it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).parents[2] / "sample_images" / "coffee.jpg"
STAGES = ("read", "passes", "draw", "write")


def main() -> None:
    """Time a run over photos, then each stage alone over the same photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("W0", "H0"))
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS")
    asked = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory(prefix="scorecam-bench-") as folder:
        photos = _make_photos(Path(folder), asked.photos, tuple(asked.size))
        model = _make_model(Path(folder))
        _report(photos, Path(folder) / "maps", model, asked.pause)


def _report(photos: list[Path], output: Path, model: Path, pause: float) -> None:
    """Print the table."""
    from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
    from scorecam_cli.loading.load import load_classifier

    settings = ModelSettings(model=str(model))
    config = ExplainConfig(PhotoSettings(), settings, classes=("1",), force=True)
    classifier = load_classifier(settings)
    with _passes_of(classifier, pause) as spent:
        _explain(config, photos[:2], output, classifier)  # compiled before anything is timed
        spent.clear()
        wall = _explain(config, photos, output, classifier)
        share = sum(spent) / wall
        alone = _stages_alone(config, photos, output, classifier)
    count, total = len(photos), sum(alone.values())
    print(f"{count} photos, {os.cpu_count()} processors, {pause * 1000:.0f} ms of pause in the passes of each")
    for stage in STAGES:
        print(f"  {stage + ' alone':<22}{alone[stage] / count * 1000:8.1f} ms/photo")
    print(f"  {'sum of the stages':<22}{total / count * 1000:8.1f} ms/photo {count / total:8.1f} photos/s")
    print(f"  {'longest stage':<22}{max(alone.values()) / count * 1000:8.1f} ms/photo")
    print(f"  {'run':<22}{wall / count * 1000:8.1f} ms/photo {count / wall:8.1f} photos/s")
    print(f"  {'run: share in passes':<22}{share:8.0%}")


def _explain(config: Any, photos: list[Path], output: Path, classifier: Any) -> float:
    """Seconds of a whole run with a model that is loaded already."""
    from scorecam_cli.outcomes import Explained
    from scorecam_cli.records import PhotoJob
    from scorecam_cli.runs.explain import explain_photos
    from scorecam_cli.runs.request import ExplainRequest
    from scorecam_cli.runs.session import Session

    jobs = [PhotoJob(photo, output / photo.name) for photo in photos]
    request = ExplainRequest.of(config)
    began = time.perf_counter()
    outcomes = list(explain_photos(request, Session(request, time.perf_counter, loaded=classifier), jobs))
    seconds = time.perf_counter() - began
    assert all(isinstance(outcome, Explained) and not outcome.skipped for outcome in outcomes)
    return seconds


def _stages_alone(config: Any, photos: list[Path], output: Path, classifier: Any) -> dict[str, float]:
    """Seconds of each stage over all photos, nothing else running."""
    from scorecam_cli.files import write
    from scorecam_cli.photos import draw
    from scorecam_cli.photos.read import read_photo
    from scorecam_cli.saliency.explaining import explain_with
    from scorecam_cli.saliency.question import Question

    seconds = dict.fromkeys(STAGES, 0.0)

    def timed(stage: str, task: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = task()
        seconds[stage] += time.perf_counter() - began
        return result

    def passes(rgb: Any) -> Any:
        return explain_with("score-cam", Question.about(classifier, rgb, asked=["1"])).classes[0].map

    def pictures(rgb: Any, saliency: Any) -> Any:
        height, width = rgb.shape[:2]
        levels = draw.heat_levels(saliency, width=width, height=height)
        heat = draw.heat_tiles(levels, colormap=config.colormap)
        laid = draw.overlay_tiles(rgb, levels, colormap=config.colormap, alpha=config.alpha)
        parts = {"heatmap.png": heat, "overlay.png": laid}
        return {ending: draw.image_of(tiles, width=width, height=height) for ending, tiles in parts.items()}

    def files(name: str, drawn: Any) -> None:
        for ending, image in drawn.items():
            write.write_image(output / f"{name}-{ending}", image)
        write.write_json(output / f"{name}.json", {"photo": name})

    for photo in photos:
        rgb = timed("read", lambda photo=photo: read_photo(photo)).rgb
        saliency = timed("passes", lambda rgb=rgb: passes(rgb))
        drawn = timed("draw", lambda rgb=rgb, saliency=saliency: pictures(rgb, saliency))
        timed("write", lambda photo=photo, drawn=drawn: files(f"alone-{photo.name}", drawn))
    return seconds


@contextmanager
def _passes_of(classifier: Any, pause: float) -> Iterator[list[float]]:
    """The seconds that each photo's masked passes took, `pause` longer than they are."""
    spent: list[float] = []
    real = classifier.masked_answers

    def masked_answers(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        found = real(*arguments, **options)
        time.sleep(pause)
        spent.append(time.perf_counter() - began)
        return found

    classifier.masked_answers = masked_answers
    try:
        yield spent
    finally:
        del classifier.masked_answers


def _make_photos(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    """JPEG files of a sample photo, each moved a little to the side."""
    rgb = np.asarray(Image.open(SAMPLE).convert("RGB").resize(size))  # [H0, W0, 3]
    paths = [folder / f"{number:04d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        Image.fromarray(np.roll(rgb, 3 * number, axis=1)).save(path, quality=90)
    return paths


def _make_model(folder: Path) -> Path:
    from tests.loading import model_zoo

    path = folder / "tiny.keras"
    model_zoo.rescaling().save(path)
    return path


if __name__ == "__main__":
    main()
