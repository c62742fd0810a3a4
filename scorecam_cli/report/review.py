"""Stars, labels and notes that people gave to photos, as the page exports them: read strictly, whoever sent them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from scorecam_cli.errors import MisfitError, UsageError
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.json_records import MAX_TEXT, parse_json, read_record
from scorecam_cli.files.small_files import REVIEW, read_small_document

SCHEMA = 1
LABELS = ("right", "wrong-reason", "wrong")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_GUARDED = re.compile(
    r"'+\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
)  # a quote in front keeps spreadsheets from computing
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


@dataclass(frozen=True)
class Remark:
    """What was said of one photo.

    sha256: of the photo's file: the same photo is found on any page. name: what a page called it.
    label: one of LABELS, or empty. changed: when, as `2026-03-01T12:00:00.000Z`; empty where nobody noted it. A remark
    that says nothing says that an earlier one was taken back.
    """

    sha256: str
    name: str = ""
    flagged: bool = False
    label: str = ""
    note: str = ""
    changed: str = ""


@dataclass(frozen=True)
class _Exported:
    """What the page writes as JSON; of another schema, nothing is believed."""

    schema: int
    photos: tuple[Remark, ...]


@dataclass(frozen=True)
class Review:
    """The remarks of a file, one for each photo."""

    remarks: Mapping[str, Remark]

    def beside(self, photos: Iterable[str]) -> int:
        """How many remarks are of other photos than these, which are named by their digests."""
        return len(self.remarks.keys() - set(photos))

    def json_values(self) -> dict[str, Any]:
        """The remarks as the page and its exports have them."""
        return {"schema": SCHEMA, "photos": [asdict(each) for each in self.remarks.values()]}


NO_REVIEW = Review({})


def read_review(path: Path) -> Review:
    """What the page has exported, JSON or CSV; of two remarks on one photo the newer, of two as old the later.

    Raises:
        UsageError: the file cannot be read, is too large, or says anything that no page exports.
    """
    text = read_small_document(path, REVIEW).text
    remarks: dict[str, Remark] = {}
    read = _from_json if text.lstrip().startswith(("{", "[")) else _from_csv
    for where, remark in read(text, f"--review {path}"):
        checked = _checked(remark, where)
        earlier = remarks.get(checked.sha256)
        if earlier is None or earlier.changed <= checked.changed:
            remarks[checked.sha256] = checked
    return Review(remarks)


def _from_json(text: str, source: str) -> Iterable[tuple[str, Remark]]:
    try:
        exported = read_record(_Exported, parse_json(text.encode("utf-8")))
    except MisfitError as error:
        raise _refused(source, str(error)) from error
    if exported.schema != SCHEMA:
        raise _refused(source, f"its schema is {exported.schema}, and not {SCHEMA}")
    return [(f"{source}, photo {place}", each) for place, each in enumerate(exported.photos, start=1)]


def _from_csv(text: str, source: str) -> Iterable[tuple[str, Remark]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)  # spreadsheets save with what their country has
    rows = list(csv_rows(text, source, delimiter=delimiter, skip_spaces=False))
    names = [name.strip().lower() for name in rows[0].cells] if rows else []
    if "sha256" not in names or not {"flagged", "label", "note"} & set(names):
        raise _refused(source, "it has no columns `sha256` and `flagged`, `label` or `note`")
    found = []
    for row in rows[1:]:
        cells = dict(zip_longest(names, row.cells[: len(names)], fillvalue=""))
        where = f"{source}, line {row.line}"
        flagged = _YES_NO.get(cells.get("flagged", "").strip().lower())
        if flagged is None:
            raise _refused(where, f"`flagged` is {cells['flagged'][:40]!r}, and neither yes nor no")
        texts = {name: _unguarded(cells.get(name, "")) for name in ("name", "note")}
        words = {name: cells.get(name, "").strip().lower() for name in ("sha256", "label")}
        found.append((where, Remark(flagged=flagged, changed=cells.get("changed", "").strip(), **texts, **words)))
    return found


def _checked(remark: Remark, where: str) -> Remark:
    """The remark, its time in the one form that can be compared as text."""
    if not _DIGEST.fullmatch(remark.sha256):
        raise _refused(where, f"`sha256` is {remark.sha256[:80]!r}, and no digest of 64 hexadecimal digits")
    if remark.label and remark.label not in LABELS:
        raise _refused(where, f"`label` is {remark.label[:40]!r}, and none of {', '.join(LABELS)}")
    if max(len(remark.name), len(remark.note)) > MAX_TEXT:
        raise _refused(where, f"`note` or `name` is longer than {MAX_TEXT} characters")
    return replace(remark, changed=_moment(remark.changed, where))


def _moment(text: str, where: str) -> str:
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refused(where, f"`changed` is {text[:40]!r}, and no time such as 2026-03-01T12:00:00Z") from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unguarded(cell: str) -> str:
    """A cell without the quote that the page puts before what a spreadsheet would compute."""
    return cell[1:] if _GUARDED.match(cell) else cell


def _refused(where: str, why: str) -> UsageError:
    return UsageError(f"{where}: {why}; give what the page exports as JSON or CSV")
