"""What a model has answered about one photo already, so that methods that ask the same ask it once.

Methods share passes where these are the same to the last bit: the same masks in the same order behind the same fill, in
batches of the same size, or the gradient of the same logit by the same layer. Some of the same masks are not the same
passes: what is asked in other batches may be rounded otherwise.

Letters: H W model input, h w feature grid, K channels of the target layer, N masks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.answers import MaskedAnswers

if TYPE_CHECKING:
    from scorecam_cli.saliency.maps import OnPasses
    from scorecam_cli.saliency.question import Question

MOST_BYTES = 2**26  # kept of one photo; 1280 masks of 1000 classes are 10 MB, probabilities and logits
Against = tuple[int, float]  # another class, and what its logit is multiplied by before it is taken off

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Spared:
    """Passes that need not be run again, and the seconds that they took when they were."""

    passes: int = 0
    seconds: float = 0.0


@dataclass
class Answered:
    """The answers of one classifier about one photo; it is dropped with the questions about that photo.

    clock: seconds, from any beginning.
    """

    clock: Callable[[], float]
    _kept: dict[Hashable, tuple[Any, float]] = field(default_factory=dict, init=False)
    _bytes: int = field(default=0, init=False)
    _spared: Spared = field(default=Spared(), init=False)

    def anew(self) -> Answered:
        """Of another photo, or of a classifier with other weights: nothing is known yet."""
        return Answered(self.clock)

    def taken(self) -> Spared:
        """What was spared since this was asked the last time."""
        found, self._spared = self._spared, Spared()
        return found

    def once(
        self, key: Hashable, ask: Callable[[], Kept], *, arrays: Callable[[Kept], Iterable[NDArray[Any]]], passes: int
    ) -> tuple[Kept, bool]:
        """What `ask` gives, from what is kept if it was asked before, and whether it was.

        Args:
            key: all that the answer depends on beside photo and weights.
            ask: runs the passes.
            arrays: of the answer; nobody may change them then.
            passes: how many it runs.
        """
        if key in self._kept:
            found, seconds = self._kept[key]
            self._spared = Spared(self._spared.passes + passes, self._spared.seconds + seconds)
            return found, True
        began = self.clock()
        answer = ask()
        size = sum(each.nbytes for each in arrays(answer))
        if self._bytes + size <= MOST_BYTES:
            for each in arrays(answer):
                each.setflags(write=False)
            self._kept[key], self._bytes = (answer, self.clock() - began), self._bytes + size
        return answer, False


def masked_answers(
    asked: Question, grids: NDArray[np.float32], *, batch_size: int | None, on_passes: OnPasses
) -> MaskedAnswers:
    """What the model says of the photo behind masks of these grids, float32 [N, h, w], see `Classifier.masked_answers`.

    Raises:
        As `Classifier.masked_answers`.
    """

    def ask() -> MaskedAnswers:
        return asked.classifier.masked_answers(
            asked.image, grids, filling=asked.filling, batch_size=batch_size, on_passes=on_passes
        )

    if asked.answered is None:
        return ask()
    key = ("masked", asked.fill, batch_size, grids.shape, blake2b(np.ascontiguousarray(grids).data).digest())
    found, known = asked.answered.once(key, ask, arrays=_arrays, passes=len(grids))
    if known:
        on_passes(len(grids))
    return found


def target_gradient(
    asked: Question, index: int, against: Against | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Activations and gradient of a class by the target layer, float32 [h, w, K] both, see `Gradients.of_target`.

    Raises:
        As `Gradients.of_target`.
    """

    def ask() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return asked.classifier.gradients.of_target(asked.image, index, against)

    if asked.answered is None:
        return ask()
    key = ("gradient", asked.classifier.target.number, index, against)
    return asked.answered.once(key, ask, arrays=tuple, passes=1)[0]


def _arrays(found: MaskedAnswers) -> list[NDArray[Any]]:
    logits = found.answers.logits
    return [found.answers.probabilities, found.lows, found.highs, *([] if logits is None else [logits])]
