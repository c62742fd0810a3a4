"""A thousand photos on one page, in both forms: bytes, seconds, memory, and how soon a person can use it."""

import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests.report.samples import blob, explained

PHOTOS, DIFFERENT = 1000, 20
WORDS = "import sys; from scorecam_cli.cli.app import main; main(sys.argv[1:])"


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """1,000 photos of 1280 x 960 with two maps each: copies of 20, with manifests of their own."""
    folder = tmp_path_factory.mktemp("thousand")
    for number in range(DIFFERENT):
        chance = np.random.default_rng(number)
        coarse, fine = chance.integers(0, 256, (12, 16, 3)), chance.integers(0, 256, (240, 320, 3))
        layers = [Image.fromarray(each.astype(np.uint8)).resize((1280, 960)) for each in (coarse, fine)]
        photo = folder / f"{number:04d}.jpg"
        Image.blend(*layers, 0.1).save(photo, quality=90)
        bumps = [blob(*chance.integers(0, 28, 2), spread=chance.uniform(2, 9)) for _ in range(2)]
        explained(photo, [(number, f"class {number}", chance.random(), bumps[0]), (99, "other", 0.01, bumps[1])])
    for number in range(DIFFERENT, PHOTOS):
        source = f"{number % DIFFERENT:04d}.jpg"
        for path in list(folder.glob(f"{source}*")):
            copy = folder / path.name.replace(source, f"{number:04d}.jpg")
            if path.suffix == ".json":
                copy.write_text(path.read_text().replace(source, copy.name.split(".scorecam")[0]))
            elif not copy.exists():
                os.link(path, copy)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("form", ["file", "folder"])
def test_thousand_photos_fit_on_a_page_that_opens_at_once(thousand, tmp_path, visit, form, capsys):
    output = tmp_path / ("page.html" if form == "file" else "page")
    began = time.monotonic()
    arguments = ["report", str(thousand), "-q", "-o", str(output), *(["--folder"] if form == "folder" else [])]
    with subprocess.Popen([sys.executable, "-c", WORDS, *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    seconds = time.monotonic() - began
    memory = usage.ru_maxrss / 1024  # Linux counts it in KiB
    page = output if form == "file" else output / "index.html"
    assets = sum(path.stat().st_size for path in output.rglob("*.webp")) if form == "folder" else 0
    seen = visit(page)
    usable = (
        seen.page.evaluate("performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart") / 1000
    )
    began = time.monotonic()
    seen.page.select_option("#filter", label=f"class 7 ({PHOTOS // DIFFERENT})")
    assert seen.page.inner_text("#count") == f"{PHOTOS // DIFFERENT} of {PHOTOS} photos"
    seen.page.select_option("#sort", "spread")
    filtering = time.monotonic() - began
    seen.page.locator(".card:not([hidden]) a").first.click()
    seen.page.locator("#large").wait_for(state="visible")
    assert (seen.complaints, seen.outside()) == ([], [])
    figures = {
        "form": form,
        "page_mb": round(page.stat().st_size / 1e6, 1),
        "assets_mb": round(assets / 1e6, 1),
        "seconds": round(seconds, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "memory_mb": round(memory),
        "usable_seconds": round(usable, 2),
        "filter_and_sort_seconds": round(filtering, 2),
    }
    with capsys.disabled():
        print("\n" + json.dumps(figures))
    shutil.rmtree(tmp_path)
    assert figures["page_mb"] < (60 if form == "file" else 5)
    assert figures["memory_mb"] < 800
    assert figures["usable_seconds"] < 10
