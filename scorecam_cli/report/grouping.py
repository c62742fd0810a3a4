"""Entries to photos and runs: a photo is one whatever explained it, and a run is what one way of explaining made."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scorecam_cli.manifest import Manifest
from scorecam_cli.report import noted
from scorecam_cli.report.collect import Entry
from scorecam_cli.words import printable

LONGEST_NAME = 60  # letters
_OF_A_PHOTO = frozenset({"classes", "top", "truth", "against", "save", "colormap", "alpha"})  # settings, not of a run


@dataclass(frozen=True)
class Run:
    """One way in which photos of the page were explained.

    name: short, no other run has it. manifest: of its first photo; what tells runs apart is the same in all.
    """

    name: str
    manifest: Manifest


@dataclass(frozen=True)
class Group:
    """One photo: its entries with the number of the run that each is of, None for those without a manifest."""

    photo: Path
    members: tuple[tuple[int | None, Entry], ...]


Member = tuple[int | None, Entry]


@dataclass(frozen=True)
class Grouped:
    """The photos in the order of their first entries, and the runs in that of theirs."""

    groups: tuple[Group, ...]
    runs: tuple[Run, ...]


def grouped(entries: Sequence[Entry]) -> Grouped:
    """Photos and runs of a page.

    Entries of the same bytes are one photo, wherever it lies; a photo that one run explained twice, in two places, is
    two. Runs are told apart by the name that they were given, by model, weights, layers, method and settings, and where
    these are all the same and a photo has two maps nevertheless, by the folders that these are in.
    """
    keys = _keys(entries)
    numbers = {key: number for number, key in enumerate(dict.fromkeys(key for key in keys if key is not None))}
    members = [(None if key is None else numbers[key], entry) for key, entry in zip(keys, entries, strict=True)]
    first = {key: entry for key, entry in reversed(list(zip(keys, entries, strict=True))) if key is not None}
    names = _names([first[key] for key in numbers], members)
    runs = tuple(
        Run(name, entry.manifest)
        for name, entry in zip(names, (first[key] for key in numbers), strict=True)
        if entry.manifest is not None
    )
    return Grouped(tuple(_group(found) for found in _same_photos(members)), runs)


def _keys(entries: Sequence[Entry]) -> list[Hashable | None]:
    """What run each entry is of; None where it has no manifest."""
    keys: list[Hashable | None] = [_key(entry) for entry in entries]
    photos = [_place(entry.photo) for entry in entries]
    for finer in (_argument, _folder_below):
        counts = Counter((key, photo) for key, photo in zip(keys, photos, strict=True) if key is not None)
        twice = {key for (key, _), count in counts.items() if count > 1}
        keys = [(key, finer(entry)) if key in twice else key for key, entry in zip(keys, entries, strict=True)]
    return keys


def _key(entry: Entry) -> Hashable | None:
    found = entry.manifest
    if found is None:
        return None
    against = any(each.against is not None for each in found.classes)
    settings = {name: value for name, value in found.settings.items() if name not in _OF_A_PHOTO}
    told = (found.model, found.weights, found.layer, found.joined, found.method, found.variant, found.fill, against)
    return (entry.called, *told, found.precision, found.preprocess, json.dumps(settings, sort_keys=True))


def _argument(entry: Entry) -> str:
    return entry.argument


def _folder_below(entry: Entry) -> str:
    """The folder of the manifest that is next below the argument that led there."""
    if entry.folder is None or not entry.argument:
        return str(entry.folder)
    try:
        below = entry.folder.relative_to(entry.argument)
    except ValueError:
        return str(entry.folder)
    return below.parts[0] if below.parts else ""


def _same_photos(members: Sequence[Member]) -> list[list[Member]]:
    """The entries of each photo, in the order of the first of them."""
    rooms: list[list[Member]] = []
    of_place: dict[tuple[str, str], list[Member]] = {}
    of_digest: dict[str, list[list[Member]]] = {}
    taken: Counter[tuple[str, int | None]] = Counter()  # of each digest, how many of its first rooms have the run
    for run, entry in members:
        if entry.manifest is None:
            continue
        place, digest = _place(entry.photo), entry.manifest.photo_sha256
        same = of_digest.setdefault(digest, [])
        while taken[digest, run] < len(same) and _has(same[taken[digest, run]], run):
            taken[digest, run] += 1
        here = of_place.get((place, digest))
        if here is None or _has(here, run):
            here = next((room for room in same[taken[digest, run] :] if not _has(room, run)), None)
        if here is None:
            here = []
            same.append(here)
            rooms.append(here)
        here.append((run, entry))
        of_place.setdefault((place, digest), here)
    explained = {place: room for (place, _), room in reversed(of_place.items())}
    for run, entry in members:
        if entry.manifest is None:  # what failed beside another run that did not is told with it
            here = explained.get(_place(entry.photo))
            if here is None:
                here = []
                rooms.append(here)
            here.append((run, entry))
    places = {id(entry): number for number, (_, entry) in enumerate(members)}
    return sorted(rooms, key=lambda room: min(places[id(entry)] for _, entry in room))


def _has(room: Sequence[Member], run: int | None) -> bool:
    return any(run == each for each, _ in room)


def _group(members: Sequence[Member]) -> Group:
    photos = list(dict.fromkeys(entry.photo for _, entry in members))
    there = next((photo for photo in photos if len(photos) > 1 and photo.is_file()), photos[0])
    return Group(there, tuple(sorted(members, key=lambda member: (member[0] is None, member[0] or 0))))


def _place(photo: Path) -> str:
    try:
        return os.path.realpath(photo)
    except (OSError, ValueError):  # a name that no file can have
        return str(photo)


def _names(first: Sequence[Entry], members: Sequence[Member]) -> list[str]:
    """A short name for each run, of which `first` has the first entries; each another.

    That which was given; else, where each run lies in a folder of its own, what that is called; else what tells it from
    the others.
    """
    arguments: list[set[str]] = [set() for _ in first]
    for run, entry in members:
        if run is not None:
            arguments[run].add(entry.argument)
    shared = Counter(argument for of_run in arguments for argument in of_run)
    lone = len(first) > 1 and all(len(of_run) == 1 and shared[next(iter(of_run))] == 1 for of_run in arguments)
    names = [entry.called or (_folder_name(entry.argument) if lone else "") for entry in first]
    for values in zip(*map(_told, first), strict=True):
        seen: dict[str, set[str]] = {}
        for name, value in zip(names, values, strict=True):
            seen.setdefault(name, set()).add(value)
        told = zip(names, values, strict=True)
        names = [" · ".join(filter(None, (name, value))) if len(seen[name]) > 1 else name for name, value in told]
    names = [name or _told(entry)[0] for name, entry in zip(names, first, strict=True)]
    return each_once([printable(name)[:LONGEST_NAME] for name in names])


def _told(entry: Entry) -> tuple[str, ...]:
    """What a run is told by, the most telling first."""
    found = entry.manifest
    if found is None:
        return ()
    passes = f"{found.passes} passes" if found.selection != "all" else ""
    folder = _folder_name(str(entry.folder or ""))
    return (found.model, found.weights, found.layer, noted.method(found), found.precision, passes, folder)


def _folder_name(text: str) -> str:
    """What a folder is called, without those around it."""
    return Path(text).resolve().name if text and "\0" not in text else ""


def each_once(names: Sequence[str]) -> list[str]:
    """The names, each told apart from the same one before it: `dog.jpg (2)`."""
    found: list[str] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    for name in names:
        own = name
        while own in taken:
            counts[name] += 1
            own = f"{name} ({counts[name] + 1})"
        taken.add(own)
        found.append(own)
    return found
