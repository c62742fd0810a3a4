"""A whole run of the command, killed or refused by the system while its threads write."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from tests.loading import model_zoo

COMMAND = [sys.executable, "-m", "scorecam_cli", "explain"]
PHOTOS = 5


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Photos, the arguments of a run over them, and the outputs of one that nothing disturbs."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    folder = tmp_path_factory.mktemp("batch")
    (folder / "in").mkdir()
    for number in range(PHOTOS):
        Image.effect_noise((48 + number, 40), 90).save(folder / "in" / f"{number}.png")
    model_zoo.rescaling().save(folder / "tiny.keras")
    arguments = [folder / "in", "-m", folder / "tiny.keras", "-c", "1", "--save", "heatmap,npy", "-o"]
    subprocess.run([*COMMAND, *arguments, folder / "whole"], check=True, capture_output=True)
    return arguments, outputs(folder / "whole")


def _without_times(value):
    """An object of a manifest without when and where on the disk a file was written."""
    return {name: each for name, each in value.items() if name not in ("mtime_ns", "inode")}


def outputs(folder):
    """Every file by name; of manifests what does not change from run to run."""
    found = {}
    for path in sorted(folder.iterdir()):
        found[path.name] = path.read_bytes()
        if path.suffix == ".json":
            manifest = json.loads(path.read_text(), object_hook=_without_times)
            found[path.name] = {**manifest, "seconds": None}
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "code", "failed"),
    [
        ("fsync:error=ENOSPC:when=2", 1, 1),
        ("fsync:error=EDQUOT:when=2", 1, 1),
        ("rename:error=EIO:when=2", 1, None),
        ("rename:signal=KILL:when=4", -9, 0),
        ("fsync:signal=KILL:when=2", -9, 0),
    ],
)
def test_a_run_that_is_disturbed_leaves_nothing_torn_and_the_next_goes_on(batch, tmp_path, fault, code, failed):
    arguments, whole = batch
    maps, log = tmp_path / "maps", tmp_path / "log"
    # Signals cannot be injected through a filter in the kernel, without which every call stops the program.
    filtered = [] if "signal" in fault else ["--seccomp-bpf"]
    call = fault.partition(":")[0]
    strace = ["strace", "-f", *filtered, "-o", tmp_path / "trace", "-e", f"trace={call}", "-e", f"inject={fault}"]
    done = subprocess.run([*strace, *COMMAND, *arguments, maps, "--log", log], capture_output=True, text=True)
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    statuses = [json.loads(line)["status"] for line in log.read_text().splitlines()[1:]]
    assert len(statuses) <= PHOTOS
    assert statuses.count("failed") == (failed if failed is not None else statuses.count("failed") or 1)
    for name, content in outputs(maps).items():
        if "scorecam-tmp" not in name:
            assert content == whole[name], f"{name} is torn"
        assert code == -9 or "scorecam-tmp" not in name
    again = subprocess.run([*COMMAND, *arguments, maps], capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert outputs(maps) == whole
