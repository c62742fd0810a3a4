"""Write the files of one photo as a run does, without a model: `python -m tests.faults.one_photo FOLDER [SEED]`.

The photo and its map are made of the seed, 1 by default. Exit 0: written, or up to date; 1: failed; 3: the run would
stop.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import MisfitError
from scorecam_cli.photos import manifest
from scorecam_cli.records import (
    ClassLabel,
    ClassMap,
    ClassScore,
    Explained,
    Explanation,
    Failed,
    ModelDescription,
    Photo,
    PhotoJob,
)
from scorecam_cli.runs import outputs
from tests.manifests import noted_manifest

MODEL = ModelDescription("model", "file", "layer", "none", "black", (0, 0, 0), (16, 16, 3), {"scorecam": "0"})

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
        return Explained(job, noted_manifest(), (), skipped=True)
    rng = np.random.default_rng(seed)
    photo = Photo(rng.integers(0, 256, (40, 60, 3), np.uint8), f"{seed:064}")
    found = ClassMap(ClassScore(ClassLabel(1, "dog"), 0.5, None), rng.random((16, 16), np.float32))
    config = ExplainConfig(PhotoSettings(), ModelSettings(), save=save)
    computed = outputs.ComputedPhoto(job, photo, MODEL, explanation(found), seconds=1.0, pass_seconds=1.0)
    return outputs.write_outputs(config, settings, computed, halt=threading.Event(), clock=lambda: 0.0)


def explanation(*found: ClassMap) -> Explanation:
    """As a method returns it."""
    return Explanation(found, "score-cam", "article", "all", "layer", 8, 6, 6, 32, "float32")


def is_current(folder: Path, seed: int) -> bool:
    """Whether a run over the photo would skip it."""
    try:
        found = manifest.read_manifest(folder / NAMES[-1])
    except MisfitError:
        return False
    made_now = found is not None and (found.settings, found.photo_sha256) == ({"seed": seed}, f"{seed:064}")
    return made_now and manifest.changed_file(found, folder) is None


if __name__ == "__main__":
    made = write_photo(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    if isinstance(made, Explained):
        sys.exit(0)
    failed = made if isinstance(made, Failed) else made.failed
    print(failed.reason, file=sys.stderr)
    sys.exit(1 if made is failed else 3)
