"""A run that nobody watches: how far it is, is told to no one."""

from __future__ import annotations

from pathlib import Path


class Unwatched:
    """A `runs.session.Watcher` that does nothing."""

    def model_loading(self, name: str) -> None:
        """Nothing: the model is in memory."""

    def passes_planned(self, photo: Path, passes: int) -> None:
        """Nothing."""

    def passes_done(self, passes: int) -> None:
        """Nothing."""
