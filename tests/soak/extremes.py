"""Photos that take the most that their formats allow, each explained alone: `make extremes`.

Prints seconds and most memory of each, of the command and of its process that decodes, and fails where one passes the
bounds. Memory that both share is counted once.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.loading import model_zoo
from tests.photos.extreme import EXTREMES

MOST_MEGABYTES = 1500
MOST_SECONDS = 60 + 10  # --photo-timeout ends reading after 60; TensorFlow starts and the process ends
SAMPLE_SECONDS = 0.1


class Taken(NamedTuple):
    code: int
    seconds: float
    megabytes: float
    says: str


def explain(photo: Path, model: Path, maps: Path) -> Taken:
    """One run of the command; what it took."""
    command = [sys.executable, "-m", "scorecam_cli", "explain", photo, "-m", model, "-c", "1", "-o", maps]
    began, most = time.monotonic(), 0.0
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    ) as run:
        while run.poll() is None:
            most = max(most, sum(map(proportional_megabytes, [run.pid, *children(run.pid)])))
            time.sleep(SAMPLE_SECONDS)
        says = [line for line in run.stderr.read().decode("utf-8", "replace").splitlines() if str(photo) in line]
    return Taken(run.returncode, time.monotonic() - began, most, says[-1].split(": ", 1)[1] if says else "")


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return []


def proportional_megabytes(pid: int) -> float:
    """Memory of a process; what it shares with another is divided between them. 0 where it has ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="WORD", help="only photos with one of these words in their names")
    chosen = parser.parse_args()
    failed = 0
    print("| photo | MB of the file | seconds | most MB | outcome |\n|---|---|---|---|---|")
    taken: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="scorecam-extremes-") as folder:
        model, photo = Path(folder) / "tiny.keras", Path(folder) / "photo"
        model_zoo.rescaling().save(model)
        for name, make in EXTREMES.items():
            if chosen.names and not any(word in name for word in chosen.names):
                continue
            photo.write_bytes(make())
            one = taken[name] = explain(photo, model, Path(folder) / "maps")
            good = one.code in (0, 1) and one.seconds <= MOST_SECONDS and one.megabytes <= MOST_MEGABYTES
            failed += not good
            size = photo.stat().st_size / 1e6
            says = one.says or ("done" if one.code == 0 else f"exit {one.code}")
            print(f"| {name} | {size:.1f} | {one.seconds:.1f} | {one.megabytes:.0f} | {says} |", flush=True)
    for what in ("seconds", "megabytes"):
        largest = max(taken, key=lambda name: getattr(taken[name], what))
        print(f"most {what}: {getattr(taken[largest], what):.1f}, {largest}")
    print(f"{len(taken)} photos, {failed} beyond {MOST_MEGABYTES} MB or {MOST_SECONDS} s")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
