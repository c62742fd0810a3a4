"""How far a run has got, by what lies in its output folder and by its logs: no photo and no picture is opened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

from scorecam_cli.errors import MisfitError, NothingFoundError, PhotoError
from scorecam_cli.files.json_records import parse_json
from scorecam_cli.files.looks import is_folder
from scorecam_cli.files.regular import read_regular
from scorecam_cli.files.temporaries import name_being_written
from scorecam_cli.files.walk import Unreadable, everything_below
from scorecam_cli.outcomes import Found
from scorecam_cli.photos.manifest import MAX_BYTES, SCHEMA
from scorecam_cli.photos.names import SCORECAM, photo_and_mark, photo_and_mark_of_manifest
from scorecam_cli.runs.current import differing_settings
from scorecam_cli.runs.log import last_failures
from scorecam_cli.runs.places import agreed_settings

_OF_ONE_PHOTO = ("truth",)  # among the settings: what a photo is expected to be, which differs from photo to photo
_MOST_REASONS = 1000  # told apart; a reason that names its photo is told without it


class State(StrEnum):
    """How far a photo is."""

    DONE = "done"
    STALE = "stale"
    HALF_WRITTEN = "half-written"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True)
class Status:
    """How far the results with one mark in their names are.

    photos: of each state, how many. reasons: of those that failed. stale_by: of each setting that differs, of how many
    photos. others: each photo that is not done, by the path that its outputs begin with, with its state.
    """

    mark: str
    photos: Mapping[State, int]
    reasons: Mapping[str, int]
    stale_by: Mapping[str, int]
    others: Sequence[tuple[str, State]] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether every photo is done."""
        return not self.others

    @property
    def total(self) -> int:
        """All photos."""
        return sum(self.photos.values())


def statuses(folder: Path, *, found: Found | None, logs: Iterable[Path], marks: Sequence[str]) -> tuple[Status, ...]:
    """How far a run is: for each mark that stands in the names of its results.

    Args:
        folder: where its outputs are, with the subfolders.
        found: all photos that it shall explain, their outputs below `folder`; None for those that have left a trace.
        logs: of the run, which know the photos that failed.
        marks: only these; none for all that are there.

    Raises:
        NothingFoundError: there is no such folder, or no photo in sight.
        UsageError: a log is none.
    """
    if not is_folder(folder):
        raise NothingFoundError(f"{folder} is no folder; give the --output-dir of a run, or the folder of its photos")
    traces = _traces(folder)
    failures: dict[str, str] = {}
    for log in logs:
        failures |= {_key(path): reason for path, reason in last_failures(log).items()}
    wanted = None
    if found is not None:
        wanted = dict.fromkeys(_key(job.output) for job in found.jobs)
        lost = {_key(failed.photo): failed.reason for failed in found.failures}
        failures |= lost
        wanted |= dict.fromkeys(lost)
    names = marks or sorted(traces.results) or [SCORECAM]
    if not (wanted or failures or traces.results):
        raise NothingFoundError(f"no photo and no manifest in {folder}: nothing to tell of")
    return tuple(_status(mark, folder, traces, wanted, failures) for mark in names)


@dataclass
class _Traces:
    """What lies in a folder.

    results: by mark, of each photo with a manifest or with files and none, by its key: the number of its settings, or
        _TORN. settings: each kind that was met; numbers: its place among them, by its spelling.
    newest: by mark the time of the manifest written last, and the number of its settings.
    """

    results: dict[str, dict[str, int]] = field(default_factory=dict)
    settings: list[Mapping[str, Any]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    newest: dict[str, tuple[float, int]] = field(default_factory=dict)

    def torn(self, key: str, mark: str) -> None:
        """A photo without a manifest that can be believed."""
        self.results.setdefault(mark, {})[key] = _TORN

    def explained(self, key: str, mark: str, settings: Mapping[str, Any], written: float) -> None:
        """A photo with a manifest and its files."""
        kept = {name: value for name, value in settings.items() if name not in _OF_ONE_PHOTO}
        number = self.numbers.setdefault(repr(kept), len(self.settings))
        if number == len(self.settings):
            self.settings.append(kept)
        self.results.setdefault(mark, {})[key] = number
        self.newest[mark] = max(self.newest.get(mark, (0.0, number)), (written, number))


_TORN = -1


def _traces(folder: Path) -> _Traces:
    """What lies in a folder and its subfolders: one folder at a time, one manifest at a time."""
    traces = _Traces()
    for place, entries in everything_below(folder):
        if not isinstance(entries, Unreadable):
            _take(traces, _key(place), entries)
    return traces


def _take(traces: _Traces, place: str, entries: Sequence[os.DirEntry[str]]) -> None:
    """What lies in one folder: first its manifests and the files that they name, then files that none names."""
    names = {entry.name for entry in entries}
    left, with_manifest = set(names), set()
    for entry in entries:
        of = None if entry.name.startswith(".") else photo_and_mark_of_manifest(entry.name)
        if of is None:
            continue
        left.discard(entry.name)
        try:
            settings, files = _read(Path(entry.path))
            written = entry.stat().st_mtime
        except (MisfitError, PhotoError, OSError):
            if f".{SCORECAM}" not in entry.name and of[0] not in names:
                continue  # `front.cam.json` may be anything
            settings, files, written = {}, [""], 0.0
        left.difference_update(files)
        with_manifest.add(of)
        if names.issuperset(files):
            traces.explained(f"{place}{os.sep}{of[0]}", of[1], settings, written)
        else:
            traces.torn(f"{place}{os.sep}{of[0]}", of[1])
    for name in left:
        of = photo_and_mark((name_being_written(name) or "") if name.startswith(".") else name)
        if of is not None and of not in with_manifest:
            traces.torn(f"{place}{os.sep}{of[0]}", of[1])


def _read(path: Path) -> tuple[Mapping[str, Any], list[str]]:
    """The settings of a manifest and the names of its files, which are only compared; nothing else is looked at.

    Raises:
        MisfitError: it is no manifest that can be read. PhotoError: it cannot be opened.
    """
    value = parse_json(read_regular(path, MAX_BYTES))
    try:
        schema, settings = value["schema"], value["settings"]
        files = [name for each in value["classes"] for name in each["files"].values()]
    except (TypeError, KeyError, AttributeError) as error:
        raise MisfitError("it lacks what each manifest has") from error
    if schema != SCHEMA or not isinstance(settings, dict) or not all(isinstance(name, str) for name in files):
        raise MisfitError(f"it is no manifest of schema {SCHEMA}")
    return settings, files


def _status(
    mark: str, folder: Path, traces: _Traces, wanted: Mapping[str, None] | None, failures: Mapping[str, str]
) -> Status:
    """The states of all photos under one mark."""
    results = traces.results.get(mark, {})
    asked = _asked(mark, folder, traces)
    differing = [differing_settings(each, asked) for each in traces.settings]
    states: Counter[State] = Counter()
    reasons: Counter[str] = Counter()
    stale_by: Counter[str] = Counter()
    others = []
    for key in wanted if wanted is not None else dict.fromkeys((*results, *failures)):
        number = results.get(key)
        state = _state(number, failed=key in failures, differing=differing)
        states[state] += 1
        if state is State.DONE:
            continue
        others.append((key, state))
        if state is State.FAILED:
            reason = _without_name(failures[key], key)
            reasons[reason if reason in reasons or len(reasons) < _MOST_REASONS else "other reasons"] += 1
        elif state is State.STALE and number is not None:
            stale_by.update(differing[number])
    return Status(mark, states, dict(reasons.most_common()), dict(stale_by.most_common()), tuple(others))


def _state(number: int | None, *, failed: bool, differing: Sequence[Sequence[str]]) -> State:
    if number is None or number == _TORN:
        if failed:
            return State.FAILED
        return State.MISSING if number is None else State.HALF_WRITTEN
    return State.STALE if differing[number] else State.DONE


def _asked(mark: str, folder: Path, traces: _Traces) -> Mapping[str, Any]:
    """The settings of the run: those that its parts agreed on, else those of the manifest that was written last."""
    if (agreed := agreed_settings(folder, mark)) is not None:
        return agreed
    _written, newest = traces.newest.get(mark, (0.0, _TORN))
    return {} if newest == _TORN else traces.settings[newest]


def _without_name(reason: str, key: str) -> str:
    """A reason without what is of one photo alone, so that like ones are counted together."""
    name = key.rpartition("/")[2]
    words = ("PHOTO" if name in word else word for word in reason.split(" "))
    return " ".join(words) if name in reason else reason


def _key(path: PurePath | str) -> str:
    """One spelling of a path, without asking the disk."""
    return os.path.abspath(path)  # noqa: PTH100 - as above


def described(status: Status, folder: Path) -> dict[str, Any]:
    """The same as JSON has it."""
    return {
        "schema": 1,
        "folder": str(folder),
        "mark": status.mark,
        "complete": status.complete,
        "photos": status.total,
        **{state.value.replace("-", "_"): status.photos.get(state, 0) for state in State},
        "reasons": dict(status.reasons),
        "stale_by": dict(status.stale_by),
    }


def lines_of(status: Status) -> Iterator[tuple[str, ...]]:
    """The same as rows of text."""
    for state in State:
        told = {State.FAILED: status.reasons, State.STALE: status.stale_by}.get(state, {})
        words = "; ".join(f"{count} {name}" for name, count in list(told.items())[:5])
        more = f"; and {len(told) - 5} more" if len(told) > 5 else ""
        yield state.value, str(status.photos.get(state, 0)), words + more
