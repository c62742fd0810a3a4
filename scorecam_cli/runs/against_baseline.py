"""How far methods are from one of them over the same photos, as `scorecam evaluate --baseline` writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scorecam_cli.faithfulness.paired import Difference

COLUMNS = ("method", "baseline", "measure", "difference", "standard_error", "photos", "p", "p_holm", "stars")
NOTE = "Method minus {}, mean ± standard error photo by photo; sign-flip test, Holm-corrected: * .05, ** .01, *** .001."

_NUMBERS = slice(3, -1)  # of COLUMNS, the fields of a Difference


@dataclass(frozen=True)
class AgainstBaseline:
    """What the methods differ by from one of them. found: by method, then by column of the evaluation."""

    baseline: str
    found: Mapping[str, Mapping[str, Difference]]

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """Rows of text, the first a header, one for each other method: `+0.031 ± 0.015 *`."""
        measures = list(dict.fromkeys(measure for of_method in self.found.values() for measure in of_method))
        lines = [(f"minus {self.baseline}", *(measure.replace("_", " ") for measure in measures))]
        for method, of_method in self.found.items():
            lines.append((method, *(_cell(of_method.get(measure)) for measure in measures)))
        return tuple(lines)

    @property
    def note(self) -> str:
        """What the table shows, in a sentence."""
        return NOTE.format(self.baseline)

    @property
    def noted(self) -> dict[str, Any]:
        """As JSON: by method, then by column, the fields of a `Difference` and its stars."""
        return {
            method: {measure: asdict(each) | {"stars": each.stars} for measure, each in of_method.items()}
            for method, of_method in self.found.items()
        }

    @property
    def csv(self) -> str:
        """The same as lines of `COLUMNS`."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for method, of_method in self.found.items():
            for measure, each in of_method.items():
                numbers = [getattr(each, name) for name in COLUMNS[_NUMBERS]]
                cells = ["" if number is None else f"{number:.6g}" for number in numbers]
                writer.writerow([method, self.baseline, measure, *cells, each.stars])
        return out.getvalue()


def against_baseline(
    rows: Sequence[Mapping[str, str]], measures: Sequence[str], baseline: str | None
) -> AgainstBaseline | None:
    """What the rows of all photos say of it; None where no baseline is asked for."""
    from scorecam_cli.faithfulness.paired import differences

    return None if baseline is None else AgainstBaseline(baseline, differences(rows, measures, baseline=baseline))


def _cell(value: Difference | None) -> str:
    if value is None:
        return ""
    error = "" if value.standard_error is None else f" ± {value.standard_error:.3f}"
    return f"{value.difference:+.3f}{error} {value.stars}".rstrip()
