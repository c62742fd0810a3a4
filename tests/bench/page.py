"""The page with very many photos: `python -m tests.bench.page [--photos 1000] [--folder] [--side 1280] [--repeats 5]`.

Photos of 1280 x 960 with two maps each, copies of 20. Written as a row of a table: bytes, seconds and memory of
`scorecam report`, then in Chromium the seconds until the page answers, and the milliseconds of a letter typed into
the search, of another order, of the next photo, of a star: from the event to the frame that shows it, medians.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.report.samples import blob, explained

DIFFERENT = 20
WORDS = "import sys; from scorecam_cli.cli.app import main; main(sys.argv[1:])"
# Resolves with the milliseconds from an act to the second frame after what it changes is there: the first may still
# be drawn from before.
TIMED = """async ([act, watched]) => {
  const acts = {
    type: (text) => { const field = document.getElementById("search"); field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true })); },
    sort: (value) => { const field = document.getElementById("sort"); field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true })); },
    press: (key) => document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })),
  };
  const read = { count: () => document.getElementById("count").textContent,
    first: () => document.querySelector(".card:not([hidden])").dataset.key,
    name: () => document.getElementById("large-name").textContent,
    star: () => document.querySelector("#review-panel .star").getAttribute("aria-pressed") }[watched];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const before = read();
  const began = performance.now();
  acts[act[0]](act[1]);
  while (read() === before && performance.now() - began < 20000) await frame();
  await frame();
  await frame();
  return read() === before ? -1 : performance.now() - began;
}"""


def make_photos(folder: Path, photos: int, side: int) -> None:
    """Photos with two maps each, copies of 20 with manifests and digests of their own."""
    for number in range(DIFFERENT):
        chance = np.random.default_rng(number)
        coarse, fine = chance.integers(0, 256, (12, 16, 3)), chance.integers(0, 256, (240, 320, 3))
        layers = [Image.fromarray(each.astype(np.uint8)).resize((side, side * 3 // 4)) for each in (coarse, fine)]
        photo = folder / f"{number:05d}.jpg"
        Image.blend(*layers, 0.1).save(photo, quality=90)
        bumps = [blob(*chance.integers(0, 28, 2), spread=chance.uniform(2, 9)) for _ in range(2)]
        explained(photo, [(number, f"class {number}", chance.random(), bumps[0]), (99, "other", 0.01, bumps[1])])
    for number in range(DIFFERENT, photos):
        _copy(folder, f"{number % DIFFERENT:05d}.jpg", f"{number:05d}.jpg")


def _copy(folder: Path, source: str, name: str) -> None:
    import hashlib

    data = (folder / source).read_bytes() + name.encode()  # behind the picture, where no decoder looks
    (folder / name).write_bytes(data)
    for path in list(folder.glob(f"{source}.*")):
        copy = folder / path.name.replace(source, name)
        if path.suffix == ".json":
            manifest = json.loads(path.read_text().replace(source, name))
            copy.write_text(json.dumps({**manifest, "photo_sha256": hashlib.sha256(data).hexdigest()}))
        else:
            os.link(path, copy)


def make_page(folder: Path, output: Path, *, beside: bool) -> dict[str, Any]:
    """Bytes, seconds and memory of `scorecam report`."""
    began = time.monotonic()
    arguments = ["report", str(folder), "-q", "-o", str(output), *(["--folder"] if beside else [])]
    with subprocess.Popen([sys.executable, "-c", WORDS, *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"scorecam report ended with {status}")
    page = output / "index.html" if beside else output
    return {
        "page MB": page.stat().st_size / 1e6,
        "pictures MB": sum(path.stat().st_size for path in output.rglob("*.webp")) / 1e6 if beside else 0.0,
        "seconds": time.monotonic() - began,
        "processor seconds": usage.ru_utime + usage.ru_stime,
        "peak MB": usage.ru_maxrss / 1024,  # Linux counts it in KiB
    }


def look(page: Path, repeats: int) -> dict[str, Any]:
    """Seconds until the page answers, and the medians of what is done on it, in milliseconds."""
    from playwright.sync_api import sync_playwright

    from tests.report.conftest import CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        loads, tab = [], None
        for _ in range(3):
            if tab is not None:
                tab.close()
            tab = browser.new_page(viewport={"width": 1300, "height": 900})
            tab.goto(page.resolve().as_uri())
            loads.append(
                tab.evaluate("() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") / 1000
            )
        assert tab is not None
        found: dict[str, Any] = {"usable after s": statistics.median(loads), **_acts(tab, repeats)}
        found["JS heap MB"] = tab.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
        browser.close()
    return found


def _acts(tab: Any, repeats: int) -> dict[str, float]:
    def timed(act: list[str], watched: str) -> float:
        taken = float(tab.evaluate(TIMED, [act, watched]))
        if taken < 0:
            raise SystemExit(f"{act} changed nothing")
        return taken

    letters = [timed(["type", text], "count") for _ in range(repeats) for text in ("1", "12", "12 7", "12", "")]
    sorts = [
        timed(["sort", order], "first")
        for _ in range(repeats)
        for order in ("name", "probable", "spread", "improbable")
    ]
    tab.locator(".card a").first.click()
    tab.locator("#large-name").wait_for(state="visible")
    nexts = [timed(["press", "ArrowRight"], "name") for _ in range(4 * repeats)]
    stars = [timed(["press", "s"], "star") for _ in range(2 * repeats)]
    median = {"letter ms": letters, "sort ms": sorts, "next ms": nexts, "star ms": stars}
    worst = {f"{name}, worst": max(times) for name, times in median.items()}
    return {**{name: statistics.median(times) for name, times in median.items()}, **worst}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--folder", action="store_true", help="pictures beside the page")
    parser.add_argument("--side", type=int, default=1280, help="pixels of a photo's longer side")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for photos and page, used again where it is there")
    options = parser.parse_args()
    place = options.keep or Path(tempfile.mkdtemp())
    photos = place / f"photos-{options.photos}-{options.side}"
    if not photos.exists():
        photos.mkdir(parents=True)
        make_photos(photos, options.photos, options.side)
    output = place / ("page" if options.folder else "page.html")
    found = {"photos": options.photos, "form": "--folder" if options.folder else "one file"}
    found |= make_page(photos, output, beside=options.folder)
    found |= look(output / "index.html" if options.folder else output, options.repeats)
    if options.keep is None:
        shutil.rmtree(place)
    print(
        "\n".join(
            f"{name}\t{value if isinstance(value, int | str) else f'{value:.3g}'}" for name, value in found.items()
        )
    )


if __name__ == "__main__":
    main()
