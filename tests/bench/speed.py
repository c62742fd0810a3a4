"""Time whole Score-CAM maps, ours and others', and print a table: `make bench`, or `python -m tests.bench.speed -h`.

Each map is made in a fresh process, contestant after contestant and round after round, so that a machine that slows
down slows all of them. All get the same model, weights, photo, layer and class; see `tests.bench.contestants` for what
is inside the time. Runs on the CPU unless CUDA_VISIBLE_DEVICES is set.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "sample_images" / "chelsea.jpg"
MODELS = ("VGG16", "ResNet50", "EfficientNetLite0")  # random weights, but for the last, whose weights are in a package
CONTESTANTS = ("scorecam", "tf-keras-vis", "floor")
PACKAGES = ("tensorflow", "keras", "tf-keras-vis", "scorecam")
CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
HEADER = "model | contestant | passes | seconds | to scorecam | to floor | peak memory | correlation with scorecam"


@dataclass
class Entry:
    """What one contestant did with one model.

    runs: seconds, passes and peak_bytes of each round. maps: where they are, none for the floor.
    failure: why it has no result; empty if it has. correlation: of its map with ours, None where there is none.
    """

    model: str
    contestant: str
    runs: list[dict[str, Any]] = field(default_factory=list)
    maps: list[Path] = field(default_factory=list)
    failure: str = ""
    correlation: float | None = None

    def median(self, quantity: str) -> float | None:
        """The middle of the rounds; None without a result."""
        return None if self.failure or not self.runs else statistics.median(run[quantity] for run in self.runs)


class ContestantError(Exception):
    """A process ended without a result; the message is the last line that it wrote to stderr."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench and print its table; 1 if a contestant failed."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="scorecam-bench-") as folder:
        entries = bench(
            options.models,
            contestants=options.contestants,
            rounds=options.rounds,
            photo=options.photo.absolute(),
            folder=Path(folder),
        )
    print(table(entries), surroundings(), sep="\n\n")
    return 1 if any(entry.failure for entry in entries) else 0


def bench(models: Sequence[str], *, contestants: Sequence[str], rounds: int, photo: Path, folder: Path) -> list[Entry]:
    """Time every contestant with every model, in turn.

    Args:
        models: catalogued names, or `.keras` files that end in a softmax and take photos of 0-255.
        contestants: of CONTESTANTS. rounds: maps of each.
        photo: absolute path. folder: for weights (VGG16: 553 MB) and maps.
    """
    entries = []
    for number, model in enumerate(models):
        place = folder / str(number)
        place.mkdir()
        fixed = str(Path(model).absolute()) if model.endswith(".keras") else model
        of_model = [Entry(Path(model).name, contestant) for contestant in contestants]
        _run_rounds(of_model, model=fixed, rounds=rounds, photo=photo, folder=place)
        _correlate(of_model)
        entries += of_model
    return entries


def table(entries: Sequence[Entry]) -> str:
    """The entries as a Markdown table; seconds and memory are medians, ratios are of seconds."""
    rows = [HEADER, " | ".join(["---", "---", *["---:"] * 6])]
    for entry in entries:
        if entry.failure:
            reason = entry.failure.replace("|", "\\|")
            rows.append(" | ".join([entry.model, entry.contestant, "", f"failed: {reason}", "", "", "", ""]))
            continue
        seconds = {other.contestant: other.median("seconds") for other in entries if other.model == entry.model}
        cells = [
            entry.model,
            entry.contestant,
            f"{entry.runs[0]['passes']}",
            _number(entry.median("seconds"), "{:.2f}"),
        ]
        cells += [_ratio(entry.median("seconds"), seconds.get(other)) for other in ("scorecam", "floor")]
        cells += [f"{(entry.median('peak_bytes') or 0) / 1e9:.2f} GB", _number(entry.correlation, "{:.4f}")]
        rows.append(" | ".join(cells))
    return "\n".join(f"| {row} |" for row in rows)


def surroundings() -> str:
    """Versions, cores and what the processor can do, in one line."""
    named = [f"python {platform.python_version()}", *(f"{package} {_version(package)}" for package in PACKAGES)]
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpuinfo = Path("/proc/cpuinfo")
    flags = set(cpuinfo.read_text().split()) if cpuinfo.is_file() else set()
    features = " ".join(feature for feature in CPU_FEATURES if feature in flags) or platform.machine()
    return f"{', '.join(named)}; {count} cores, {features}"


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Pearson's, of two maps [H, W], the second brought to the size of the first; None where one is flat."""
    if one.shape != other.shape:
        height, width = one.shape
        other = np.asarray(Image.fromarray(other).resize((width, height), Image.Resampling.BILINEAR))
    if not (np.ptp(one) and np.ptp(other)):
        return None
    return float(np.corrcoef(one.astype(np.float64).ravel(), other.astype(np.float64).ravel())[0, 1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=_names, default=MODELS, metavar="A,B", help="names or .keras files")
    parser.add_argument("--contestants", type=_contestants, default=CONTESTANTS, metavar="A,B", help="of %(default)s")
    parser.add_argument("--rounds", type=_positive, default=3, metavar="N", help="maps of each (default: 3)")
    parser.add_argument("--photo", type=Path, default=PHOTO, metavar="FILE", help="a sample photo by default")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _contestants(text: str) -> list[str]:
    names = _names(text)
    unknown = [name for name in names if name not in CONTESTANTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is none of {', '.join(CONTESTANTS)}")
    return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number, at least 1")
    return int(text)


def _run_rounds(entries: Sequence[Entry], *, model: str, rounds: int, photo: Path, folder: Path) -> None:
    """Fill the entries of one model; who failed once is not asked again."""
    try:
        _run("setup", model, str(folder), str(photo))
    except ContestantError as error:
        for entry in entries:
            entry.failure = str(error)
        return
    for number in range(1, rounds + 1):
        for entry in (entry for entry in entries if not entry.failure):
            path = folder / f"{entry.contestant}-{number}.npy"
            try:
                lines = _run(entry.contestant, model, str(folder), str(photo), str(path)).splitlines()
            except ContestantError as error:
                entry.failure = str(error)
                continue
            entry.runs.append(json.loads(lines[-1]))
            entry.maps += [path] if path.exists() else []
            seconds = entry.runs[-1]["seconds"]
            print(f"{entry.model} {entry.contestant} round {number}: {seconds:.2f} s", file=sys.stderr, flush=True)


def _run(*arguments: str) -> str:
    """What a fresh process of `tests.bench.contestants` writes to stdout."""
    settings = {"CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.bench.contestants", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=settings | os.environ, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        raise ContestantError(f"killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise ContestantError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def _correlate(entries: Sequence[Entry]) -> None:
    """Note how like ours the maps of the others are."""
    ours = next((entry.maps[0] for entry in entries if entry.contestant == "scorecam" and entry.maps), None)
    for entry in entries:
        if ours and entry.maps and entry.contestant != "scorecam":
            entry.correlation = correlation(np.load(ours), np.load(entry.maps[0]))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _number(value: float | None, pattern: str) -> str:
    return "" if value is None else pattern.format(value)


def _ratio(seconds: float | None, of: float | None) -> str:
    return f"{seconds / of:.2f}" if seconds is not None and of else ""


if __name__ == "__main__":
    sys.exit(main())
