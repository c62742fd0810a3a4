"""The methods against one of them: as a table, as JSON and as CSV."""

import csv
import io

import pytest

from scorecam_cli.config import EvaluateConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.runs.against_baseline import COLUMNS, against_baseline

ROWS = [
    {"method": method, "photo": f"{photo}.jpg", "drop": str(base + away), "drop_top": "", "gain": gain}
    for photo, base in enumerate((0.25, 0.5, 0.125, 0.75, 0.5, 0.375, 0))
    for method, away, gain in (("cam", 0, "0.5"), ("better", -0.125 - photo / 8, "0.5"), ("same", 0, ""))
]


@pytest.fixture
def apart():
    return against_baseline(ROWS, ("drop", "drop_top", "gain"), "cam")


def test_table_has_a_row_for_each_other_method_and_a_column_for_each_measure_that_there_is(apart):
    head, better, same = apart.table
    assert head == ("minus cam", "drop", "gain")
    # 1/8 .. 7/8, all of one sign: 2 / 2**7, twice for two methods; s = 0.27, over the root of 7: 0.102
    assert better == ("better", "-0.500 ± 0.102 *", "+0.000 ± 0.000")
    assert same == ("same", "+0.000 ± 0.000", "")


def test_json_has_every_number_by_method_and_measure(apart):
    assert list(apart.noted) == ["better", "same"]
    found = apart.noted["better"]["drop"]
    assert found["difference"] == pytest.approx(-0.5)
    assert (found["p"], found["p_holm"], found["photos"]) == (2 / 2**7, 4 / 2**7, 7)
    assert found["stars"] == "*"
    assert set(found) == set(COLUMNS[3:])


def test_csv_says_the_same_as_json(apart):
    rows = list(csv.DictReader(io.StringIO(apart.csv)))
    assert [(row["method"], row["measure"]) for row in rows] == [
        ("better", "drop"),
        ("better", "gain"),
        ("same", "drop"),
    ]
    assert {row["baseline"] for row in rows} == {"cam"}
    for row in rows:
        for name, value in apart.noted[row["method"]][row["measure"]].items():
            assert row[name] == value if name == "stars" else float(row[name]) == pytest.approx(value, rel=1e-5)


def test_without_a_baseline_there_is_nothing():
    assert against_baseline(ROWS, ("drop",), None) is None


def test_a_baseline_that_is_not_measured_is_refused():
    with pytest.raises(UsageError, match="--baseline rise is none of the --methods cam, random"):
        EvaluateConfig(PhotoSettings(), ModelSettings(), ("cam", "random"), baseline="rise")
