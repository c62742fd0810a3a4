"""Arguments to jobs: which photos to do, in which order, and where their outputs go. No file is opened.

What an address names, in a bucket or on the web, is found in `find_elsewhere.py`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath

from scorecam_cli.errors import NothingFoundError, PhotoError, UsageError
from scorecam_cli.files.regular import kind_of, reason_of
from scorecam_cli.files.walk import (
    Unreadable,
    expand_pattern,
    fixed_prefix,
    has_photo_suffix,
    is_pattern,
    list_folder,
)
from scorecam_cli.outcomes import Failed, Found
from scorecam_cli.photos.find_elsewhere import photos_at
from scorecam_cli.photos.names import is_output
from scorecam_cli.records import PhotoJob, Stored
from scorecam_cli.urls import is_url, url

_NAMED = 3  # patterns that matched nothing, at most, in a message
_LOOK_BELOW = 10_000  # entries below a folder that are looked at, at most, to advise --recursive


def find_jobs(
    images: Sequence[str], *, listed: Sequence[str] = (), recursive: bool = False, output_dir: PurePath | None = None
) -> Found:
    """The photos that arguments name, each once, in the order given; sorted within a folder or pattern.

    A name that exists is taken as it is, whatever its suffix; else it is a pattern, where it holds `*`, `?` or `[`.
    From folders only known suffixes are taken, and nothing hidden.

    Args:
        images: files, folders and patterns, addresses too.
        listed: files and folders from a list, after those; a `*` in them is a star and no pattern.
        recursive: also the subfolders of folders.
        output_dir: where outputs go, with the subfolders below a folder argument or below the fixed beginning of a
            pattern; None for next to each photo.

    Returns:
        The jobs; a `Failed` for each name that leads nowhere; notes for the user.

    Raises:
        NothingFoundError: the arguments hold no photo, and of names that lead nowhere only patterns.
        UsageError: two photos would write the same output, or a bucket cannot be listed.
    """
    search = _Search(recursive=recursive, output_dir=output_dir)
    for argument in images:
        search.take_argument(argument)
    for name in listed:
        search.take_name(name)
    notes = search.notes()
    if not search.jobs and len(search.failures) == len(search.unmatched):
        why = [*(f"nothing matches {pattern}" for pattern in search.unmatched[:_NAMED]), *notes]
        raise NothingFoundError("; ".join(why) or "no photo named: give files, folders or quoted patterns")
    return Found(
        tuple(search.jobs), tuple(search.failures), tuple(notes), folder_of_all(search.folders), search.aliases
    )


def folder_of_all(folders: Iterable[Path]) -> Path | None:
    """The folder that these lie in, absolute, without asking the disk; None where there is none, on two drives say."""
    try:
        return Path(os.path.commonpath({os.path.abspath(folder) for folder in folders}))  # noqa: PTH100 - no disk
    except ValueError:
        return None


def names_in_list(data: bytes) -> list[str]:
    """The names in a list, one a line, or separated by NUL where it holds any; empty ones are left out.

    Args:
        data: the list in UTF-8, with names in no valid encoding, if need be.
    """
    text = os.fsdecode(data).removeprefix("\ufeff")  # editors on Windows put it in front
    if "\0" in text:
        return [name for name in text.split("\0") if name]
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip()]


@dataclass
class _Search:
    """The state of one search: what was found so far, and what of it must not come twice."""

    recursive: bool
    output_dir: PurePath | None
    jobs: list[PhotoJob] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    ours: int = 0
    empty: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    taken: dict[str, PurePath] = field(default_factory=dict)
    aliases: dict[PurePath, PurePath] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=set)
    photo_of_output: dict[str, PurePath] = field(default_factory=dict)
    real_folders: dict[Path, str] = field(default_factory=dict)

    def take_argument(self, argument: str) -> None:
        """One argument: an existing name before a pattern, so `photo[1].jpg` can be named."""
        if is_url(argument):
            self._take_address(argument, pattern=True)
        elif is_pattern(argument) and "\0" not in argument and not os.path.lexists(argument):
            self._take_pattern(argument)
        else:
            self.take_name(argument)

    def take_name(self, name: str) -> None:
        """The file or folder of this name, whatever characters it holds."""
        if is_url(name):
            self._take_address(name, pattern=False)
            return
        path = Path(name)
        if not name:
            self._fail(path, "an empty name")
            return
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            self.folders.add(path.parent)
            self._fail(path, why_missing(path, error))
            return
        self.folders.add(path if stat.S_ISDIR(mode) else path.parent)
        if not self._take_existing(path, mode, below=None):
            self.empty.append(self._nothing_in(path))

    def notes(self) -> list[str]:
        """Sentences about what was left out."""
        if not self.ours:
            return self.empty
        files = "1 file" if self.ours == 1 else f"{self.ours} files"
        return [*self.empty, f"{files} left out: outputs of scorecam, not photos"]

    def _take_pattern(self, pattern: str) -> None:
        below, matched, any_photo = fixed_prefix(pattern), False, False
        self.folders.add(below)
        for path in expand_pattern(pattern):
            matched = True
            try:
                mode = path.stat().st_mode
            except OSError as error:
                any_photo |= self._fail(path, why_missing(path, error))
            else:
                any_photo |= self._take_existing(path, mode, below=below)
        if not matched:
            self.unmatched.append(pattern)
            self._fail(Path(pattern), "no such file, and no photo matches this pattern")
        elif not any_photo:
            self.empty.append(f"no photo in the folders that match {pattern}")

    def _take_address(self, text: str, *, pattern: bool) -> None:
        """An address: what it names is taken as from a folder or pattern of this machine."""
        address = url(text)
        try:
            found = photos_at(text, recursive=self.recursive, pattern=pattern)
        except PhotoError as error:
            if pattern and is_pattern(text):
                self.unmatched.append(text)
            self._fail(address, str(error))
            return
        self.ours += found.ours
        for photo, stored in found.photos:
            self._add(photo, below=found.below, real=stored.address, source=stored)
        for odd in found.refused:
            self._fail(odd, "its name has a part that is empty or of dots alone, as no file may have")
        if not (found.photos or found.refused or found.ours):
            more = ", but it has subfolders: add -r" if found.deeper else ""
            self.empty.append(f"no photo in {address} (looked for .jpg, .png, .webp, .tif and the like){more}")

    def _take_existing(self, path: Path, mode: int, *, below: Path | None) -> bool:
        """A file or folder that was named, or that a pattern matched; False for a folder without photos.

        `below` is the part of the path that an output's subfolder leaves out; None for a file's own folder.
        """
        if stat.S_ISDIR(mode):
            return self._take_folder(path, below=path if below is None else below)
        if is_output(path.name):
            self.ours += 1
        elif stat.S_ISREG(mode):
            self._add(path, below=below or path.parent, real=self._real(path, link=path.is_symlink()))
        else:
            self._fail(path, f"{kind_of(mode)}, not a photo")
        return True

    def _take_folder(self, folder: Path, *, below: Path) -> bool:
        any_photo = False
        for entry in list_folder(folder, recursive=self.recursive):
            if isinstance(entry, Unreadable):
                any_photo |= self._fail(entry.path, f"the folder cannot be listed: {entry.error.strerror}")
            elif has_photo_suffix(entry.name):
                any_photo |= not is_output(entry.name) and self._take_entry(entry, below)
        return any_photo

    def _take_entry(self, entry: os.DirEntry[str], below: Path) -> bool:
        path = Path(entry.path)
        try:
            if entry.is_file():
                return self._add(path, below=below, real=self._real(path, link=entry.is_symlink()))
            return self._fail(path, f"{kind_of(entry.stat().st_mode)}, not a photo")
        except OSError as error:
            return self._fail(path, why_missing(path, error))

    def _fail(self, path: PurePath, reason: str) -> bool:
        self.failures.append(Failed(path, reason))
        return True

    def _add(self, photo: PurePath, *, below: PurePath, real: str, source: Stored | None = None) -> bool:
        """A photo that is not there yet; real: what it is called without links."""
        if real in self.taken:
            first = self.taken[real]
            if photo != first:
                self.aliases[first] = min(first, self.aliases.get(first, first), photo)
            return True
        self.taken[real] = photo
        output = self._output_of(photo, below)
        other = self.photo_of_output.setdefault(str(output), photo)
        if other is not photo:
            raise UsageError(
                f"{other} and {photo} would both write {output}.*: name the folder above both, "
                "or run once for each with an output folder of its own"
            )
        self.jobs.append(PhotoJob(photo, output, source))
        return True

    def _real(self, photo: Path, *, link: bool) -> str:
        """The photo's name without symbolic links; its folder is asked once for all photos in it."""
        if link:
            return os.path.realpath(photo)
        folder = self.real_folders.get(photo.parent)
        if folder is None:
            folder = self.real_folders[photo.parent] = os.path.realpath(photo.parent)
        return f"{folder}{os.sep}{photo.name}"

    def _output_of(self, photo: PurePath, below: PurePath) -> PurePath:
        if self.output_dir is None:
            return photo
        inner = photo.relative_to(below)
        # A pattern such as */../x.jpg must not lead out of the output folder.
        return self.output_dir / (photo.name if ".." in inner.parts else inner)

    def _nothing_in(self, folder: Path) -> str:
        if self.recursive:
            return f"no photo in {folder} or its subfolders (looked for .jpg, .png, .webp, .tif and the like)"
        if _photo_below(folder):
            return f"no photo directly in {folder}, but its subfolders hold some: add -r"
        return f"no photo in {folder} (looked for .jpg, .png, .webp, .tif and the like)"


def _photo_below(folder: Path) -> bool:
    below = islice(list_folder(folder, recursive=True), _LOOK_BELOW)
    names = (entry.name for entry in below if not isinstance(entry, Unreadable))
    return any(has_photo_suffix(name) and not is_output(name) for name in names)


def why_missing(path: Path, error: OSError | ValueError) -> str:
    """Why a name leads to no file, in a few words."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "a symbolic link to a file that does not exist"
    return reason_of(error)
