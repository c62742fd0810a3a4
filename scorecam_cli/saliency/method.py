"""What is known of a method beside how it makes a map: plain facts, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.question import Question


class Need(StrEnum):
    """What a model must have for a method.

    LAYERS: it is a Keras model; whatever else is needed needs that, too.
    LOGITS: it shows them, or ends in a softmax or sigmoid that can be taken off.
    GRADIENTS: logits can be derived by activations and photos; the passes are float32, and in smaller batches.
    POOLED_HEAD: nothing but a global average pooling and one dense layer follows the target layer.
    """

    LAYERS = "layers"
    LOGITS = "logits"
    GRADIENTS = "gradients"
    POOLED_HEAD = "pooled head"


BY_GRADIENTS = frozenset({Need.LOGITS, Need.GRADIENTS})


@dataclass(frozen=True)
class Source:
    """Who published it, when and where: an arXiv number, or a title."""

    authors: str
    year: int
    where: str

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.where}"


@dataclass(frozen=True)
class Work:
    """What the number of passes of a method can depend on.

    live: live channels of the target layer. lit: those that are not zero everywhere. cells: of its grid.
    classes: how many are asked for.
    size: (H, W), None where not known.
    passes: what the user asks for, None for the default.
    groups: counts the groups of like channels, which takes a while.
    """

    live: int
    classes: int
    size: tuple[int, int] | None
    passes: int | None
    lit: int = 0
    cells: int = 0
    groups: Callable[[], int] = lambda: 0


class Run(Protocol):
    """A method: from a question to maps."""

    def __call__(self, asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
        """One map for each class asked about."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to a map.

    summary: for people, in one line.
    run: the function.
    planned: how many passes it will run, 0 where that is not known.
    passes: the same for people.
    source: who published it; None for what has none.
    needs: what a model must have for it; nothing, where probabilities are enough.
    takes: names of the fields of MethodSettings that change something; `seed` where it draws by chance.
    fewest_passes: the least that `passes` can be, where it takes them.
    of_outputs: whether it explains the outputs of a regression too, which are neither probabilities nor logits.
    has_steps: whether it hands out the masks that weigh most, so that figures can show them.
    by_photo: whether it derives by the photo alone, and so looks into the model and at no target layer.
    by_tail: whether its passes run the network behind the target layer alone, in float32.
    unmixed: whether it changes or derives what the target layer made, so that by default it takes a layer whose
        positions no attention has mixed yet; by gradients, one that nothing of the photo goes around.
    of_classes: whether its map follows what the model says of a class, so that one can be set against another.
    """

    name: str
    summary: str
    run: Run
    planned: Callable[[Work], int]
    passes: str
    source: Source | None = None
    needs: frozenset[Need] = frozenset({Need.LAYERS})
    takes: frozenset[str] = frozenset()
    fewest_passes: int = 1
    of_outputs: bool = False
    has_steps: bool = False
    by_photo: bool = False
    by_tail: bool = False
    unmixed: bool = False
    of_classes: bool = True

    @property
    def draws(self) -> bool:
        """Whether another seed gives another map."""
        return "seed" in self.takes

    @property
    def by_layers(self) -> bool:
        """Whether it looks into the model; else it asks for probabilities alone."""
        return bool(self.needs)

    @property
    def by_target(self) -> bool:
        """Whether the map depends on the target layer."""
        return self.by_layers and not self.by_photo

    @property
    def by_gradients(self) -> bool:
        """Whether it runs backward passes."""
        return Need.GRADIENTS in self.needs


def a_pass_for_each_class(work: Work) -> int:
    """Planned passes of a method that derives each logit once."""
    return work.classes
