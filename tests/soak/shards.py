"""A run in parts against a run in one: `python -m tests.soak.shards --photos 2000 --parts 8`.

The parts are run in random order, two at a time, some of them twice, once by itself and once beside itself. Every
requirement is asserted; the figures are printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

from tests.loading import model_zoo
from tests.soak.batch import outputs

OPTIONS = ["-c", "1", "--save", "heatmap,npy", "-q"]
AT_ONCE = 2


def scorecam(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scorecam_cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def write_photos(folder: Path, count: int) -> None:
    """Small photos in some subfolders, no two alike."""
    rng = np.random.default_rng(5)
    for number in range(count):
        path = folder / f"{number % 7}" / f"photo_{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(path)


def files_of(folder: Path) -> dict[str, Any]:
    """Every file below a folder by its name, manifests without what the disk and the clock say."""
    found: dict[str, Any] = {}
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        found |= {f"{part.name}/{name}": value for name, value in outputs(part).items()}
    return found


def in_parts(place: Path, model: Path, parts: int, seed: int) -> dict[str, Any]:
    """One run, the parts, and what came of both."""
    began = time.monotonic()
    whole = scorecam("explain", "in", "-r", "-m", model, *OPTIONS, "-o", "whole", cwd=place)
    seconds = time.monotonic() - began
    assert whole.returncode == 0, whole.stderr[-2000:]
    order = [*range(1, parts + 1)]
    again = random.Random(seed).sample(order, max(1, parts // 3))
    order += again[1:]
    random.Random(seed + 1).shuffle(order)
    order.insert(0, again[0])  # and once more right behind, so that it runs beside itself
    order.insert(1, again[0])

    def part(number: int) -> subprocess.CompletedProcess[str]:
        shard = ["--shard", f"{number}/{parts}", "--log", f"part-{number}.jsonl"]
        return scorecam("explain", "in", "-r", "-m", model, *OPTIONS, "-o", "maps", *shard, cwd=place)

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(part, order))
    in_all = time.monotonic() - began
    assert [each.returncode for each in done] == [0] * len(order), [each.stderr[-500:] for each in done]
    one, union = files_of(place / "whole"), files_of(place / "maps")
    assert sorted(one) == sorted(union)
    differing = [name for name, value in one.items() if union[name] != value]
    assert not differing, differing[:5]
    assert [path.name for path in (place / "maps").iterdir() if path.is_file()] == [".shards.scorecam.json"]
    photos = {number: each.stdout.splitlines() for number, each in zip(order, done, strict=True)}
    of_part = {number: {line for line in lines if line.endswith(".json")} for number, lines in photos.items()}
    sizes = [len(of_part[number]) for number in range(1, parts + 1)]
    assert len(set().union(*of_part.values())) == sum(sizes) == len(one) // 3
    status = scorecam("status", "maps", "in", "-r", "--json", cwd=place)
    assert status.returncode == 0, status.stdout
    return {
        "photos; parts; runs of parts, two at once": f"{sum(sizes)}; {parts}; {len(order)}",
        "files of the one run; of the parts; that differ": f"{len(one)}; {len(union)}; {len(differing)}",
        "photos in a part, least and most; most / least": f"{min(sizes)}; {max(sizes)}; {max(sizes) / min(sizes):.3f}",
        "status": json.loads(status.stdout)["done"],
        "seconds of the one run; of the parts": f"{seconds:.0f}; {in_all:.0f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        model_zoo.rescaling().save(place / "tiny.keras")
        write_photos(place / "in", given.photos)
        for name, value in in_parts(place, Path("tiny.keras"), given.parts, given.seed).items():
            print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
