"""Whether an earlier run's files of a photo are what the present run would make, and if not, why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from scorecam_cli.config import PHOTO_SECONDS
from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files.listings import Listings
from scorecam_cli.manifest import Manifest
from scorecam_cli.outcomes import Explained, Redone
from scorecam_cli.photos import bucket_manifest, manifest
from scorecam_cli.photos.names import SCORECAM, manifest_path
from scorecam_cli.photos.read import sha256_of_photo
from scorecam_cli.records import PhotoJob, Stored
from scorecam_cli.urls import Url

DIGEST = "sha256:"  # begins a setting that stands for the bytes of a file
_NAMED = 3  # differences that a sentence names; the rest are counted
_SHOWN = 60  # characters of a value


def look_up(
    job: PhotoJob,
    settings: Mapping[str, Any],
    *,
    mark: str = SCORECAM,
    force: bool = False,
    listings: Listings | None = None,
    seconds: float | None = PHOTO_SECONDS,
) -> Explained | Redone | None:
    """The outcome of an earlier run where manifest, settings, photo and files still agree; else why it is redone.

    Args:
        settings: what the present run notes under `settings`.
        mark: of the method and variant, see `photos.names`.
        force: do it again whatever is there; said all the same is which other settings' maps are lost.
        listings: of the folders of buckets that this run has asked for.
        seconds: the most that reading the photo may take.

    Returns:
        None where no earlier run is to be seen.

    Raises:
        UsageError: a bucket cannot be listed or read.
    """
    path, listings = manifest_path(job.output, mark), listings or Listings()
    try:
        found = _manifest_at(path, listings)
    except MisfitError as error:
        return Redone(f"its manifest cannot be believed: {error}")
    if found is None:
        return None
    if differing := differences(found.settings, settings):
        return Redone(joined(differing), replaced=_maker(found))
    if force:
        return Redone("asked for by --force")
    try:
        if not _is_of_these_bytes(found, job, seconds):
            return Redone("the photo has changed")
    except PhotoError:
        return None  # to be told where the photo is read
    if lost := _lost_of(found, path, listings):
        return Redone(f"{lost} has changed or is gone")
    names = dict.fromkeys(name for each in found.classes for name in each.files.values())  # two may share a figure
    return Explained(job, found, (*(path.parent / name for name in names), path), skipped=True)


def _manifest_at(path: PurePath, listings: Listings) -> Manifest | None:
    if isinstance(path, Url):
        return bucket_manifest.read_stored_manifest(path, listings)
    return manifest.read_manifest(Path(path))


def _lost_of(found: Manifest, path: PurePath, listings: Listings) -> str | None:
    if isinstance(path, Url):
        return bucket_manifest.changed_object(found, path, listings)
    return manifest.changed_file(found, Path(path.parent))


def _is_of_these_bytes(found: Manifest, job: PhotoJob, seconds: float | None) -> bool:
    """Whether the photo is the one noted: of the version that its bucket had then, or of the same bytes."""
    source = job.bytes_at
    if isinstance(source, Stored) and source.version is not None and source.version == found.photo_version:
        return True
    return sha256_of_photo(source, seconds=seconds) == found.photo_sha256


def differing_settings(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of the settings that are others than before."""
    names = dict.fromkeys((*now, *earlier))
    return [name for name in names if _canonical(earlier.get(name)) != _canonical(now.get(name))]


def differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which settings are others than before, each in words: `seed was 1, is 2`; none where all are the same."""
    return [_difference(name, earlier.get(name), now.get(name)) for name in differing_settings(earlier, now)]


def _difference(name: str, earlier: Any, now: Any) -> str:
    if all(isinstance(value, str) and value.startswith(DIGEST) for value in (earlier, now)):
        return f"{name} has changed"
    return f"{name} was {_shown(earlier)}, is {_shown(now)}"


def _shown(value: Any) -> str:
    if isinstance(value, str) and value.startswith(DIGEST):
        return "a file"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def joined(differing: Sequence[str]) -> str:
    """The first differences in a sentence, the others counted."""
    more = len(differing) - _NAMED
    return ", ".join([*differing[:_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _maker(found: Manifest) -> str:
    """What made the maps of a manifest: `VGG16, grad-cam`."""
    return ", ".join(filter(None, (found.model, found.method, found.variant)))


def _canonical(value: Any) -> str:
    """One spelling of a JSON value: tuples equal lists, key order is nothing, but 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)
