"""What is at a path, for any path: one that no file can have, too long say, is nothing and no error."""

from __future__ import annotations

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether anything is there, links followed."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where the name is too long


def is_file(path: Path | str) -> bool:
    """Whether a plain file is there, links followed."""
    return os.path.isfile(path)  # noqa: PTH113 - as above


def is_folder(path: Path) -> bool:
    """Whether a folder is there, links followed."""
    return os.path.isdir(path)  # noqa: PTH112 - as above


def is_link(path: Path) -> bool:
    """Whether the path itself is a symbolic link."""
    return os.path.islink(path)  # noqa: PTH114 - as above
