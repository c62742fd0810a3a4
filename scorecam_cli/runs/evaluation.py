"""What `scorecam evaluate` makes of its table: a summary in text, in JSON and in a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.config import EvaluateConfig
from scorecam_cli.faithfulness import numbers
from scorecam_cli.figures.curves import Curve, curves_figure
from scorecam_cli.figures.forms import EVALUATED, forms
from scorecam_cli.figures.kinds import write_sheet
from scorecam_cli.figures.paper import Paper
from scorecam_cli.figures.sheet import Sheet
from scorecam_cli.files import write
from scorecam_cli.records import fill_words
from scorecam_cli.runs.against_baseline import AgainstBaseline, against_baseline
from scorecam_cli.runs.evaluation_tables import CURVES, NUMBERS, folder_of, open_table
from scorecam_cli.saliency.methods import method_in_list

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scorecam_cli.faithfulness.summary import Mean

DIGITS = 6  # significant; the last ones of a float32 depend on the size of a batch

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
    curves, errors: by column, then by method: float64 [steps + 1], the mean and its standard error.
    doubts: by method, how many of its maps are doubted for each kind of reason.
    """

    table: tuple[tuple[str, ...], ...]
    means: Mapping[str, Mapping[str, Mean]]
    curves: Mapping[str, Mapping[str, NDArray[np.float64]]]
    photos: int
    doubts: Mapping[str, Mapping[str, int]]
    errors: Mapping[str, Mapping[str, NDArray[np.float64] | None]]


def finish_evaluation(config: EvaluateConfig, settings: Mapping[str, Any]) -> Finished:
    """Summarise the table: evaluation.md, evaluation.json and, where curves were measured, evaluation.png.

    Of a part of a run nothing is written: the summary is of the whole.
    """
    folder = folder_of(config)
    with open_table(config) as table:
        path = table.path
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
    if config.photos.shard is not None:
        return Finished(found.table, apart, summary, (path,))
    write.write_json(folder / "evaluation.json", summary)
    paths = [path, folder / "evaluation.md", folder / "evaluation.json"]
    note = f"Mean ± standard error over {found.photos} photos; the best of each column is bold. {made_by(config)}."
    words = _markdown(judged(found), note)
    if apart is not None:
        words += "\n" + _markdown(apart.table, apart.note)
        paths.append(folder / _DIFFERENCES)
        write.write_text(paths[-1], apart.csv)
    write.write_text(folder / "evaluation.md", words)
    if found.curves["deletion_curve"]:
        for form in forms(config.save, EVALUATED):
            paths.append(folder / f"evaluation.{form.ending}")
            write_sheet(paths[-1], curves_of(config, found))
    return Finished(found.table, apart, summary, tuple(paths))


def curves_of(config: EvaluateConfig, found: Summary) -> Sheet:
    """The figure of mean curves."""
    curves = [
        {method: Curve(mean, found.errors[column].get(method)) for method, mean in found.curves[column].items()}
        for column in ("deletion_curve", "insertion_curve")
    ]
    bands = "; bands: mean ± standard error" if found.photos > 1 else ""
    photos = f"{found.photos} photos" if found.photos > 1 else "1 photo"
    lines = made_by(config), f"mean over {photos}{bands}; behind each method the area below its curve"
    return curves_figure(*curves, lines=lines, paper=Paper(config.width, config.dpi))


def made_by(config: EvaluateConfig) -> str:
    """What made the maps, in one line: the model and all that was asked for of its maps."""
    model, name = config.model, Path(config.model.model).name if config.model.is_file else config.model.model
    variant = f"variant {config.variant}" if "score-cam" in config.methods else ""
    few = f"{config.passes} passes" if config.passes else f"fidelity {config.fidelity}" if config.fidelity < 1 else ""
    masks = any(method_in_list(name)[0].name == "score-cam" for name in config.methods)
    parts = (
        name,
        f"random weights (seed {model.seed})" if model.weights == "random" else "",
        f"layer {' + '.join(model.layers)}" if model.layers else "",
        f"score-cam: {', '.join(filter(None, (variant, few)))}" if masks and (variant or few) else "",
        fill_words(config.fill),
    )
    return " · ".join(filter(None, parts))


def summary_of(rows: Sequence[Mapping[str, str]], methods: Sequence[str]) -> Summary:
    """The rows of all photos at a glance.

    Args:
        rows: as the table holds them, one for each photo and method.
        methods: in the order of the summary.
    """
    from scorecam_cli.faithfulness.summary import curve_errors, mean_curves, summarise

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
    errors = {column: curve_errors(rows, column) for column in CURVES[:2]}
    return Summary(tuple(lines), means, curves, len({row["photo"] for row in rows}), doubts, errors)


def judged(found: Summary) -> list[tuple[str, ...]]:
    """The table with an arrow behind each number for which way is better, and the best of each column bold."""
    head, *rows = found.table
    ways = {name.replace("_", " "): number.better for name, number in numbers.NUMBERS.items()}
    arrows = {1: " \N{UPWARDS ARROW}", -1: " \N{DOWNWARDS ARROW}", 0: ""}
    columns = []  # each with its heading
    for name, *cells in zip(head, *rows, strict=True):
        way = ways.get(name, 0)
        values = [way * float(cell.split()[0]) for cell in cells if way and cell]
        best = max(values) if len(values) > 1 else None
        marked = [f"**{cell}**" if cell and way and way * float(cell.split()[0]) == best else cell for cell in cells]
        columns.append((name + arrows[way], *marked))
    return list(zip(*columns, strict=True))


def _doubts(rows: Sequence[Mapping[str, str]], method: str) -> dict[str, int]:
    """How many maps of a method are doubted, by kind of doubt, the most frequent first."""
    kinds = Counter(
        kind for row in rows if row["method"] == method and row["doubts"] for kind in row["doubts"].split("; ")
    )
    return dict(kinds.most_common())


def _cell(value: Any) -> str:
    """`0.123 ± 0.004`, and the photos where they are few."""
    if value is None:
        return ""
    return f"{value.mean:.3f}" + ("" if value.standard_error is None else f" ± {value.standard_error:.3f}")


def _markdown(lines: Sequence[tuple[str, ...]], note: str) -> str:
    rows = [lines[0], ("---", *["---:"] * (len(lines[0]) - 1)), *lines[1:]]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{text}\n\n{note}\n"
