"""What all contestants of `tests.bench.speed` share, whatever engine they run on: imports neither TensorFlow nor torch.

Letters: H W model input, K channels of the target layer (= masked passes), N live ones.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IMAGE, SETUP = "image.npy", "setup.json"  # in the folder of one model
ARTICLE, PAPER = "article", "paper"


@dataclass(frozen=True)
class Setup:
    """What all contestants share, beside the weights and the prepared image: found once per model.

    layer: the target layer. class_index: the predicted class. channels, live: K and N of the target layer.
    batch: masks in one pass of scorecam.
    """

    layer: str
    class_index: int
    channels: int
    live: int
    batch: int


@dataclass(frozen=True)
class Timed:
    """One whole map. passes: masked photos the model saw.

    maps: float32 [H, W] or on the grid, by the variant that they are of, the timed one first; none where nothing is
    mapped.
    """

    seconds: float
    passes: int
    maps: Mapping[str, NDArray[np.float32]]


def read_setup(folder: Path) -> Setup:
    """What `setup` found of the model."""
    return Setup(**json.loads((folder / SETUP).read_text()))


def read_image(folder: Path) -> NDArray[np.float32]:
    """The prepared photo, float32 [H, W, c] in model units."""
    return np.asarray(np.load(folder / IMAGE), np.float32)


def report(timed: Timed, stem: Path) -> None:
    """Keep the maps beside each other and print the rest, JSON on the last line of stdout."""
    for variant, saliency in timed.maps.items():
        np.save(map_path(stem, variant), saliency)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_bytes = peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB
    print(json.dumps({"seconds": timed.seconds, "passes": timed.passes, "peak_bytes": peak_bytes}))


def map_path(stem: Path, variant: str) -> Path:
    """Where a contestant keeps its map of that variant."""
    return stem.with_name(f"{stem.name}.{variant}.npy")


def batch_sizes(passes: int, batch: int) -> Iterator[int]:
    """The sizes of the batches that so many passes make: whole ones, and a last one that is smaller."""
    yield from (size for size in (min(batch, passes), passes % batch) if size)
