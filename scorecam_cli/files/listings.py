"""What lay in folders of buckets when a run first asked: one listing for each folder, whoever asks how often."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.remote import Listed, list_folder
from scorecam_cli.urls import Url


class Listings:
    """The folders listed so far; safe for several threads."""

    def __init__(self) -> None:
        self._folders: dict[Url, Mapping[str, Listed]] = {}
        self._lock = threading.Lock()

    def of(self, folder: Url) -> Mapping[str, Listed]:
        """The objects in a folder by name; none where there is no such folder yet.

        Raises:
            UsageError: it cannot be listed.
        """
        with self._lock:
            if folder not in self._folders:
                self._folders[folder] = _objects_in(folder)
            return self._folders[folder]

    def __getstate__(self) -> dict[str, object]:
        return {}  # another process asks for itself

    def __setstate__(self, _state: object) -> None:
        self.__init__()  # type: ignore[misc]


def _objects_in(folder: Url) -> Mapping[str, Listed]:
    try:
        found = list_folder(folder, recursive=False)
    except PhotoError:
        return {}
    return {each.url.name: each for each in found if each.stored is not None}
