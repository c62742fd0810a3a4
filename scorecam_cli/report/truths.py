"""The class of each photo as a file tells it, held against what the model says."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scorecam_cli.errors import ClassError, UsageError
from scorecam_cli.manifest import Manifest, NotedScore
from scorecam_cli.models.labels import Labels, imagenet_labels
from scorecam_cli.models.truth import Truth
from scorecam_cli.report.grouping import Group


@dataclass(frozen=True)
class TrueClass:
    """The class of a photo: its name for people, and its index and WordNet id where they are known."""

    name: str
    index: int | None
    wnid: str | None = None

    def is_of(self, score: NotedScore) -> bool:
        """Whether this is the class that a model has told."""
        if self.wnid and score.wnid:
            return self.wnid == score.wnid
        if self.index is not None:
            return self.index == score.index
        return _plain(self.name) == _plain(score.name)


@dataclass(frozen=True)
class Truths:
    """What the file says, in the words of the classes that the runs have told. known: these, by index, id and name."""

    truth: Truth
    known: Mapping[int | str, NotedScore]

    @classmethod
    def of(cls, truth: Truth, groups: Iterable[Group]) -> Truths:
        """The truth about these photos.

        Raises:
            UsageError: it names none of them.
        """
        groups = list(groups)
        known: dict[int | str, NotedScore] = {}
        for manifest in (entry.manifest for group in groups for _, entry in group.members if entry.manifest):
            for score in (*manifest.predictions, *manifest.classes):
                for key in (score.index, score.wnid or "", _plain(score.name)):
                    known.setdefault(key, score)
        found = cls(truth, known)
        if not any(found.text_of(group) for group in groups):
            first = f", such as {groups[0].photo.name}" if groups else ""
            raise UsageError(f"--truth {truth.source} names none of the {len(groups)} photos of the page{first}")
        return found

    def text_of(self, group: Group) -> str | None:
        """What the file says of a photo: by its path, here or where it was explained, or by its name."""
        noted = (entry.manifest.photo for _, entry in group.members if entry.manifest is not None)
        names = (str(group.photo), *noted, group.photo.name)
        return next((self.truth.classes[name] for name in names if name in self.truth.classes), None)

    def class_of(self, group: Group) -> TrueClass | None:
        """The class of a photo; None where the file does not name it."""
        text = self.text_of(group)
        return None if text is None else self._class_called(text)

    def _class_called(self, text: str) -> TrueClass:
        if text.isdecimal() and len(text) <= 9:
            score = self.known.get(int(text))
            return TrueClass(f"class {int(text)}" if score is None else score.name, int(text))
        score = self.known.get(text.lower()) or self.known.get(_plain(text))
        if score is not None:
            return TrueClass(score.name, score.index, score.wnid)
        return _of_imagenet(text) or TrueClass(text, None)


@functools.cache
def _of_imagenet(text: str) -> TrueClass | None:
    """A class of ImageNet by any of its names or its id; without an index, for models have their own."""
    try:
        label = _imagenet()[_imagenet().find(text, model="ImageNet")]
    except ClassError:
        return None
    return TrueClass(label.name, None, label.wnid)


@functools.cache
def _imagenet() -> Labels:
    return imagenet_labels()


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def predicted(manifest: Manifest) -> NotedScore | None:
    """What the model finds most probable; None where the manifest does not tell, or the model has no probabilities."""
    best = next(iter(manifest.predictions), None)
    if best is None:
        best = next((each for each in manifest.classes if each.role in ("predicted", "both")), None)
    return best if best is not None and best.probability is not None else None
