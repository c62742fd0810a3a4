"""The rooms of the code: who may import whom, and what must not be loaded before work starts."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "scorecam_cli"
ROOMS = (  # a module imports only from rooms further down this list; the last eight are files that anyone may import
    "__main__",
    "cli",
    "api",
    "runs",
    "report",
    "figures",
    "faithfulness",
    "saliency",
    "loading",
    "black_box",
    "keras_engine",
    "inspection",
    "models",
    "photos",
    "files",
    "data",
    "outcomes",
    "records",
    "manifest",
    "dependence",
    "config",
    "worker_settings",
    "relations",
    "choices",
    "own_process",
    "urls",
    "words",
    "errors",
)
UNIX_ALONE = {"fcntl", "grp", "pwd", "resource", "termios", "tty"}
NUMERICAL = ("keras_engine", "loading", "black_box")


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "scorecam_cli":
            names = [f"scorecam_cli.{alias.name}" for alias in node.names if not alias.name.startswith("__")]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("scorecam_cli."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_import_from_rooms_further_down_only(path):
    if path == PACKAGE / "__init__.py":
        pytest.skip("the package names its API and loads it on first use")
    own = room_of(path)
    for room in imported_rooms(path):
        allowed = ROOMS.index(room) >= ROOMS.index(own)
        assert allowed, f"{own} reaches up to {room}"


def test_modules_of_unix_alone_are_imported_where_they_are_needed_only():
    """So that the package can be imported on every system; what is a program of its own is never imported."""
    for path in set(PACKAGE.rglob("*.py")) - {PACKAGE / "photos" / "decoder_process.py"}:
        for node in ast.parse(path.read_text("utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not UNIX_ALONE & set(names), path


def test_only_numerical_rooms_name_tensorflow():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        if room_of(path) not in NUMERICAL and room_of(path) != "api":
            assert "import tensorflow" not in text
            assert "import keras" not in text
            assert not re.search(r"keras_engine\.start import [^\n]*\b(keras|tf)\b", text)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["explain", "--help"], 0),
        (["explain", "--no-such-option"], 2),
        (["explain", "no-such-photo.jpg"], 1),
        (["explain", "photo.jpg", "--class", "no such class"], 2),
        (["explain", "photo.jpg", "--model", "no-such-model"], 2),
        (["explain", "photo.jpg", "--colormap", "no-such-map"], 2),
        (["models"], 0),
        (["methods"], 0),
        (["explain", "photo.jpg", "--passes", "3"], 2),
        (["report", "."], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_answers_without_tensorflow(arguments, code, tmp_path):
    program = (
        "import sys\n"
        "from scorecam_cli.cli.app import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as ended:\n"
        "    heavy = [name for name in ('tensorflow', 'keras') if name in sys.modules]\n"
        "    assert not heavy, heavy\n"
        "    raise\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
