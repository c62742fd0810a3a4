"""Write the files of one photo as a run does, without a model: `python -m tests.faults.one_photo FOLDER [SEED]`.

The photo and its map are made of the seed, 1 by default. Exit 0: written, or up to date; 1: failed; 3: the run would
stop.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.photos import manifest
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore, Explained, Failed, Photo, PhotoJob
from scorecam_cli.runs import outputs

NAMES = (
    "dog.png.scorecam-1-heatmap.png",
    "dog.png.scorecam-1-overlay.png",
    "dog.png.scorecam-1.npy",
    "dog.png.scorecam.json",
)


def write_photo(folder: Path, seed: int = 1, save: tuple[str, ...] = ("heatmap", "overlay", "npy")) -> Any:
    """What became of the photo; its outputs go to `folder`."""
    job = PhotoJob(Path("dog.png"), folder / "dog.png")
    settings = {"seed": seed}
    if is_current(folder, seed):
        return Explained(job, {}, (), skipped=True)
    rng = np.random.default_rng(seed)
    photo = Photo(rng.integers(0, 256, (40, 60, 3), np.uint8), f"{seed:064}")
    found = ClassMap(ClassScore(ClassLabel(1, "dog"), 0.5, None), rng.random((16, 16), np.float32))
    explanation = SimpleNamespace(classes=(found,))
    config = ExplainConfig(PhotoSettings(), ModelSettings(), save=save)
    computed = outputs.ComputedPhoto(job, photo, SimpleNamespace(), explanation, seconds=1.0, pass_seconds=1.0)
    with mock.patch.object(outputs, "describe", _described):
        return outputs.write_outputs(config, settings, computed, halt=threading.Event(), clock=lambda: 0.0)


def is_current(folder: Path, seed: int) -> bool:
    """Whether a run over the photo would skip it."""
    found = manifest.read_manifest(folder / NAMES[-1])
    settings = {"seed": seed}
    return found is not None and manifest.is_current(
        found, settings=settings, photo_sha256=f"{seed:064}", folder=folder
    )


def _described(job: Any, photo: Any, *_: Any, files: Any, **others: Any) -> dict[str, Any]:
    """As `description.describe`, without the versions of TensorFlow."""
    return {
        "schema": manifest.SCHEMA,
        "photo_sha256": photo.sha256,
        "classes": [{"files": {kind: path.name for kind, path in group.items()}} for group in files],
        "file_sizes": manifest.file_sizes(path for group in files for path in group.values()),
    }


if __name__ == "__main__":
    made = write_photo(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    if isinstance(made, Explained):
        sys.exit(0)
    failed = made if isinstance(made, Failed) else made.failed
    print(failed.reason, file=sys.stderr)
    sys.exit(1 if made is failed else 3)
