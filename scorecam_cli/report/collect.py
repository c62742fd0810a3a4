"""Arguments to entries: which photos the page shows, each with its manifest or the reason why it has none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path

from scorecam_cli.errors import MisfitError, NothingFoundError, UsageError
from scorecam_cli.files.walk import Unreadable, expand_pattern, is_pattern, list_folder
from scorecam_cli.manifest import Manifest
from scorecam_cli.outcomes import Explained, Failed, Outcome
from scorecam_cli.photos.find import find_jobs
from scorecam_cli.photos.manifest import read_manifest
from scorecam_cli.photos.names import SCORECAM, manifest_paths, photo_of_manifest
from scorecam_cli.urls import is_url, shown
from scorecam_cli.words import quoted

MOST_TOLD = 3  # names that lead nowhere, in an error message
MOST_ABOVE = 8  # folders above a manifest in which its photo is looked for


class State(StrEnum):
    """How far a photo got: FAILED has no map and never will as it is, INCOMPLETE had one and lost something."""

    FAILED = "failed"
    INCOMPLETE = "incomplete"
    UNEXPLAINED = "unexplained"
    SHOWN = "shown"


@dataclass(frozen=True)
class Entry:
    """One photo of the page.

    photo: where it is, or was. manifest: what was noted when it was explained; None where it was not.
    folder: where the manifest and its files lie. reason: why there is no manifest, in one sentence.
    argument, called: which argument led to its manifest, and the name of its run that was given with this.
    """

    photo: Path
    state: State
    manifest: Manifest | None = None
    folder: Path | None = None
    reason: str | None = None
    argument: str = ""
    called: str = ""


@dataclass(frozen=True)
class Collected:
    """The entries in the order of the arguments, and how many of them were names that lead nowhere."""

    entries: tuple[Entry, ...]
    lost: int = 0


def collect(paths: Sequence[str], *, recursive: bool = False, run_names: Sequence[str] = ()) -> Collected:
    """The photos that arguments name, and those of the manifests that they name or hold.

    A photo belongs to the manifest beside it and to each other manifest collected that names it. A photo without one
    becomes an entry that says so; so does a name that leads nowhere.

    Args:
        paths: photos, manifests (`*.scorecam.json`), folders and patterns of both.
        recursive: also the subfolders of folders.
        run_names: of the runs that the first paths lead to, one for each.

    Raises:
        NothingFoundError: neither a photo nor a manifest.
        UsageError: a name of a run to which no path, or one without a manifest, belongs, or an empty one.
    """
    _check_names(paths, run_names)
    gathering = _Gathering()
    photo_arguments = []
    for argument, called in zip_longest(paths, run_names, fillvalue=""):
        if is_url(argument):
            raise UsageError(f"{shown(argument)}: a page is made of files on this machine: copy them here first")
        found, only_manifests = _manifests_of(argument, recursive=recursive)
        if called and not found:
            raise UsageError(f"--run-name {quoted(called)} is given to {argument}, which is no manifest and holds none")
        for path in found:
            gathering.take_manifest(path, argument, called)
        if not only_manifests:
            photo_arguments.append(argument)
    lost = 0
    try:
        jobs = find_jobs(photo_arguments, recursive=recursive)
    except NothingFoundError:
        if not gathering.entries:
            raise
    else:
        for job in jobs.jobs:
            gathering.take_photo(Path(job.photo))
        for failed in jobs.failures:
            gathering.entries.append(Entry(Path(failed.photo), State.FAILED, reason=failed.reason))
        lost = len(jobs.failures)
    if lost and lost == len(gathering.entries):
        told = "; ".join(f"{failed.photo}: {failed.reason}" for failed in jobs.failures[:MOST_TOLD])
        raise NothingFoundError(f"no photo and no manifest found, so no page is written: {told}")
    return Collected(tuple(gathering.entries), lost)


def _check_names(paths: Sequence[str], run_names: Sequence[str]) -> None:
    """Raise UsageError unless each name of a run has a path to belong to."""
    if len(run_names) > len(paths):
        raise UsageError(
            f"--run-name {quoted(run_names[len(paths)])} belongs to none of the {len(paths)} PATHS: "
            "the first name is that of the first path, the second of the second; give at most as many names as paths"
        )
    if empty := [paths[place] for place, name in enumerate(run_names) if not name.strip()]:
        raise UsageError(f"--run-name for {empty[0]} is empty: give it a name")


def entries_of(outcomes: Iterable[Outcome]) -> Iterator[Entry]:
    """What a run over photos has just made, as entries in the order of the run."""
    for outcome in outcomes:
        if isinstance(outcome, Explained):
            yield Entry(Path(outcome.job.photo), State.SHOWN, outcome.manifest, Path(outcome.paths[-1].parent))
        elif isinstance(outcome, Failed):
            yield Entry(Path(outcome.photo), State.FAILED, reason=outcome.reason)


@dataclass
class _Gathering:
    """The entries so far; each manifest once, and each photo that has a manifest not once more without."""

    entries: list[Entry] = field(default_factory=list)
    manifests: set[str] = field(default_factory=set)
    photos: set[str] = field(default_factory=set)

    def take_manifest(self, path: Path, argument: str = "", called: str = "") -> None:
        real = os.path.realpath(path)
        if real in self.manifests:
            return
        self.manifests.add(real)
        beside = path.with_name(photo_of_manifest(path.name) or path.name)
        photo = beside
        try:
            manifest = read_manifest(path)
        except MisfitError as error:
            if f".{SCORECAM}" not in path.name and not _is_file(beside):
                return  # `front.cam.json` may be anything
            reason = f"its manifest {path.name} is damaged or of another version ({error}): explain the photo again"
            self.entries.append(Entry(photo, State.INCOMPLETE, reason=reason))
        else:
            if manifest is None:  # taken away since it was found
                return
            photo = _photo_of(manifest, beside)
            self.entries.append(Entry(photo, State.SHOWN, manifest, path.parent, argument=argument, called=called))
        self.photos.add(os.path.realpath(photo))

    def take_photo(self, photo: Path) -> None:
        for path in manifest_paths(photo):
            if os.path.lexists(path):
                self.take_manifest(path)
        if os.path.realpath(photo) not in self.photos:
            self.photos.add(os.path.realpath(photo))
            reason = "not explained yet: there is no manifest for this photo"
            self.entries.append(Entry(photo, State.UNEXPLAINED, reason=reason))


def _manifests_of(argument: str, *, recursive: bool) -> tuple[list[Path], bool]:
    """The manifests that one argument names or holds, and whether it can name nothing else."""
    path = Path(argument)
    if photo_of_manifest(path.name) and os.path.lexists(path):
        return [path], True
    if _is_folder(path):
        return _manifests_in(path, recursive=recursive), False
    if not is_pattern(argument) or "\0" in argument or os.path.lexists(path):
        return [], False
    found: list[Path] = []
    for match in expand_pattern(argument):
        if photo_of_manifest(match.name):
            found.append(match)
        elif _is_folder(match):
            found += _manifests_in(match, recursive=recursive)
    return found, argument.endswith(".json") and bool(found)


def _manifests_in(folder: Path, *, recursive: bool) -> list[Path]:
    entries = list_folder(folder, recursive=recursive)
    return [
        Path(entry.path) for entry in entries if not isinstance(entry, Unreadable) and photo_of_manifest(entry.name)
    ]


def _photo_of(manifest: Manifest, beside: Path) -> Path:
    """Where the photo is: beside the manifest, to which both may have been moved; else as noted.

    What is noted is a path from the folder that `explain` was called in. That is the present one, or one that the
    manifest lies below, where the outputs went into a folder below it.
    """
    above = list(beside.absolute().parents)[:MOST_ABOVE]
    places = [beside, Path(manifest.photo), *(folder / manifest.photo for folder in above)]
    return next((place for place in places if _is_file(place)), Path(manifest.photo))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
