"""`--offline` is of the whole process, not of the download of weights alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.loading import model_zoo

CONNECT = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=5)
except PermissionError:
    raise SystemExit("forbidden")
except OSError:
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forbids a process to connect")
@pytest.mark.parametrize(("option", "code", "words"), [([], 0, ""), (["--offline"], 3, "forbidden")])
def test_offline_nothing_in_the_process_connects(option: list[str], code: int, words: str, tmp_path: Path) -> None:
    """Not even Python of the user's own; TensorFlow's gs:// and s3:// open the same sockets."""
    model_zoo.functional().save(tmp_path / "model.keras")
    (tmp_path / "mine.py").write_text(CONNECT, encoding="utf-8")
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    command = [sys.executable, "-m", "scorecam_cli", "predict", "a.png", "-m", "model.keras", "--import", "mine.py"]
    option = [*option, "--preprocess", "unit"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [*command, *option], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, done.stderr
    assert words in done.stderr
