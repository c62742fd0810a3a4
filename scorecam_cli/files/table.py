"""A CSV that grows row by row and survives any end of the process: whole groups of lines only."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from scorecam_cli.errors import UsageError
from scorecam_cli.files import write
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.looks import is_there
from scorecam_cli.files.small_files import GROWING_TABLE, read_small

Row = Mapping[str, str]


class GrowingTable:
    """Rows of text under fixed columns, appended to a file and flushed to disk group by group.

    A group is one line after the other in one write; lines that a dead process left torn are cut off when the file is
    opened, and so is a group that is not whole.
    """

    def __init__(self, path: Path, *, columns: Sequence[str], group: str, group_size: int) -> None:
        """Open the file, or begin it.

        Args:
            path: of the CSV; its folder is made.
            columns: names in the first line.
            group: the column that is the same in all rows of a group. group_size: rows in each group.

        Raises:
            UsageError: the file is there and is not such a table, or cannot be read. PhotoError: it cannot be written.
        """
        self.path, self._columns = path, list(columns)
        self._group = group
        self.rows = whole_rows(path, columns=columns, group=group, group_size=group_size)
        write.write_text(path, self._text([dict(zip(columns, columns, strict=True)), *self.rows]))
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def done(self) -> frozenset[str]:
        """The groups that are in the file."""
        return frozenset(row[self._group] for row in self.rows)

    def append(self, rows: Sequence[Row]) -> None:
        """Add one whole group; it is on disk when this returns.

        Raises:
            PhotoError: it cannot be written.
        """
        try:
            self._file.write(self._text(rows).encode("utf-8", "surrogateescape"))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise write.unwritable(self.path, error) from error
        self.rows += [dict(row) for row in rows]

    def _text(self, rows: Iterable[Row]) -> str:
        out = io.StringIO()
        writer = csv.DictWriter(out, self._columns, lineterminator="\n")
        writer.writerows(rows)
        return out.getvalue()


def whole_rows(path: Path, *, columns: Sequence[str], group: str, group_size: int) -> list[dict[str, str]]:
    """The rows of a table, but for groups that are not whole; none where there is no file. It stays as it is.

    Args:
        path, columns, group, group_size: as of `GrowingTable`.

    Raises:
        UsageError: the file is not such a table, or cannot be read.
    """
    if not is_there(path):
        return []
    data = read_small(path, GROWING_TABLE)
    text = data[: data.rfind(b"\n") + 1].decode("utf-8", "surrogateescape")
    lines = [row.cells for row in csv_rows(text, str(path), skip_spaces=False)]
    torn_heading = not lines and ",".join(columns).encode().startswith(data)
    if lines[:1] != [list(columns)] and not torn_heading:
        raise UsageError(f"{path} is not a table of evaluations; move it away or give another --output-dir")
    rows = [dict(zip(columns, line, strict=True)) for line in lines[1:] if len(line) == len(columns)]
    counts = Counter(row[group] for row in rows)
    return [row for row in rows if counts[row[group]] == group_size]
