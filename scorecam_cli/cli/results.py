"""What a command prints on stdout: a path or an object at a time."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scorecam_cli.cli.console import Console
from scorecam_cli.cli.streams import ResultsLostError


class Results:
    """The results of a command whose work is files: they matter more than the list of them.

    Where stdout cannot be written that is said once, nothing more is printed, and the work goes on. `lost` tells.
    """

    def __init__(self, console: Console) -> None:
        self.lost = False
        self._console = console

    def path(self, path: Path) -> None:
        """One path on a line, byte for byte as the file system has it."""
        self._write(os.fsencode(path) + b"\n")

    def json(self, value: Mapping[str, Any]) -> None:
        """One object on one line, in ASCII."""
        self._write(json.dumps(value).encode("ascii") + b"\n")

    def _write(self, data: bytes) -> None:
        if self.lost:
            return
        try:
            with self._console.bars_aside():
                sys.stdout.buffer.write(data)
        except ResultsLostError as error:
            self.lost = True
            self._console.say(
                f"scorecam: {error}; files are written all the same, and the same command prints their paths again"
            )
