"""Run every cell of the table "does it run?" and write it into docs/compared.md.

    python -m tests.matrix                  all programs
    python -m tests.matrix xplique          one program; the others' columns stay as they are

Each other program is installed into an environment of its own under `.matrix/`, which sees what this environment has
(TensorFlow, Keras and NumPy among it) where the program allows those versions, and installs its own where it does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.kinds import VERSIONS
from tests.matrix.table import Column, read_table, written

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compared.md"
CACHE = ROOT / ".matrix"
SECONDS = 1800  # for the whole of one program


@dataclass(frozen=True)
class Rival:
    """How a program is installed and run.

    alone: without what it asks for itself, which `beside` names in its place.
    legacy: it knows Keras 2 alone, which `tf-keras` is for a present TensorFlow.
    """

    package: str
    beside: tuple[str, ...] = ()
    alone: bool = False
    legacy: bool = False


RIVALS = {
    "tf-keras-vis": Rival("tf-keras-vis==0.8.7", ("scipy<2",)),  # it imports a module that SciPy 2 removes
    # It asks for TensorFlow 2.20 at most, with 6 GB of libraries of GPUs, which are left out here.
    "xplique": Rival(
        "xplique==2.0.2",
        (
            *("tensorflow==2.20.*", "tensorflow-text==2.20.*", "tensorflow-probability[tf]==0.25.0", "deprecated"),
            *("einops", "opencv-python-headless", "scikit-image<=0.25.2", "scikit-learn<=1.7.2", "scipy<=1.15.3"),
        ),
        alone=True,
    ),
    # It imports OpenCV and does not ask for it.
    "tf-explain": Rival("tf-explain==0.3.1", ("opencv-python-headless", "tf-keras==2.21.*"), legacy=True),
}


def installed(name: str, rival: Rival) -> Path | str:
    """The Python of the program's environment, made where it is not there; or why it cannot be installed."""
    folder = CACHE / name
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        ours = dict.fromkeys([sysconfig.get_path("purelib"), *(path for path in sys.path if "site-packages" in path)])
        packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        (packages / "shared.pth").write_text("\n".join(ours) + "\n")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        steps = [[*pip, *rival.beside], [*pip, "--no-deps", rival.package]]
        for step in steps if rival.alone else [[*pip, *rival.beside, rival.package]]:
            done = subprocess.run(step, capture_output=True, text=True)
            if done.returncode:
                errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
                return (errors or ["ERROR: pip failed"])[0]
        (folder / "whole").touch()
    return python


def column(name: str) -> Column:
    """All cells of one program."""
    if name == "scorecam":
        return _run(name, Path(sys.executable))
    python = installed(name, RIVALS[name])
    if isinstance(python, str):
        return Column(name, "", {}, default=f"cannot be installed: {python}")
    rival = RIVALS[name]
    found = _run(name, python, legacy=rival.legacy)
    if rival.legacy:
        found.cells[VERSIONS.name] = _run(name, python, kinds=[VERSIONS.name]).cells[VERSIONS.name]
    elif not found.made_by.endswith("TensorFlow 2.21"):
        found.cells[VERSIONS.name] = f"cannot be installed: asks for {_wanted(python, rival)}"
    return found


def _run(name: str, python: Path, *, legacy: bool = False, kinds: Sequence[str] = ()) -> Column:
    """The cells of some kinds, or of all, with Keras 3 or with Keras 2."""
    settings = {
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_USE_LEGACY_KERAS": str(int(legacy)),
    }
    done = subprocess.run(
        [python, "-m", "tests.matrix.one_tool", name, *kinds],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=SECONDS,
    )
    first, *rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    versions = {package: ".".join(version.split(".")[:2]) for package, version in first["versions"].items()}
    ran_with = f"{'tf-keras' if legacy else 'Keras'} {versions['keras']}, TensorFlow {versions['tensorflow']}"
    cells = {row["kind"]: row["cell"] for row in rows}
    return Column(name, ", ".join(filter(None, (first["version"], ran_with))), cells, default="ends the process")


def _wanted(python: Path, rival: Rival) -> str:
    """What the program's own metadata say of TensorFlow: `tensorflow<=2.20.0,>=2.18`."""
    program = (
        "import importlib.metadata, re, sys\n"
        "for wanted in importlib.metadata.requires(sys.argv[1]) or ():\n"
        "    if found := re.match(r'tensorflow(?:\\[[^]]*\\])?([<>=~!][^;]*)', wanted):\n"
        "        sys.exit(print('tensorflow' + found[1].strip()))\n"
    )
    done = subprocess.run([python, "-c", program, rival.package.split("==")[0]], capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    names = sys.argv[1:] or ["scorecam", *RIVALS]
    columns = read_table(PAGE.read_text("utf-8"))
    for name in names:
        columns[name] = column(name)
        PAGE.write_text(written(PAGE.read_text("utf-8"), columns), "utf-8")
        print(f"{name}: {columns[name].cells}")


if __name__ == "__main__":
    main()
