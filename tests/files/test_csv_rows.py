"""One reader for every CSV: rows with their lines, blank ones left out, and a sentence where there is no CSV."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecam_cli.errors import UsageError
from scorecam_cli.files.csv_rows import csv_rows

CELLS = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=8)


def test_rows_carry_their_line_and_blank_ones_are_left_out():
    text = 'a, b\n\n , \t\n"c\nd","e"\nf\n'
    assert list(csv_rows(text, "x")) == [(1, ["a", "b"]), (5, ["c\nd", "e"]), (6, ["f"])]
    assert next(csv_rows(text, "x", skip_spaces=False)).cells == ["a", " b"]
    assert next(csv_rows("a\tb,c\n", "x", delimiter="\t")).cells == ["a", "b,c"]
    assert list(csv_rows("", "x")) == []


def test_a_cell_that_is_too_long_is_named_by_line_and_source():
    with pytest.raises(UsageError, match=r"line 2 of truth\.csv is no CSV: field larger than"):
        list(csv_rows(f"a,b\n{'x' * 131_073},1\n", "truth.csv"))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6))
def test_what_a_writer_wrote_is_read_again(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [row.cells for row in csv_rows(out.getvalue(), "x", skip_spaces=False)] == kept
