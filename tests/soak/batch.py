"""Long runs over thousands of files: `make soak`, or `python -m tests.soak.batch --files 2000 --photos 200 --kills 20`.

Every requirement is asserted; the figures are printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

from scorecam_cli.runs.stages import WRITERS
from tests.loading import model_zoo
from tests.soak.files import SIZES, write_batch

GROWTH_MB = 64
OPTIONS = ["-c", "1", "--save", "heatmap,npy"]
# The command, which also says how often a function was traced, or that TensorFlow was not imported.
PROGRAM = """
import gc, sys
from scorecam_cli.cli.app import main
from scorecam_cli.runs.session import Session
kept, real = [], Session.__dict__["classifier"].func
Session.__dict__["classifier"].func = lambda session: (kept.append(real(session)), kept[-1])[1]
try:
    main(sys.argv[1:])
finally:
    if "tensorflow" not in sys.modules:
        print("without TensorFlow", file=sys.stderr)
    counts = [f.experimental_get_tracing_count() for f in gc.get_objects()
              if type(f).__name__ == "Function" and hasattr(type(f), "experimental_get_tracing_count")]
    print("traces", max(counts, default=0), file=sys.stderr)
"""


def explain(*arguments: Any, program: tuple[str, ...] = ("-c", PROGRAM), **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, *program, "explain", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def process_state(pid: int) -> tuple[float, int, int]:
    """Megabytes in memory, open files, threads."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, files, len(list(Path(f"/proc/{pid}/task").iterdir()))


def log_lines(path: Path) -> list[dict[str, Any]]:
    """The lines about photos."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:  # the last line of a run that was killed
            continue
    return [line for line in found if "photo" in line]


def many_files(place: Path, model: Path, count: int) -> dict[str, Any]:
    """One run over good and bad files; what it takes."""
    good, bad = write_batch(place / "in", count)
    log, errors = place / "log.jsonl", place / "stderr"
    began = time.monotonic()
    states = []
    with errors.open("w") as stderr:
        run = explain(place / "in", "-m", model, *OPTIONS, "-o", place / "maps", "--log", log, stderr=stderr)
        done = 0
        for line in run.stdout:
            done += line.endswith(".scorecam.json\n")
            if line.endswith(".scorecam.json\n") and (done % 100 == 0 or done == good):
                states.append((done, *process_state(run.pid)))
        code = run.wait()
    seconds = time.monotonic() - began
    text = errors.read_text()
    lines = log_lines(log)
    failed = [line for line in lines if line["status"] == "failed"]
    assert code == 1, text[-2000:]
    assert "Traceback" not in text, text[-2000:]
    assert (len(lines), len({line["photo"] for line in lines})) == (count, count)
    assert len(failed) == bad == text.count(": failed: "), (len(failed), bad)
    assert all(line["reason"] for line in failed)
    assert len(list((place / "maps").glob("*.npy"))) == good == len(list((place / "maps").glob("*.json")))
    assert not list((place / "maps").glob(".*"))
    traces = int(text.split("traces ")[-1].split()[0])
    assert traces <= len(SIZES)
    settled = [state for state in states if state[0] >= min(1000, good // 2)]
    growth = settled[-1][1] - settled[0][1]
    assert growth <= GROWTH_MB, settled
    during = [state for state in settled if state[0] < good]  # at the last one the threads are on their way out
    # Each writer has a file open or not; so has the reader: the photo, the memory of its pixels, the mapping of it.
    assert max(s[2] for s in during) - min(s[2] for s in during) <= WRITERS + 4, settled
    assert len({s[3] for s in during}) == 1, settled
    return {
        "files; good; bad": f"{count}; {good}; {bad}",
        "maps; named failures; exit code": f"{good}; {bad}; {code}",
        "seconds; a photo": f"{seconds:.0f}; {seconds / count:.4f}",
        f"MB at photo {settled[0][0]}; at the end; growth": f"{settled[0][1]:.0f}; {settled[-1][1]:.0f}; {growth:+.1f}",
        "open files, least and most": f"{min(s[2] for s in during)}; {max(s[2] for s in during)}",
        "threads, least and most": f"{min(s[3] for s in during)}; {max(s[3] for s in during)}",
        "most traces of one function": traces,
    }


def again(place: Path, model: Path, count: int) -> dict[str, Any]:
    """The same over photos that are up to date."""
    photos = [line["photo"] for line in log_lines(place / "log.jsonl") if line["status"] == "explained"][:count]
    listed = place / "list"
    listed.write_text("\n".join(photos))
    began = time.monotonic()
    arguments = ["--files-from", listed, "-m", model, *OPTIONS, "-o", place / "maps"]
    run = explain(*arguments, stderr=subprocess.PIPE)
    out, err = run.communicate()
    seconds = time.monotonic() - began
    assert run.returncode == 0, err[-2000:]
    assert "without TensorFlow" in err
    assert f"({len(photos)} were up to date)" in err
    assert len(out.splitlines()) == 3 * len(photos)
    return {f"rerun over {len(photos)} up to date, without TensorFlow: seconds": f"{seconds:.2f}"}


def outputs(folder: Path) -> dict[str, Any]:
    """Every file by name, and of manifests what does not change from run to run."""
    found: dict[str, Any] = {}
    for path in folder.iterdir():
        found[path.name] = path.read_bytes()
        if path.suffix == ".json":
            found[path.name] = {**json.loads(found[path.name], object_hook=_unmoved), "seconds": None}
    return found


def _unmoved(found: dict[str, Any]) -> dict[str, Any]:
    """What a manifest says, but for where and when the disk has put its files."""
    return {**found, **{name: None for name in ("mtime_ns", "inode") if name in found}}


def kills(place: Path, model: Path, photos: int, count: int, seed: int) -> dict[str, Any]:
    """Kill a run at random moments, start it again, and compare with one that nobody killed."""
    rng = random.Random(seed)
    folder, maps, log = place / "photos", place / "killed", place / "killed.jsonl"
    folder.mkdir()
    for number in range(photos):
        Image.effect_noise((60 + number % 30, 50), 90).save(folder / f"{number:04}.png")
    plain = ("-m", "scorecam_cli")
    arguments = [folder, "-m", model, *OPTIONS, "-q"]
    whole = explain(*arguments, "-o", place / "whole", program=plain)
    whole.communicate()
    redone, started, leftovers = 0, 0, 0
    for _ in range(count):
        before = {path.name for path in maps.glob("*.json")} if maps.exists() else set()
        noted = len(log_lines(log))
        wanted = rng.randint(1, max(1, photos // count - 1))
        run = explain(*arguments, "-o", maps, "--log", log, program=plain, stderr=subprocess.PIPE)
        for line in run.stdout:
            name = Path(line.rstrip("\n")).name
            wanted -= name.endswith(".scorecam.json") and name not in before
            if wanted <= 0:
                break
        time.sleep(rng.uniform(0, 0.03))
        run.send_signal(signal.SIGKILL)
        run.communicate()
        fresh = [line for line in log_lines(log)[noted:] if line["status"] == "explained"]
        redone += sum(Path(line["paths"][-1]).name in before for line in fresh)
        manifests = {path.name for path in maps.glob("*.json")}
        names = [path.name for path in maps.iterdir()]
        partly = {name.split(".scorecam")[0] for name in names if not name.startswith(".")}
        started = max(started, len(partly) - len(manifests))
        leftovers += sum("scorecam-tmp" in name for name in names)
    last = explain(*arguments, "-o", maps, "--log", log, program=plain)
    last.communicate()
    assert last.returncode == 0
    assert redone == 0
    made, expected = outputs(maps), outputs(place / "whole")
    differing = [name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name)]
    assert not differing, [(name, made.get(name), expected.get(name)) for name in sorted(differing)[:1]]
    return {
        "kill -9; photos": f"{count}; {photos}",
        "finished photos that were done again": redone,
        "most photos begun and not finished at one kill": started,
        "temporaries left by the kills; after the next run": f"{leftovers}; 0",
        "files identical to those of an uninterrupted run": len(made),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="good and bad, in one run; 0 leaves this out")
    parser.add_argument("--photos", type=int, default=500, help="in the run that is killed")
    parser.add_argument("--kills", type=int, default=20, help="0 leaves this out")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scorecam-soak-") as name:
        place, model, figures = Path(name), Path(name) / "tiny.keras", {}
        model_zoo.rescaling().save(model)
        if chosen.files:
            figures |= many_files(place, model, chosen.files)
            figures |= again(place, model, 1000)
        if chosen.kills:
            figures |= kills(place, model, chosen.photos, chosen.kills, chosen.seed)
    print("| what | figure |\n|---|---|")
    for what, figure in figures.items():
        print(f"| {what} | {figure} |")


if __name__ == "__main__":
    main()
