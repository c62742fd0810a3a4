"""Explain one photo as a run does, without a model: `python -m tests.faults.one_photo FOLDER [SEED]`.

The map is made of the seed, 1 by default. Exit 0: written, or up to date; 1: failed; 3: the run would stop.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import OutputError
from scorecam_cli.models.answers import Answers, Observation
from scorecam_cli.models.labels import numbered_labels
from scorecam_cli.outcomes import Explained, Outcome
from scorecam_cli.records import ClassScore, ModelDescription, PhotoJob
from scorecam_cli.runs.current import look_up
from scorecam_cli.runs.explain import explain_one
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.session import Session

PHOTO = Path(__file__).with_name("dog.png")  # 24 x 16
MARK = "random"  # of the method, in the names of its files
NAMES = (
    "dog.png.random-1-heatmap.png",
    "dog.png.random-1-overlay.png",
    "dog.png.random-1.npy",
    "dog.png.random.json",
)


class Blind:
    """A classifier that sees the same in every photo: enough for the method that looks at none."""

    name, layer, precision = "model", "layer", "float32"
    size, labels = (16, 16), numbered_labels(2)
    has_layers, exclusive, is_regression = True, True, False
    layers, several, parts, grid, prefix = (layer,), (), (), (4, 4), None

    def prepare(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.zeros((16, 16, 3), np.float32)

    def observe(self, image: NDArray[np.float32]) -> Observation:
        grids = np.arange(32, dtype=np.float32).reshape(4, 4, 2)
        return Observation(Answers(np.array([0.5, 0.5], np.float32), None), grids)

    def choose_classes(self, observation: Observation, *, asked: Sequence[str], top: int) -> list[int]:
        return [1]

    def score(self, observation: Observation, index: int) -> ClassScore:
        return ClassScore(self.labels[index], 0.5, None)

    def batch_for(self, asked: int | None) -> int:
        return 32

    def shortened_batch(self, asked: int | None) -> str | None:
        return None


class BlindSession(Session):
    """A run with a model that was never loaded."""

    description = ModelDescription("model", "file", "layer", "none", "black", (0, 0, 0), (16, 16, 3), {"scorecam": "0"})


def write_photo(folder: Path, seed: int = 1, save: tuple[str, ...] = ("heatmap", "overlay", "npy")) -> Outcome:
    """What became of the photo; its outputs go to `folder`.

    Raises:
        OutputError: nothing more can be written.
    """
    config = ExplainConfig(PhotoSettings(), ModelSettings(seed=seed), method="random", save=save)
    request = ExplainRequest(config=config, labels=None, settings={"seed": seed})
    blind: Any = Blind()
    return explain_one(request, BlindSession(request, lambda: 0.0, loaded=blind), job_in(folder))


def job_in(folder: Path) -> PhotoJob:
    """The photo, its outputs in a folder."""
    return PhotoJob(PHOTO, folder / PHOTO.name)


def is_current(folder: Path, seed: int) -> bool:
    """Whether a run over the photo would skip it."""
    return isinstance(look_up(job_in(folder), {"seed": seed}, mark=MARK), Explained)


if __name__ == "__main__":
    try:
        made = write_photo(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    except OutputError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    if not isinstance(made, Explained):
        print(made.reason, file=sys.stderr)
        sys.exit(1)
