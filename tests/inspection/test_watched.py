"""Hostile models seen from outside, by the command itself under strace: none connects, none writes elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.black_box.networks import H, W
from tests.inspection.outside_models import ONNX, SAVED, TFLITE, tflite

CHANGING = (
    *("open", "openat", "openat2", "creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir"),
    *(
        "mkdirat",
        "rmdir",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "truncate",
        "chmod",
        "fchmodat",
        "mknod",
        "mknodat",
    ),
)
STRACE = ("strace", "-f", "-y", "-qq", "-s", "4096", "-e", f"trace=connect,{','.join(CHANGING)}")
_LINE = re.compile(r"^\d+ +(\w+)\((.*)")
_PATH = re.compile(r'(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, "((?:[^"\\]|\\.)*)"|^"((?:[^"\\]|\\.)*)"')
_FAILED = re.compile(r"= -1 [A-Z]+")
NOWHERE = ("/dev/null", "/dev/tty", "/proc/self/")  # writing there changes nothing
COMPILED = "__pycache__"  # Python's own, of the program's modules, before a model is opened
KINDS = {"tflite": TFLITE, "onnx": ONNX, "saved": SAVED}
LETS_THROUGH = {  # the look does not judge what an operator is given, nor what a trusted SavedModel does
    "tflite: an operator that reads nowhere": tflite(
        lambda model: setattr(model.subgraphs[0].operators[0], "inputs", [10**6] * 3)
    ),
    "saved: a program that writes a file": lambda folder: writing(folder),
}
HOSTILE = {f"{kind}: {name}": made[0] for kind, found in KINDS.items() for name, made in found.items()} | LETS_THROUGH


class Watched(NamedTuple):
    """What one run of the command did. connections, writes: lines of the trace, writes outside its folder alone."""

    code: int
    told: str
    calls: int
    connections: list[str]
    writes: list[str]


def writing(folder: Path) -> Path:
    """A SavedModel that writes a file beside its folder whenever it is asked."""
    import tensorflow as tf

    from tests.black_box.test_tensorflow import Writing

    module = Writing(str(folder / "written"))
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.serve})
    return folder / "saved"


def watched(model: Path, photo: Path, folder: Path) -> Watched:
    """Explain the photo under strace, all its processes: what changes files, and connects."""
    folder.mkdir()
    command = [sys.executable, "-m", "scorecam_cli", "explain", photo, "-m", model, "--unsafe-model"]
    command += ["--method", "rise", "--passes", "4", "--preprocess", "unit", "-o", folder / "maps"]
    asked = [*STRACE, "-o", folder / "trace"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(
        [str(part) for part in (*asked, *command)], capture_output=True, text=True, env=environment, check=False
    )
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.splitlines()[-1]}")
    lines = (folder / "trace").read_text("utf-8", "replace").splitlines()
    found = [match for match in map(_LINE.match, lines) if match]
    return Watched(
        done.returncode,
        done.stderr,
        len(found),
        [match[0] for match in found if match[1] == "connect"],
        [match[0] for match in found if match[1] != "connect" and _writes(match[1], match[2], folder)],
    )


def _writes(call: str, rest: str, folder: Path) -> bool:
    """Whether a call changes, or may, a file outside the folder."""
    if _FAILED.search(rest) or (call.startswith("open") and not re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", rest)):
        return False
    places = [Path(at or "/", path or alone) for at, path, alone in _PATH.findall(rest)]
    return not places or not all(
        str(place).startswith(NOWHERE) or COMPILED in place.parts or os.path.realpath(place).startswith(str(folder))
        for place in places
    )


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "dog.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (H, W, 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in HOSTILE])
def test_hostile_model_connects_to_nothing_and_writes_nothing_outside_its_folder(name, photo, tmp_path):
    model = HOSTILE[name](tmp_path)
    seen = watched(model, photo, tmp_path / "run")
    print(f"| {name} | {seen.code} | {seen.calls} | {len(seen.connections)} | {len(seen.writes)} |")
    assert seen.code == 3
    assert len(seen.told.splitlines()) <= (2 if name in LETS_THROUGH else 1) + seen.told.count("loading ")
    assert seen.connections == seen.writes == []
    assert not (tmp_path / "written").exists()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.slow
def test_the_watch_sees_a_write_and_a_connection(tmp_path):
    program = (
        "import os, socket, sys; open(sys.argv[1], 'w'); os.mkdir(sys.argv[1] + 'x')\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError: pass"
    )
    asked = [*STRACE, "-o", tmp_path / "trace"]
    subprocess.run([*map(str, asked), sys.executable, "-c", program, str(tmp_path / "a")], check=True)
    lines = [match for match in map(_LINE.match, (tmp_path / "trace").read_text().splitlines()) if match]
    assert any(match[1] == "connect" for match in lines)
    changing = [match[1] for match in lines if match[1] != "connect" and _writes(match[1], match[2], tmp_path / "run")]
    assert {"openat", "mkdir"} <= set(changing)
