"""What can be asked of every classifier: of one whose layers are known, and of one that is seen from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Precision
from scorecam_cli.models.answers import Answers, Observation
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation
from scorecam_cli.records import ClassScore


class PhotoClassifier(Protocol):
    """One photo in, class probabilities out.

    name, weights: what the user calls them. size: (H, W). channels: c of its input.
    noted: what a manifest notes of how it was loaded, where the Python API loaded it.
    """

    name: str
    weights: str
    size: tuple[int, int]
    channels: int
    labels: Labels
    preparation: Preparation
    precision: Precision
    noted: Mapping[str, Any]

    @property
    def has_layers(self) -> bool:
        """Whether it is a Keras model, whose layers and gradients can be looked at."""

    @property
    def has_attention(self) -> bool:
        """Whether positions look at each other in one of its layers, as far as these are known."""

    @property
    def exclusive(self) -> bool:
        """Whether its classes exclude each other, so that their probabilities sum to 1."""

    @property
    def is_regression(self) -> bool:
        """Whether it returns quantities, neither probabilities nor logits."""

    @property
    def layer(self) -> str:
        """Name of the target layer, of several all with ` + ` between; `none` where there are no layers."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the target layers, the finest grid first; none where there are no layers."""

    @property
    def grid(self) -> tuple[int, int] | None:
        """h, w of the target layer; None where there are no layers."""

    @property
    def prefix(self) -> int | None:
        """Tokens in front of those that the target layer's grid is folded from; None where it makes a grid itself."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Of scorecam and of what runs the model."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is to be doubted of every map of this model, each in a sentence."""

    def prepare(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """uint8 [H0, W0, 3], or bands [H0, W0, c] -> float32 [H, W, c] in model units."""

    def choose_classes(self, observation: Observation, *, asked: Sequence[str], top: int) -> list[int]:
        """See `models.choosing`."""

    def score(self, observation: Observation, index: int) -> ClassScore:
        """What the unmasked pass says of one class."""

    def observe(self, image: NDArray[np.float32]) -> Observation:
        """Run the model once on a prepared photo, float32 [H, W, c]."""

    def photo_answers(
        self,
        count: int,
        images: Callable[[int, int], NDArray[np.float32]],
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> Answers:
        """Ask the model about any number of prepared photos, a batch at a time."""

    def batch_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for."""

    def shortened_batch(self, batch_size: int | None) -> str | None:
        """Say, the first time only, that smaller batches are used than were asked for."""
