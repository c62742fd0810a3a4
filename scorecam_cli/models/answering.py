"""What all classifiers do alike: how a photo becomes their input, and what their answers are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.answers import Observation
from scorecam_cli.models.choosing import choose_classes, score_of
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation, prepare
from scorecam_cli.records import ClassScore


class AnsweringHead(Protocol):
    """What kind of numbers a model returns."""

    @property
    def exclusive(self) -> bool:
        """Whether its classes exclude each other, so that their probabilities sum to 1."""

    @property
    def is_regression(self) -> bool:
        """Whether they are quantities, neither probabilities nor logits."""


class Answering:
    """Base of the classifiers; see `models.classifier.PhotoClassifier` for the attributes."""

    name: str
    size: tuple[int, int]
    channels: int
    head: AnsweringHead
    labels: Labels
    preparation: Preparation

    @property
    def exclusive(self) -> bool:
        """Whether its classes exclude each other, so that their probabilities sum to 1."""
        return self.head.exclusive

    @property
    def is_regression(self) -> bool:
        """Whether it returns quantities, neither probabilities nor logits."""
        return self.head.is_regression

    def prepare(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """uint8 [H0, W0, 3], or bands [H0, W0, c] -> float32 [H, W, c] in model units: resized whole."""
        return prepare(pixels, size=self.size, channels=self.channels, preparation=self.preparation)

    def choose_classes(self, observation: Observation, *, asked: Sequence[str], top: int) -> list[int]:
        """See `models.choosing`."""
        ranked = not self.is_regression
        return choose_classes(observation.answers, self.labels, asked=asked, top=top, model=self.name, ranked=ranked)

    def score(self, observation: Observation, index: int) -> ClassScore:
        """What the unmasked pass says of one class, or of one output."""
        return score_of(observation.answers, self.labels, index, quantity=self.is_regression)
