"""Which class each photo is of, from a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.regular import read_regular

MAX_BYTES = 2**28  # a line for each of a million photos has about 50 MB


@dataclass(frozen=True)
class Truth:
    """The class of each photo as the file gives it: index, name or WordNet id."""

    source: Path
    classes: Mapping[str, str]

    def of(self, photo: Path) -> str:
        """The class of a photo: by its path as given, else by its file name.

        Raises:
            PhotoError: the file does not name it.
        """
        found = self.classes.get(str(photo), self.classes.get(photo.name))
        if found is None:
            raise PhotoError(f"{photo} is not in {self.source}; add a line `{photo.name},CLASS`")
        return found


def read_truth(path: Path) -> Truth:
    """Read lines of photo and class, with or without a header `photo,class`.

    Raises:
        UsageError: it cannot be read, or a line is something else.
    """
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8-sig", "surrogateescape")
    except PhotoError as error:
        raise UsageError(f"--truth {path}: {error}") from error
    classes: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""))
    for line in reader:
        cells = [cell.strip() for cell in line]
        if not any(cells) or (reader.line_num == 1 and [cell.lower() for cell in cells] == ["photo", "class"]):
            continue
        if len(cells) != 2 or not all(cells):
            raise UsageError(f"--truth {path} line {reader.line_num} is not `photo,class`: {','.join(line)[:80]!r}")
        if classes.setdefault(cells[0], cells[1]) != cells[1]:
            raise UsageError(f"--truth {path} line {reader.line_num} gives {cells[0]!r} a second class")
    if not classes:
        raise UsageError(f"--truth {path} names no photo; give lines of `photo,class`")
    return Truth(path, classes)
