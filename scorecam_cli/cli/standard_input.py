"""`-`: the one photo that comes on standard input, under the name that `--name` gives it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path, PurePath
from typing import IO, Any

import click

from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.outcomes import Failed, Found
from scorecam_cli.records import PhotoJob

HERE = "-"
UNNAMED = "stdin"
_PIECE = 2**20  # bytes


def name_option(command: Command) -> Command:
    """--name."""
    return stacked(
        command,
        Group.PHOTOS.option(
            "--name", metavar="NAME", help="What the photo on standard input, - among IMAGES, is called.  [stdin]"
        ),
    )


def name_taken(options: dict[str, Any], *, alone: bool = True) -> str | None:
    """Take `--name` out of Click's parameters: what the photo on standard input is called; None: photos are named.

    Args:
        alone: no photos are named by another option.

    Raises:
        UsageError: other photos are named beside it, or it is called what no photo can be.
    """
    name, images = options.pop("name"), options["images"]
    if HERE not in images:
        if name is not None:
            raise UsageError(f"--name {name} is for the photo on standard input: give - for it, or leave --name out")
        return None
    if images != (HERE,) or options["files_from"] is not None or not alone:
        raise UsageError("- is the one photo on standard input: name no others beside it (./- is a file called so)")
    _check_name(name)
    return name or UNNAMED


def found_there(name: str, *, output_dir: PurePath | None, max_pixels: int) -> Found:
    """The photo on standard input, kept in a file that is gone when the command ends, or why there is none.

    Args:
        name: what it is called; its outputs go to `output_dir`, or the present folder.
        max_pixels: of a photo; no more bytes are taken than such a one can have.

    Raises:
        UsageError: standard input is a terminal or closed.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("- stands for standard input, and nothing comes there: give `- < dog.jpg`, or name the photo")
    photo = Path(name)
    try:
        kept = _new_folder() / "photo"
        _keep(sys.stdin.buffer, kept, max_pixels)
    except PhotoError as error:
        return Found((), (Failed(photo, str(error)),))
    return Found((PhotoJob(photo, photo if output_dir is None else output_dir / name, kept),))


def _check_name(name: str | None) -> None:
    from scorecam_cli.photos.manifest import is_bare_name
    from scorecam_cli.photos.names import is_output

    if name is not None and not is_bare_name(name):
        raise UsageError(f"--name {name!r} is no name of a file: give one as dog.jpg, and the folder by -o")
    if name is not None and is_output(name):
        raise UsageError(f"--name {name} is that of an output: give the photo's own")


def _new_folder() -> Path:
    """A folder that is gone when the command ends."""
    from scorecam_cli.files.temporaries import new_folder
    from scorecam_cli.files.write import unwritable

    try:
        folder = new_folder()
    except OSError as error:
        raise unwritable(Path(tempfile.gettempdir()), error) from error
    click.get_current_context().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def _keep(stream: IO[bytes], path: Path, max_pixels: int) -> None:
    """Write all that comes into a new file.

    Raises:
        PhotoError: it cannot be read or kept, is nothing, or more than a photo.
    """
    from scorecam_cli.files.regular import too_many_bytes
    from scorecam_cli.files.write import unwritable
    from scorecam_cli.photos.read import most_bytes

    limit, taken = most_bytes(max_pixels), 0
    try:
        with path.open("xb", buffering=0) as file:
            while piece := _next(stream):
                taken += len(piece)
                if taken > limit:
                    raise too_many_bytes(limit)
                file.write(piece)
    except OSError as error:
        raise unwritable(path, error) from error
    if not taken:
        raise PhotoError("standard input is empty")


def _next(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_PIECE)
    except OSError as error:  # a folder, say
        raise PhotoError(f"standard input cannot be read: {error.strerror}") from error
