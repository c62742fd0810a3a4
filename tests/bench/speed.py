"""Time whole Score-CAM maps, ours and others', and print a table: `make bench`, or `python -m tests.bench.speed -h`.

Each map is made in a fresh process, contestant after contestant and round after round, so that a machine that slows
down slows all of them. All get the same network, weights, photo, layer and class; `tests.bench.contestants` and
`tests.bench.torch_contestants` say what is inside the time. Runs on the CPU, and then on a GPU where there is one.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli import __version__
from tests.bench.contest import map_path
from tests.bench.entrants import ENTRANTS, KERAS, OURS, TORCH, USUAL
from tests.bench.rows import CPU, GPU, Entry, notes, table

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "sample_images" / "chelsea.jpg"
MODELS = ("VGG16", "ResNet18", "MobileNetV3Large", "EfficientNetLite0")  # random weights, but for the last
PACKAGES = ("tensorflow", "keras", "tf-keras-vis", "torch", "grad-cam", "torchcam")
CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


class ContestantError(Exception):
    """A process ended without a result; the message is the last line that it wrote to stderr."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench and print its table; 1 if a contestant failed."""
    options = _parser().parse_args(arguments)
    entries = []
    for device in [options.device] if options.device else [CPU, *([GPU] if gpu_found() else [])]:
        with tempfile.TemporaryDirectory(prefix="scorecam-bench-") as folder:
            entries += bench(
                options.models,
                contestants=options.contestants,
                rounds=options.rounds,
                photo=options.photo.absolute(),
                folder=Path(folder),
                device=device,
            )
    print(table(entries), notes(entries), surroundings(), sep="\n\n")
    return 1 if any(entry.failure for entry in entries) else 0


def bench(
    models: Sequence[str], *, contestants: Sequence[str], rounds: int, photo: Path, folder: Path, device: str = CPU
) -> list[Entry]:
    """Time every contestant with every model, in turn.

    Args:
        models: catalogued names, ResNet18, or `.keras` files that end in a softmax and take photos of 0-255.
        contestants: of ENTRANTS; one whose packages are not installed is left out, which is no failure.
        rounds: maps of each.
        photo: absolute path.
        folder: for weights (VGG16: 553 MB, and as much again for torch) and maps.
        device: CPU or GPU.
    """
    entries = []
    for number, model in enumerate(models):
        place = folder / str(number)
        place.mkdir()
        fixed = str(Path(model).absolute()) if model.endswith(".keras") else model
        of_model = [
            Entry(Path(model).name, contestant, device=device, missing=" ".join(ENTRANTS[contestant].missing))
            for contestant in contestants
        ]
        common = (fixed, str(place), str(photo), device)
        _run_rounds([entry for entry in of_model if not entry.missing], common=common, rounds=rounds, folder=place)
        _correlate(of_model)
        entries += of_model
    return entries


def gpu_found() -> bool:
    """Whether the driver of NVIDIA lists a GPU and CUDA_VISIBLE_DEVICES does not hide it."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1") or shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU" in listed.stdout


def surroundings() -> str:
    """Versions, cores and what the processor can do, in one line."""
    named = [
        f"python {platform.python_version()}",
        *(f"{package} {_version(package)}" for package in PACKAGES),
        f"scorecam {__version__}",
    ]
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
    parser.add_argument(
        "--contestants", type=_contestants, default=USUAL, metavar="A,B", help=f"of {', '.join(ENTRANTS)}"
    )
    parser.add_argument("--rounds", type=_positive, default=3, metavar="N", help="maps of each (default: 3)")
    parser.add_argument("--device", choices=(CPU, GPU), help="by default the CPU, and then a GPU if there is one")
    parser.add_argument("--photo", type=Path, default=PHOTO, metavar="FILE", help="a sample photo by default")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _contestants(text: str) -> list[str]:
    names = _names(text)
    unknown = [name for name in names if name not in ENTRANTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is none of {', '.join(ENTRANTS)}")
    return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number, at least 1")
    return int(text)


def _run_rounds(entries: Sequence[Entry], *, common: Sequence[str], rounds: int, folder: Path) -> None:
    """Fill the entries of one model; who failed once is not asked again.

    Args:
        common: what every process is told beside its name: model, folder, photo, device.
    """
    for module in (KERAS, TORCH):
        of_module = [each for each in entries if ENTRANTS[each.contestant].module == module and not each.failure]
        try:
            if of_module or (module == KERAS and entries):  # torch gets what Keras was given
                _run(module, "setup", *common)
        except ContestantError as error:
            for entry in entries if module == KERAS else of_module:
                entry.failure = str(error)
    for number in range(1, rounds + 1):
        for entry in (entry for entry in entries if not entry.failure):
            stem = folder / f"{entry.contestant}-{number}"
            entrant = ENTRANTS[entry.contestant]
            try:
                lines = _run(entrant.module, entry.contestant, *common, str(stem)).splitlines()
            except ContestantError as error:
                entry.failure = str(error)
                continue
            entry.runs.append(json.loads(lines[-1]))
            path = map_path(stem, entrant.variant)
            entry.maps += [path] if path.exists() else []
            seconds = entry.runs[-1]["seconds"]
            print(f"{entry.model} {entry.contestant} round {number}: {seconds:.2f} s", file=sys.stderr, flush=True)


def _run(module: str, who: str, *common: str) -> str:
    """What a fresh process of a contestant's module writes to stdout."""
    environment = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ
    if common[3] == CPU:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    command = [sys.executable, "-m", module, who, *common]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        raise ContestantError(f"killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise ContestantError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def _correlate(entries: Sequence[Entry]) -> None:
    """Note how like ours, of the variant that they compute, the maps of the others are."""
    for entry in entries:
        variant = ENTRANTS[entry.contestant].variant
        ours = [map_path(path.with_name(f"{OURS}-1"), variant) for path in entry.maps[:1]]
        if entry.contestant != OURS and ours and ours[0].exists():
            entry.correlation = correlation(np.load(ours[0]), np.load(entry.maps[0]))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    sys.exit(main())
