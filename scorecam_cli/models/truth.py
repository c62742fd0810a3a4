"""Which class each photo is of, from a CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from scorecam_cli.errors import ClassError, PhotoError, UsageError
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.small_files import TRUTH, read_small_document
from scorecam_cli.models.labels import Labels


@dataclass(frozen=True)
class Truth:
    """The class of each photo as the file gives it: index, name or WordNet id. sha256: of the file."""

    source: Path
    classes: Mapping[str, str]
    sha256: str

    def of(self, photo: PurePath) -> str:
        """The class of a photo: by its path as given, else by its file name.

        Raises:
            PhotoError: the file does not name it.
        """
        found = self.classes.get(str(photo), self.classes.get(photo.name))
        if found is None:
            raise PhotoError(f"{photo} is not in {self.source}; add a line `{photo.name},CLASS`")
        return found

    def check(self, labels: Labels, *, model: str) -> None:
        """Raise UsageError unless each class is one of the model, by its name for messages."""
        for text in dict.fromkeys(self.classes.values()):
            try:
                labels.find(text, model=model)
            except ClassError as error:
                raise UsageError(f"--truth {self.source}: {error}") from error


def read_truth(path: Path) -> Truth:
    """Read lines of photo and class, with or without a header `photo,class`.

    Raises:
        UsageError: it cannot be read, or a line is something else.
    """
    document = read_small_document(path, TRUTH, undecodable="surrogateescape")
    classes: dict[str, str] = {}
    for number, (line, row) in enumerate(csv_rows(document.text, f"--truth {path}")):
        cells = [cell.strip() for cell in row]
        if number == 0 and [cell.lower() for cell in cells] == ["photo", "class"]:
            continue
        if len(cells) != 2 or not all(cells):
            raise UsageError(f"--truth {path} line {line} is not `photo,class`: {','.join(row)[:80]!r}")
        if classes.setdefault(cells[0], cells[1]) != cells[1]:
            raise UsageError(f"--truth {path} line {line} gives {cells[0][:80]!r} a second class")
    if not classes:
        raise UsageError(f"--truth {path} names no photo; give lines of `photo,class`")
    return Truth(path, classes, document.sha256)
