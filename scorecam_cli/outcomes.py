"""What became of each photo of a run: explained or failed, and what its arguments name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from scorecam_cli.manifest import Manifest
from scorecam_cli.records import PhotoJob


@dataclass(frozen=True)
class Redone:
    """Why files that an earlier run made are made again.

    reason: in words, without the photo.
    replaced: which model and method made what is lost; None where the present ones would have made the same.
    """

    reason: str
    replaced: str | None = None


@dataclass(frozen=True)
class Explained:
    """A photo whose outputs are all on disk; `paths` in the order they are printed, the manifest last.

    skipped: they were there already, made by the same settings from the same bytes.
    redone: why, where there was something already.
    """

    job: PhotoJob
    manifest: Manifest
    paths: tuple[PurePath, ...]
    skipped: bool = False
    redone: Redone | None = None


@dataclass(frozen=True)
class Failed:
    """A photo that got no map, and why, in one sentence; `output` as in its job, where it is known."""

    photo: PurePath
    reason: str
    output: PurePath | None = None


Outcome = Explained | Failed


@dataclass(frozen=True)
class Found:
    """What the arguments name: photos to do, in order, and those that cannot be, each with its reason.

    shared: the folder that all arguments lie in, absolute; None where that is not told.
    aliases: of a photo that was named by several names, links say, the first of these in the order of the alphabet.
    """

    jobs: tuple[PhotoJob, ...]
    failures: tuple[Failed, ...] = ()
    notes: tuple[str, ...] = field(default=())
    shared: Path | None = None
    aliases: Mapping[PurePath, PurePath] = field(default_factory=dict)
