"""What is asked about one photo: the value that every method is given.

Letters: H W model input, c its colours, h w feature grid, K channels, N live channels, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Fill
from scorecam_cli.config import NEXT
from scorecam_cli.errors import ModelError, PhotoError, UsageError
from scorecam_cli.models.answers import Answers, Observation
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.records import ClassScore
from scorecam_cli.saliency.answered import Answered
from scorecam_cli.saliency.clusters import merged_masks
from scorecam_cli.saliency.contrast import STRENGTH, less, odds, shares
from scorecam_cli.saliency.evidence import LEAST_DIFFERENCE, LEAST_SPREAD, Kept, log_odds
from scorecam_cli.saliency.fills import STRONG_BLUR, filled

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier


Derived = tuple[int, tuple[int, float] | None]  # a class, and another whose logit is taken off, times what


@dataclass(frozen=True)
class Question:
    """Why does this classifier see these classes in this photo?

    model: the classifier, as far as every classifier goes. image: float32 [H, W, c] in model units.
    observation: of the same image. class_indices: in 0 .. C - 1, each once.
    fill: what is seen of the image where a mask is closed.
    others: of each of them the class that it is set against, another one; empty where none is.
    answered: what several methods have asked already; None: each asks by itself.
    """

    model: PhotoClassifier
    image: NDArray[np.float32]
    observation: Observation
    class_indices: tuple[int, ...]
    fill: Fill = Fill.ZERO
    others: tuple[int, ...] = ()
    answered: Answered | None = field(default=None, repr=False, compare=False)

    @classmethod
    def about(
        cls,
        classifier: PhotoClassifier,
        pixels: NDArray[Any],
        *,
        asked: Sequence[str] = (),
        top: int = 0,
        against: str | None = None,
    ) -> Question:
        """Prepare a photo, run the model on it once, and choose the classes.

        Args:
            classifier: the model with its target layer.
            pixels: uint8 [H0, W0, 3], sRGB, upright; or bands [H0, W0, c].
            asked: classes by index, name or WordNet id.
            top: also the N most probable; without either the predicted class.
            against: the class that they are set against, or `next`: of each the most probable other one. One that is
                among the `top` is no class to explain.

        Raises:
            ClassError: no such class, or fewer than `top`.
            UsageError: `next` of outputs, none of which is more probable than others.
            NumericsError: the model returns a value that is not finite.
            PhotoError: the model stops, or the predicted class is the one to set against.
        """
        image = classifier.prepare(pixels)
        observation = classifier.observe(image)
        found = cls(classifier, image, observation, tuple(classifier.choose_classes(observation, asked=asked, top=top)))
        return found if against is None else found.set_against(against)

    def set_against(self, against: str) -> Question:
        """The same classes, each against another one: by index, name or WordNet id, or the `next` probable."""
        if against.casefold() == NEXT:
            if self.model.is_regression:
                raise UsageError("--against next is the most probable other class, and outputs are none: name one")
            return replace(self, others=tuple(self._next_to(index) for index in self.class_indices))
        (other,) = self.model.choose_classes(self.observation, asked=(against,), top=0)
        kept = tuple(index for index in self.class_indices if index != other)
        if not kept:
            raise PhotoError(
                f"class {other} {self.model.labels[other].name} cannot be set against itself, and no other class is "
                "explained: name one by --class, or take --against next"
            )
        return replace(self, class_indices=kept, others=(other,) * len(kept))

    def expecting(self, expected: str) -> Question:
        """The same classes and, where it is another, the one expected: by index, name or WordNet id.

        Raises:
            ClassError: no such class.
        """
        (other,) = self.model.choose_classes(self.observation, asked=(expected,), top=0)
        return replace(self, class_indices=tuple(dict.fromkeys((*self.class_indices, other))))

    def _next_to(self, index: int) -> int:
        first, second = self.model.choose_classes(self.observation, asked=(), top=2)
        return second if index == first else first

    def remembering(self, clock: Callable[[], float]) -> Question:
        """The same, put to several methods: what two of them ask alike is asked once. clock: seconds."""
        return replace(self, answered=Answered(clock))

    def about_image(self, image: NDArray[np.float32]) -> Question:
        """The same asked about another image, float32 [H, W, c] in model units."""
        return replace(self, image=image, observation=self.model.observe(image), answered=self._nothing_answered)

    def asked_of(self, classifier: PhotoClassifier) -> Question:
        """The same asked of a classifier whose weights are others."""
        return replace(self._looking(classifier), answered=self._nothing_answered)

    @property
    def _nothing_answered(self) -> Answered | None:
        return self.answered and self.answered.anew()

    def _looking(self, classifier: PhotoClassifier) -> Question:
        return replace(self, model=classifier, observation=classifier.observe(self.image))

    @property
    def classifier(self) -> Classifier:
        """The Keras model, with its layers and gradients.

        Raises:
            ModelError: it is seen from outside only.
        """
        if not self.model.has_layers:
            raise ModelError(f"{self.model.name} is seen from outside: it has no layers to look at")
        return cast("Classifier", self.model)

    @cached_property
    def unmixed(self) -> Question:
        """The same asked of a layer whose positions no attention has mixed yet; this one where its layer is one."""
        other = self.classifier.unmixed
        return self if other is self.classifier else self._looking(other)

    @cached_property
    def undivided(self) -> Question:
        """The same asked of such a layer that nothing of the photo goes around."""
        other = self.classifier.undivided
        return self if other is self.classifier else self._looking(other)

    @cached_property
    def by_layer(self) -> tuple[Question, ...]:
        """The same asked with each target layer alone, the finest grid first; this one, where there is but one."""
        parts = self.classifier.parts if self.model.has_layers else ()
        seen = [self.observation, *(part.observe(self.image) for part in parts[1:])]
        each = zip(parts, seen, strict=False)
        return tuple(replace(self, model=part, observation=found) for part, found in each) or (self,)

    @property
    def of_several(self) -> bool:
        """Whether several target layers were asked for, even if the network offered but one."""
        return self.model.has_layers and bool(self.classifier.several)

    @property
    def of_first_class(self) -> Question:
        """The same about one class alone."""
        return replace(self, class_indices=self.class_indices[:1], others=self.others[:1])

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.model.size

    @property
    def scores(self) -> tuple[ClassScore, ...]:
        """What the unmasked pass says of each class."""
        return tuple(self.model.score(self.observation, index) for index in self.class_indices)

    @property
    def other_scores(self) -> tuple[ClassScore | None, ...]:
        """What the unmasked pass says of the class that each is set against; None where none is."""
        if not self.others:
            return (None,) * len(self.class_indices)
        return tuple(self.model.score(self.observation, index) for index in self.others)

    @property
    def derived(self) -> tuple[Derived, ...]:
        """What a gradient is of: each class, and the one that it is set against with its share, if there is one."""
        if not self.others:
            return tuple((index, None) for index in self.class_indices)
        return tuple((own, (other, STRENGTH)) for own, other in zip(self.class_indices, self.others, strict=True))

    @property
    def live(self) -> NDArray[np.intp]:
        """Numbers [N] of the channels that are not constant over the grid."""
        return live_channels(self.observation.activations)

    @property
    def lit(self) -> NDArray[np.intp]:
        """Numbers of the channels that are not zero everywhere: the live ones, and constants."""
        return np.flatnonzero(self.observation.activations.any(axis=(0, 1)))

    def filled_by(self, fill: Fill) -> Question:
        """The same, masked pixels becoming something else."""
        return self if fill == self.fill else replace(self, fill=fill)

    @cached_property
    def hidden(self) -> NDArray[np.float32]:
        """The image behind a mask that is closed everywhere, float32 [H, W, c]."""
        return filled(self.image, self.fill, blur=STRONG_BLUR)

    @property
    def filling(self) -> NDArray[np.float32] | None:
        """The same where it is not zeros, which only have to be multiplied; else None."""
        return None if self.fill == Fill.ZERO else self.hidden

    def behind(self, masks: NDArray[np.float32]) -> NDArray[np.float32]:
        """The image X behind masks M, [B, H, W] -> float32 [B, H, W, c]: `X M + F (1 - M)`, F what is hidden."""
        openings = masks[..., None]  # [B, H, W, 1]
        if self.filling is None:
            return self.image * openings
        return self.hidden + (self.image - self.hidden) * openings

    @cached_property
    def merged(self) -> NDArray[np.float32]:
        """The masks of like channels put together, on the grid: [R, h, w]; of none where no channel is live."""
        grids = np.ascontiguousarray(self.observation.activations[:, :, self.live].transpose(2, 0, 1))  # [N, h, w]
        return merged_masks(grids, self.size) if len(grids) else grids

    @cached_property
    def closed(self) -> NDArray[np.float64]:
        """Of a regression the output [classes] where all of the photo is hidden; of a classifier zeros."""
        if not self.model.is_regression:
            return np.zeros(len(self.class_indices))
        answers = self.model.observe(self.hidden).answers
        return less(answers.probabilities, self.class_indices, self.others)

    def left(self, answers: Answers, *, differences: bool = False) -> NDArray[np.float64]:
        """S: the probability that N masked photos leave each class, [N, classes].

        Of a regression how far they raise the output over that of the closed photo: an output has no zero of its own.
        Of a class that is set against another the log-odds `log p_c - log p_d`, but 0 where they are for the other
        class, unless the map is of differences between the answers alone; of outputs their difference.
        """
        if not self.others or self.model.is_regression:
            return np.asarray(less(answers.probabilities, self.class_indices, self.others) - self.closed)
        found = odds(answers, self.class_indices, self.others, exclusive=self.model.exclusive)
        return found if differences else np.maximum(found, 0)

    def shown(self, answers: Answers) -> NDArray[np.float64]:
        """What a figure says of N masked photos, [N, classes]: S, or of two classes the share of the one in both."""
        if not self.others or self.model.is_regression:
            return self.left(answers)
        return shares(self.left(answers, differences=True))

    def kept(self, answers: Answers, *, by_logits: bool = False, differences: bool = False) -> tuple[Kept, ...]:
        """What each class keeps under N masks.

        Args:
            answers: [N, C].
            by_logits: the map is weighted by these.
            differences: it is of differences between the answers alone.
        """
        if self.others:
            return self._kept_of_both(answers, differences=differences)
        exclusive, least = self.model.exclusive, LEAST_DIFFERENCE if differences else LEAST_SPREAD
        logits = answers.logits if by_logits else None
        return tuple(
            Kept(
                answers.probabilities[:, at],
                None if logits is None else log_odds(logits, at, exclusive=exclusive),
                least,
                float(closed) if self.model.is_regression else None,
            )
            for at, closed in zip(self.class_indices, self.closed, strict=True)
        )

    def _kept_of_both(self, answers: Answers, *, differences: bool) -> tuple[Kept, ...]:
        least, found = LEAST_DIFFERENCE if differences else LEAST_SPREAD, self.left(answers, differences=True).T
        if self.model.is_regression:
            closed = [float(each) for each in self.closed]
            return tuple(Kept(row + at, None, least, at) for row, at in zip(found, closed, strict=True))
        return tuple(Kept(shares(row), row, least) for row in found)

    def most_probable(self, count: int) -> tuple[ClassScore, ...]:
        """The `count` most probable classes of the photo, or all where there are fewer."""
        most = min(count, len(self.model.labels))
        indices = self.model.choose_classes(self.observation, asked=(), top=most)
        return tuple(self.model.score(self.observation, index) for index in indices)


def live_channels(activations: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices [N] of the channels of float32 [h, w, K] that are not constant over the grid."""
    return np.flatnonzero(activations.max(axis=(0, 1)) > activations.min(axis=(0, 1)))
