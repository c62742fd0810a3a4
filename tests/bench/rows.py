"""What came of a bench, as a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.entrants import ENTRANTS, OURS

CPU, GPU = "cpu", "gpu"
HEADER = (
    "model | contestant | passes | seconds | seconds on a GPU | to scorecam | to floor | peak memory | correlation",
    " | ".join(["---", "---", *["---:"] * 7]),
)
NOT_MEASURED = "not measured"
GPU_COMMAND = 'make bench ARGS="--device gpu"'


@dataclass
class Entry:
    """What one contestant did with one model on one device.

    runs: seconds, passes and peak_bytes of each round. maps: where they are, none for a floor.
    failure: why it has no result; missing: what would have to be installed; both empty if it has one.
    correlation: of its map with ours of the same variant, None where there is none.
    """

    model: str
    contestant: str
    runs: list[dict[str, Any]] = field(default_factory=list)
    maps: list[Path] = field(default_factory=list)
    failure: str = ""
    missing: str = ""
    correlation: float | None = None
    device: str = CPU

    def median(self, quantity: str) -> float | None:
        """The middle of the rounds; None without a result."""
        return None if self.failure or not self.runs else statistics.median(run[quantity] for run in self.runs)

    @property
    def outcome(self) -> str:
        """Seconds, or why there are none."""
        if self.missing:
            return f"not installed: `pip install {self.missing}`"
        if self.failure:
            return "failed: " + self.failure.replace("|", "\\|")
        return _number(self.median("seconds"), "{:.2f}")


def table(entries: Sequence[Entry]) -> str:
    """The entries as a Markdown table; seconds and memory are medians.

    Ratios are of seconds, the last of them to the floor of the contestant's own engine. They, memory and correlation
    are those of the CPU, or of the GPU where that alone was measured.
    """
    rows = list(HEADER)
    for model, contestant in dict.fromkeys((entry.model, entry.contestant) for entry in entries):
        on = {device: _find(entries, model, contestant, device) for device in (CPU, GPU)}
        entry = on[CPU] or on[GPU]
        assert entry is not None
        cells = [model, contestant, f"{entry.runs[0]['passes']}" if entry.median("passes") else ""]
        cells += [NOT_MEASURED if each is None else each.outcome for each in on.values()]
        for other in (OURS, ENTRANTS[contestant].floor):
            against = _find(entries, model, other, entry.device)
            cells.append(_ratio(entry.median("seconds"), against and against.median("seconds")))
        peak = entry.median("peak_bytes")
        cells += ["" if peak is None else f"{peak / 1e9:.2f} GB", _number(entry.correlation, "{:.4f}")]
        rows.append(" | ".join(cells))
    return "\n".join(f"| {row} |" for row in rows)


def notes(entries: Sequence[Entry]) -> str:
    """What the columns mean, and how to fill an empty one."""
    lines = [
        "To floor: to the network alone on the same engine. Correlation: with scorecam's exact map, of the torch "
        "programs with that of `--variant paper`, which is what they compute."
    ]
    if all(entry.device != GPU for entry in entries):
        lines.append(f"GPU: {NOT_MEASURED}; where CUDA is, `{GPU_COMMAND}` measures it, and `make bench` both.")
    return "\n".join(lines)


def _find(entries: Sequence[Entry], model: str, contestant: str, device: str) -> Entry | None:
    wanted = (model, contestant, device)
    return next((entry for entry in entries if (entry.model, entry.contestant, entry.device) == wanted), None)


def _number(value: float | None, pattern: str) -> str:
    return "" if value is None else pattern.format(value)


def _ratio(seconds: float | None, of: float | None) -> str:
    return f"{seconds / of:.2f}" if seconds is not None and of else ""
