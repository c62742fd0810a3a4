"""The tables of an evaluation: the whole one, or one for each part of a run, each with its settings beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from scorecam_cli.config import EvaluateConfig
from scorecam_cli.errors import UsageError
from scorecam_cli.faithfulness import numbers
from scorecam_cli.files import write
from scorecam_cli.files.looks import is_file
from scorecam_cli.files.small_files import EVALUATION_SETTINGS, read_small
from scorecam_cli.files.table import GrowingTable, Row, whole_rows
from scorecam_cli.runs.current import differences, joined

NUMBERS = tuple(numbers.NUMBERS)  # columns that are averaged, in the order of the summary
CURVES = ("deletion_curve", "insertion_curve", "sanity")  # numbers separated by spaces
COLUMNS = ("photo", "photo_sha256", "method", "class", "probability", "passes", "doubts", *NUMBERS, *CURVES)

_WHOLE = "evaluation"
_OF_PART = re.compile(r"evaluation\.\d+-of-\d+\.csv\Z")


def folder_of(config: EvaluateConfig) -> Path:
    """Where everything is written."""
    return Path(config.photos.output_dir or "scorecam-evaluation")


def open_table(config: EvaluateConfig) -> GrowingTable:
    """The table of this run, or of its part of one, to be read and added to.

    Raises:
        UsageError: another file stands at its place. PhotoError: it cannot be read or written.
    """
    return GrowingTable(_table(config), columns=COLUMNS, group="photo", group_size=len(config.methods))


def begin(config: EvaluateConfig, settings: Mapping[str, Any]) -> None:
    """Note the settings beside the table; where it shall be new, take the old one away, with those of parts."""
    if config.fresh:
        write.remove(_table(config))
        for part in _parts(config) if config.photos.shard is None else ():
            write.remove(part)
            write.remove(_settings_of(part))
    write.write_json(_settings_of(_table(config)), settings)


def rows_of_parts(config: EvaluateConfig) -> dict[tuple[str, str], Sequence[Row]]:
    """What parts of this run have measured: by the photo and its digest, the rows of one photo.

    Nothing, where this run is a part itself, or where all shall be done anew.

    Raises:
        UsageError: the table of a part cannot be read.
    """
    if config.photos.shard is not None or config.fresh:
        return {}
    found: dict[tuple[str, str], Sequence[Row]] = {}
    for part in _parts(config):
        rows = whole_rows(part, columns=COLUMNS, group="photo", group_size=len(config.methods))
        for _photo, group in groupby(rows, lambda row: row["photo"]):
            of_photo = list(group)
            found.setdefault((of_photo[0]["photo"], of_photo[0]["photo_sha256"]), of_photo)
    return found


def check_table(config: EvaluateConfig, settings: Mapping[str, Any]) -> None:
    """Let all tables that are there, of parts too, depend on the same settings as the rows to come.

    Raises:
        UsageError: one was made by others, and shall not be made anew.
    """
    if config.fresh:
        return
    for table in dict.fromkeys((_table(config), folder_of(config) / f"{_WHOLE}.csv", *_parts(config))):
        if not is_file(table) or not is_file(_settings_of(table)):
            continue
        if differing := _differing(_settings_of(table), settings):
            raise UsageError(
                f"the table {table.name} in {folder_of(config)} was made with other settings: {joined(differing)}; "
                "give another --output-dir, or --force to begin anew"
            )


def _differing(path: Path, settings: Mapping[str, Any]) -> list[str]:
    try:
        found = json.loads(read_small(path, EVALUATION_SETTINGS))
    except (ValueError, RecursionError):
        found = None
    return differences(found, settings) if isinstance(found, dict) else [f"{path.name} is damaged"]


def _table(config: EvaluateConfig) -> Path:
    shard = config.photos.shard
    part = "" if shard is None else f".{shard[0]}-of-{shard[1]}"
    return folder_of(config) / f"{_WHOLE}{part}.csv"


def _settings_of(table: Path) -> Path:
    return table.with_suffix(".settings.json")


def _parts(config: EvaluateConfig) -> Iterator[Path]:
    """The tables of parts that are there, by name."""
    with suppress(OSError):
        yield from sorted(path for path in folder_of(config).iterdir() if _OF_PART.fullmatch(path.name))
