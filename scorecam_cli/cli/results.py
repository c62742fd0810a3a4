"""What a command prints on stdout: a path or an object at a time."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from scorecam_cli.cli.console import Console
from scorecam_cli.cli.streams import ResultsLostError

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\", "'": r"\'"}


def shell_quoted(name: str) -> str:
    r"""`$'in/dog\033[31m.png'` for a name that would do more to a terminal than show; others stay as they are.

    The quoted form is one that a shell reads back as the name.
    """
    if name.isprintable() and not name.startswith("$'"):
        return name
    return f"$'{''.join(map(_quoted, name))}'"


def _quoted(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    return char if char.isprintable() else "".join(f"\\{byte:03o}" for byte in os.fsencode(char))


class Results:
    """The results of a command whose work is files: they matter more than the list of them.

    Where stdout cannot be written that is said once, nothing more is printed, and the work goes on. `lost` tells.
    ending: of each path, a newline or NUL.
    """

    def __init__(self, console: Console, *, ending: bytes = b"\n") -> None:
        self.lost = False
        self._console, self._ending = console, ending
        self._untold: dict[PurePath, None] = {}

    def path(self, path: PurePath) -> None:
        """One path, byte for byte as the file system has it; on a line of a terminal, so that it is only text there."""
        on_screen = self._ending == b"\n" and sys.stdout.isatty()
        self._write(os.fsencode(shell_quoted(str(path)) if on_screen else path) + self._ending)

    def of_photo(self, paths: Sequence[PurePath]) -> None:
        """The paths of one photo, but for a screen on which many photos have a line each, unless all is asked for."""
        many = self._console.total > 1 and self._console.verbosity == 0
        if many and self._ending == b"\n" and sys.stdout.isatty():
            self._untold.setdefault(paths[-1].parent)
            return
        for path in paths:
            self.path(path)

    def summed_up(self) -> None:
        """Where the files are whose paths were not printed."""
        if self._untold:
            first, more = next(iter(self._untold)), len(self._untold) - 1
            folders = f" and {more} more folder{'' if more == 1 else 's'}" if more else ""
            self._console.say(f"files are in {first}{folders}; -v or a pipe prints their paths")

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
