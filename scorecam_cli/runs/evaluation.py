"""What `scorecam evaluate` writes: the table that grows, the settings it was made by, and the summary of it all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.config import EvaluateConfig
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.curves import curves_figure
from scorecam_cli.files import write
from scorecam_cli.files.looks import is_file
from scorecam_cli.files.small_files import EVALUATION_SETTINGS, read_small
from scorecam_cli.files.table import GrowingTable
from scorecam_cli.runs.against_baseline import AgainstBaseline, against_baseline
from scorecam_cli.runs.current import differences, joined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scorecam_cli.faithfulness.summary import Mean

NUMBERS = (  # columns that are averaged, in the order of the summary
    "drop",
    "increase",
    "gain",
    "drop_top",
    "increase_top",
    "gain_top",
    "deletion",
    "insertion",
    "energy",
    "pointing",
    "density",
    "complexity",
    "sparseness",
    "road",
    "road_morf",
    "road_lerf",
    "coherency",
    "adcc",
    "arcc",
    "sensitivity",
)
CURVES = ("deletion_curve", "insertion_curve", "sanity")  # numbers separated by spaces
COLUMNS = ("photo", "photo_sha256", "method", "class", "probability", "passes", "doubts", *NUMBERS, *CURVES)
DIGITS = 6  # significant; the last ones of a float32 depend on the size of a batch

_TABLE, _SETTINGS = "evaluation.csv", "evaluation.settings.json"
_DIFFERENCES = "evaluation.differences.csv"


@dataclass(frozen=True)
class Finished:
    """The whole table at a glance. table: rows of text, the first a header. paths: of everything written.

    apart: the methods against one of them, where that is asked for.
    """

    table: tuple[tuple[str, ...], ...]
    apart: AgainstBaseline | None
    summary: Mapping[str, Any]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Summary:
    """Rows of many photos, put together.

    table: rows of text, the first a header, one for each method.
    means: by method, then by column.
    curves: by column, then by method: float64 [steps + 1].
    doubts: by method, how many of its maps are doubted for each kind of reason.
    """

    table: tuple[tuple[str, ...], ...]
    means: Mapping[str, Mapping[str, Mean]]
    curves: Mapping[str, Mapping[str, NDArray[np.float64]]]
    photos: int
    doubts: Mapping[str, Mapping[str, int]]


def open_table(config: EvaluateConfig) -> GrowingTable:
    """The table of this evaluation, to be read and added to.

    Raises:
        UsageError: another file stands at its place. PhotoError: it cannot be read or written.
    """
    path = _folder(config) / _TABLE
    return GrowingTable(path, columns=COLUMNS, group="photo", group_size=len(config.methods))


def begin(config: EvaluateConfig, settings: Mapping[str, Any]) -> None:
    """Note the settings beside the table; where it shall be new, take the old one away."""
    if config.fresh:
        write.remove(_folder(config) / _TABLE)
    write.write_json(_folder(config) / _SETTINGS, settings)


def finish_evaluation(config: EvaluateConfig, settings: Mapping[str, Any]) -> Finished:
    """Summarise the table: evaluation.md, evaluation.json and, where curves were measured, evaluation.png."""
    folder = _folder(config)
    with open_table(config) as table:
        found = summary_of(table.rows, config.methods)
        apart = against_baseline(table.rows, NUMBERS, config.baseline)
    summary: dict[str, Any] = {
        "schema": 1,
        "photos": found.photos,
        "settings": settings,
        "methods": {
            method: {number: asdict(value) for number, value in of_method.items()}
            | {
                column: [round(float(value), DIGITS) for value in of.get(method, ())]
                for column, of in found.curves.items()
            }
            | {"doubts": dict(found.doubts.get(method, {}))}
            for method, of_method in found.means.items()
        },
        "baseline": config.baseline,
        "differences": apart.noted if apart is not None else {},
    }
    write.write_json(folder / "evaluation.json", summary)
    paths = [folder / name for name in (_TABLE, "evaluation.md", "evaluation.json")]
    words = _markdown(found.table, f"Mean ± standard error over {found.photos} photos.")
    if apart is not None:
        words += "\n" + _markdown(apart.table, apart.note)
        paths.append(folder / _DIFFERENCES)
        write.write_text(paths[-1], apart.csv)
    write.write_text(folder / "evaluation.md", words)
    if found.curves["deletion_curve"]:
        paths.append(folder / "evaluation.png")
        write.write_png(paths[-1], curves_figure(found.curves["deletion_curve"], found.curves["insertion_curve"]))
    return Finished(found.table, apart, summary, tuple(paths))


def summary_of(rows: Sequence[Mapping[str, str]], methods: Sequence[str]) -> Summary:
    """The rows of all photos at a glance.

    Args:
        rows: as the table holds them, one for each photo and method.
        methods: in the order of the summary.
    """
    from scorecam_cli.faithfulness.summary import mean_curves, summarise

    means = summarise(rows, NUMBERS)
    curves = {column: mean_curves(rows, column) for column in CURVES}
    measured = [number for number in NUMBERS if any(number in of_method for of_method in means.values())]
    stages = max((len(values) for values in curves["sanity"].values()), default=0)
    doubts = {method: _doubts(rows, method) for method in methods}
    doubted = ("doubted maps",) if any(doubts.values()) else ()
    stage_names = (f"sanity {number + 1}" for number in range(stages))
    lines = [("method", *(name.replace("_", " ") for name in measured), *stage_names, *doubted)]
    for method in methods:
        cells = [_cell(means.get(method, {}).get(number)) for number in measured]
        cells += [f"{value:.3f}" for value in curves["sanity"].get(method, ())] or [""] * stages
        if doubted:
            cells.append(", ".join(f"{count} {kind}" for kind, count in doubts[method].items()))
        lines.append((method, *cells))
    return Summary(tuple(lines), means, curves, len({row["photo"] for row in rows}), doubts)


def _doubts(rows: Sequence[Mapping[str, str]], method: str) -> dict[str, int]:
    """How many maps of a method are doubted, by kind of doubt, the most frequent first."""
    kinds = Counter(
        kind for row in rows if row["method"] == method and row["doubts"] for kind in row["doubts"].split("; ")
    )
    return dict(kinds.most_common())


def _folder(config: EvaluateConfig) -> Path:
    return config.photos.output_dir or Path("scorecam-evaluation")


def check_table(config: EvaluateConfig, settings: Mapping[str, Any]) -> None:
    """Let the table that is there, if any, depend on the same settings as the rows to come.

    Raises:
        UsageError: it was made by others, and shall not be made anew.
    """
    path = _folder(config) / _SETTINGS
    if config.fresh or not is_file(path) or not is_file(_folder(config) / _TABLE):
        return
    try:
        found = json.loads(read_small(path, EVALUATION_SETTINGS))
    except (ValueError, RecursionError):
        found = None
    differing = differences(found, settings) if isinstance(found, dict) else [f"{path.name} is damaged"]
    if differing:
        raise UsageError(
            f"the table in {_folder(config)} was made with other settings: {joined(differing)}; "
            "give another --output-dir, or --force to begin anew"
        )


def _cell(value: Any) -> str:
    """`0.123 ± 0.004`, and the photos where they are few."""
    if value is None:
        return ""
    return f"{value.mean:.3f}" + ("" if value.standard_error is None else f" ± {value.standard_error:.3f}")


def _markdown(lines: Sequence[tuple[str, ...]], note: str) -> str:
    rows = [lines[0], ("---", *["---:"] * (len(lines[0]) - 1)), *lines[1:]]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{text}\n\n{note}\n"
