"""What the classes of a model are called, and which of them a user means."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ClassError, UsageError
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.small_files import LABELS, read_small_document
from scorecam_cli.records import ClassLabel
from scorecam_cli.words import nearest, quoted

HEADER_NAMES = frozenset({"name", "label", "class", "class_name", "classname", "title"})
HEADER_INDICES = frozenset({"index", "id", "class_index", "class_id", "number", "idx"})
WNID = re.compile(r"n\d{8}")
HEADER_WNIDS = frozenset({"wnid", "synset", "wordnet_id"})
NOWHERE = -1  # the index of a row that gives none


@dataclass(frozen=True)
class Row:
    """One class as a labels file gives it."""

    index: int
    name: str
    wnid: str | None = None


@dataclass(frozen=True)
class Labels:
    """The classes of one model, in the order of its output; `synonyms[i]` are further names of class i.

    sha256: of the file that names them, None where no file of the user does.
    """

    classes: tuple[ClassLabel, ...]
    synonyms: tuple[tuple[str, ...], ...] = ()
    sha256: str | None = None

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
        if re.fullmatch(r"-?\d{1,18}", wanted):
            return self._checked(int(wanted), model)
        for meaning in (self._by_wnid, self._by_name, self._by_synonym):
            found = meaning.get(_plain(wanted), ())
            if len(found) == 1:
                return found[0]
            if found:
                listed = ", ".join(f"{index} ({self._described(index)})" for index in found)
                raise ClassError(
                    f"class {quoted(text)} means {len(found)} classes of {model}: {listed}; give the index"
                )
        raise ClassError(
            f"class {quoted(text)} is not one of the {len(self)} classes of {model}; {self._nearest(wanted)}"
        )

    def _checked(self, index: int, model: str) -> int:
        if 0 <= index < len(self):
            return index
        raise ClassError(f"class {index} does not exist; {model} has classes 0-{len(self) - 1}")

    def _described(self, index: int) -> str:
        return ", ".join((self[index].name, *(self.synonyms[index] if self.synonyms else ())))

    def _nearest(self, wanted: str) -> str:
        known = {**self._by_name, **self._by_synonym, **self._by_name}  # in this order, names before synonyms
        near = [name for name in known if _plain(wanted) in name.split()]
        words = {word for name in known for word in name.split()}
        for text in nearest(_plain(wanted), {*known, *words}, most=5, cutoff=0.6):
            near += [text] if text in known else [name for name in known if text in name.split()]
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


def numbered_outputs(count: int) -> Labels:
    """The same for a regression: `output 0`, `output 1`, ..., or `output` where there is one."""
    return Labels(tuple(ClassLabel(index, f"output {index}" if count > 1 else "output") for index in range(count)))


def read_labels(path: Path) -> Labels:
    """Read class names from a text file (a name a line), a CSV or a JSON file.

    A CSV may have a header and columns for index, name and WordNet id. A JSON file may hold a list of names, names by
    index, `[wnid, name]` by index as Keras writes it, or indices by name as `class_indices` of a Keras generator.

    Raises:
        UsageError: the file cannot be read or its classes are not 0, 1, 2, ... each once.
    """
    document = read_small_document(path, LABELS)
    text = document.text
    suffix = path.suffix.lower()
    if suffix == ".json":
        rows = _json_rows(text, path)
    elif suffix in (".csv", ".tsv"):
        rows = _csv_rows(text, path, "\t" if suffix == ".tsv" else ",")
    else:
        rows = [Row(index, line.strip()) for index, line in enumerate(text.rstrip().splitlines())]
    rows.sort(key=lambda row: row.index)
    if not rows or [row.index for row in rows] != list(range(len(rows))):
        raise UsageError(
            f"labels file {path} does not name the classes 0, 1, 2, ... each once ({len(rows)} rows); "
            "give one name a line, or an index and a name in each row"
        )
    classes = tuple(ClassLabel(row.index, row.name or f"class {row.index}", row.wnid) for row in rows)
    return Labels(classes, sha256=document.sha256)


def _csv_rows(text: str, path: Path, delimiter: str) -> list[Row]:
    rows = csv_rows(text, f"labels file {path}", delimiter=delimiter)
    table = [[cell.strip() for cell in row.cells] for row in rows]
    width = max(map(len, table), default=0)
    table = [row + [""] * (width - len(row)) for row in table]
    header = [cell.lower().replace(" ", "_") for cell in table[0]] if _has_header(table) else []
    body = table[1:] if header else table
    wnid_at = _column(header, HEADER_WNIDS)
    if wnid_at is None and width > 1:
        wnid_at = next((at for at in range(width) if body and all(WNID.fullmatch(row[at]) for row in body)), None)
    index_at = _column(header, HEADER_INDICES)
    if index_at is None:
        index_at = _numbered_column(body)
    name_at = _column(header, HEADER_NAMES, taken=(index_at, wnid_at))
    if name_at is None:
        name_at = next((at for at in range(width) if at not in (index_at, wnid_at)), 0)
    return [
        Row(
            number if index_at is None else _index(row[index_at]),
            row[name_at],
            None if wnid_at is None else row[wnid_at],
        )
        for number, row in enumerate(body)
    ]


def _has_header(table: Sequence[Sequence[str]]) -> bool:
    """Whether the first row says what the columns hold: a word that is known, or words above a column of numbers."""
    if not table or any(cell.isdecimal() for cell in table[0]):
        return False
    words = {cell.lower().replace(" ", "_") for cell in table[0]}
    return bool(words & (HEADER_NAMES | HEADER_INDICES | HEADER_WNIDS)) or _numbered_column(table[1:]) is not None


def _column(header: Sequence[str], names: frozenset[str], taken: Collection[int | None] = ()) -> int | None:
    return next((at for at, cell in enumerate(header) if cell in names and at not in taken), None)


def _numbered_column(body: Sequence[Sequence[str]]) -> int | None:
    """The first column that holds 0, 1, 2, ... in some order beside another column with the names."""
    columns = list(zip(*body, strict=True))
    if len(columns) < 2:
        return None
    numbered = (at for at, cells in enumerate(columns) if sorted(map(_index, cells)) == list(range(len(cells))))
    return next(numbered, None)


def _json_rows(text: str, path: Path) -> list[Row]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"labels file {path} is not valid JSON; give a list of names or an object of index and name"
        ) from error
    if isinstance(data, list):
        pairs = list(enumerate(data))
    elif isinstance(data, dict) and all(type(value) is int for value in data.values()):
        pairs = [(value, name) for name, value in data.items()]  # class_indices of a Keras generator
    elif isinstance(data, dict):
        pairs = [(_index(key), value) for key, value in data.items()]
    else:
        raise UsageError(
            f"labels file {path} holds no list or object; give a list of names or an object of index and name"
        )
    return [_json_row(index, value, path) for index, value in pairs]


def _json_row(index: int, value: Any, path: Path) -> Row:
    match value:
        case str() | int() | float():
            return Row(index, str(value).strip())
        case [str(wnid), str(name)] if re.fullmatch(r"n\d{8}", wnid):
            return Row(index, name.replace("_", " "), wnid)
    raise UsageError(
        f"labels file {path} holds {json.dumps(value)[:60]} where a name should be; "
        "give a list of names or an object of index and name"
    )


def _index(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else NOWHERE


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _indexed(pairs: Iterable[tuple[int, str]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for index, name in pairs:
        key = _plain(name)
        found[key] = (*found.get(key, ()), index)
    return found
