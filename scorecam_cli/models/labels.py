"""What the classes of a model are called, and which of them a user means."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ClassError, UsageError
from scorecam_cli.records import ClassLabel

HEADER_NAMES = frozenset({"name", "label", "class", "class_name", "classname", "title"})
HEADER_INDICES = frozenset({"index", "id", "class_index", "class_id", "number", "idx"})
HEADER_WNIDS = frozenset({"wnid", "synset", "wordnet_id"})


@dataclass(frozen=True)
class Labels:
    """The classes of one model, in the order of its output; `synonyms[i]` are further names of class i."""

    classes: tuple[ClassLabel, ...]
    synonyms: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> ClassLabel:
        return self.classes[index]

    def find(self, text: str, *, model: str) -> int:
        """The index of the class that a user means.

        Args:
            text: an index, a WordNet id, or a name in any case, with spaces or underscores.
            model: its name, for the message.

        Raises:
            ClassError: no such class, or several of that name; the message lists the nearest.
        """
        wanted = text.strip()
        if wanted.lstrip("-").isdecimal():
            return self._checked(int(wanted), model)
        for meaning in (self._by_wnid, self._by_name, self._by_synonym):
            found = meaning.get(_plain(wanted), ())
            if len(found) == 1:
                return found[0]
            if found:
                listed = ", ".join(f"{index} ({self._described(index)})" for index in found)
                raise ClassError(f"class {text!r} means {len(found)} classes of {model}: {listed}; give the index")
        raise ClassError(f"class {text!r} is not one of the {len(self)} classes of {model}; {self._nearest(wanted)}")

    def _checked(self, index: int, model: str) -> int:
        if 0 <= index < len(self):
            return index
        raise ClassError(f"class {index} does not exist; {model} has classes 0-{len(self) - 1}")

    def _described(self, index: int) -> str:
        return ", ".join((self[index].name, *(self.synonyms[index] if self.synonyms else ())))

    def _nearest(self, wanted: str) -> str:
        known = {**self._by_synonym, **self._by_name}
        near = difflib.get_close_matches(_plain(wanted), known, n=5, cutoff=0.6)
        near += [name for name in known if _plain(wanted) and _plain(wanted) in name.split()][:5]
        indices = list(dict.fromkeys(index for name in near for index in known[name]))[:5]
        if not indices:
            return "give an index, a name or a WordNet id (`scorecam predict` shows the names it uses)"
        return "nearest: " + ", ".join(f"{self[index].name} ({index})" for index in indices)

    @cached_property
    def _by_wnid(self) -> dict[str, tuple[int, ...]]:
        return _indexed((label.index, label.wnid) for label in self.classes if label.wnid)

    @cached_property
    def _by_name(self) -> dict[str, tuple[int, ...]]:
        return _indexed((label.index, label.name) for label in self.classes)

    @cached_property
    def _by_synonym(self) -> dict[str, tuple[int, ...]]:
        return _indexed((index, name) for index, names in enumerate(self.synonyms) for name in names)


def imagenet_labels() -> Labels:
    """The 1000 classes of ImageNet (ILSVRC 2012), with WordNet ids and synonyms.

    Source: the class order of Russakovsky et al. 2015, arXiv:1409.0575; names from WordNet 3.0.
    """
    text = (resources.files("scorecam_cli.data") / "imagenet_classes.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    names = [row[1].split(", ") for row in rows]
    classes = tuple(ClassLabel(index, names[index][0], row[0]) for index, row in enumerate(rows))
    return Labels(classes, tuple(tuple(name[1:]) for name in names))


def numbered_labels(count: int) -> Labels:
    """Labels for a model whose classes have no known names: `class 0`, `class 1`, ..."""
    return Labels(tuple(ClassLabel(index, f"class {index}") for index in range(count)))


def read_labels(path: Path) -> Labels:
    """Read class names from a text file (a name a line), a CSV or a JSON file.

    A CSV may have a header and columns for index, name and WordNet id. A JSON file may hold a list of names, names by
    index, `[wnid, name]` by index as Keras writes it, or indices by name as `class_indices` of a Keras generator.

    Raises:
        UsageError: the file cannot be read or its classes are not 0, 1, 2, ... each once.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"labels file {path} cannot be read: {error.strerror}; give a text, CSV or JSON file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"labels file {path} is not text in UTF-8; save it as UTF-8 text, CSV or JSON") from error
    suffix = path.suffix.lower()
    if suffix == ".json":
        rows = _json_rows(text, path)
    elif suffix in (".csv", ".tsv"):
        rows = _csv_rows(text, "\t" if suffix == ".tsv" else ",")
    else:
        rows = [(index, line.strip(), None) for index, line in enumerate(text.rstrip().splitlines())]
    rows.sort(key=lambda row: row[0])
    if not rows or [row[0] for row in rows] != list(range(len(rows))):
        raise UsageError(
            f"labels file {path} does not name the classes 0, 1, 2, ... each once ({len(rows)} rows); "
            "give one name a line, or an index and a name in each row"
        )
    return Labels(tuple(ClassLabel(index, name or f"class {index}", wnid) for index, name, wnid in rows))


def _csv_rows(text: str, delimiter: str) -> list[tuple[int, str, str | None]]:
    table = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    header = [cell.strip().lower().replace(" ", "_") for cell in table[0]] if table else []
    has_header = bool(set(header) & (HEADER_NAMES | HEADER_INDICES | HEADER_WNIDS)) and not any(c.isdecimal() for c in header)
    body = table[1:] if has_header else table
    index_at = _column(header, HEADER_INDICES) if has_header else _numbered_column(body)
    wnid_at = _column(header, HEADER_WNIDS) if has_header else None
    name_at = _column(header, HEADER_NAMES) if has_header else None
    if name_at is None:
        free = [at for at in range(max(map(len, body), default=0)) if at not in (index_at, wnid_at)]
        name_at = free[0] if free else 0
    rows = []
    for number, row in enumerate(body):
        cells = [cell.strip() for cell in row] + [""] * 3
        index = cells[index_at] if index_at is not None else str(number)
        rows.append((int(index) if index.isdecimal() else -1, cells[name_at], cells[wnid_at] if wnid_at is not None else None))
    return rows


def _column(header: Sequence[str], names: frozenset[str]) -> int | None:
    return next((at for at, cell in enumerate(header) if cell in names), None)


def _numbered_column(body: Sequence[Sequence[str]]) -> int | None:
    """The first column that holds 0, 1, 2, ... in some order beside another column with the names."""
    if not body or min(map(len, body)) < 2:
        return None
    for at in range(min(map(len, body))):
        cells = [row[at].strip() for row in body]
        if all(cell.isdecimal() for cell in cells) and sorted(map(int, cells)) == list(range(len(cells))):
            return at
    return None


def _json_rows(text: str, path: Path) -> list[tuple[int, str, str | None]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"labels file {path} is not valid JSON; give a list of names or an object of index and name") from error
    if isinstance(data, list):
        data = dict(enumerate(data))
    if not isinstance(data, dict):
        raise UsageError(f"labels file {path} holds no list or object; give a list of names or an object of index and name")
    if data and all(isinstance(value, int) and not isinstance(value, bool) for value in data.values()):
        data = {value: key for key, value in data.items()}  # class_indices of a Keras generator
    return [(int(key) if str(key).isdecimal() else -1, *_name_and_wnid(value)) for key, value in data.items()]


def _name_and_wnid(value: Any) -> tuple[str, str | None]:
    if isinstance(value, list) and len(value) == 2:
        return str(value[1]).replace("_", " "), str(value[0])
    return str(value), None


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _indexed(pairs: Any) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for index, name in pairs:
        key = _plain(name)
        found[key] = (*found.get(key, ()), index)
    return found
