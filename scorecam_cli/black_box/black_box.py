"""A classifier seen from outside: photos in, probabilities out; what is between them is not known.

Letters as everywhere: H W model input, c its colours, B photos in a pass, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.black_box.process import OutOfMemoryError, Process
from scorecam_cli.black_box.tensors import Picture, Tensor
from scorecam_cli.choices import Precision
from scorecam_cli.errors import NumericsError, PhotoError
from scorecam_cli.models.answering import Answering
from scorecam_cli.models.answers import Answers, Observation
from scorecam_cli.models.heads import NumberHead
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation
from scorecam_cli.records import NO_LAYER

BUSY_PIXELS = 32 * 224 * 224  # of all photos in one pass, as in the passes of Keras models
GRID = 7  # of a map that knows nothing, as coarse as that of most networks


@dataclass
class Runner:
    """A model as a function of photos.

    process: that has it open. picture: the input of the photo. output: the one that is read; place: which that is.
    constants: what the other inputs are given, by their place, without the batch axis.
    together: how many photos it takes at once; None: any number.
    """

    process: Process
    picture: Picture
    output: Tensor
    place: int
    constants: Mapping[int, NDArray[np.generic]]
    together: int | None

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Photos float32 [B, H, W, c] in model units -> what the output means, float32 [B, units].

        Raises:
            OutOfMemoryError: B is too large. PhotoError: the model stops, or returns something else.
        """
        count = len(images)
        arrays = [self.picture.laid(images)] * (1 + len(self.constants))
        for place, value in self.constants.items():
            arrays[place] = np.broadcast_to(value, (count, *value.shape))
        found = self.process.run(arrays, output=self.place, together=self.together)
        if found.ndim == 0 or len(found) != count:
            raise PhotoError(f"the model returns {list(found.shape)} for {count} photos")
        return self.output.meant(found.reshape(count, -1))


@dataclass
class BlackBox(Answering):
    """See `models.classifier.PhotoClassifier`; the probabilities are all that there is."""

    run: Runner
    name: str
    size: tuple[int, int]
    channels: int
    head: NumberHead
    labels: Labels
    preparation: Preparation
    versions: Mapping[str, str]
    weights: str = "file"
    precision: Precision = Precision.FLOAT32
    layer: str = NO_LAYER
    layers: tuple[str, ...] = ()
    has_layers: bool = False
    has_attention: bool = False
    grid: tuple[int, int] | None = None
    prefix: int | None = None
    doubts: tuple[str, ...] = ()
    noted: Mapping[str, Any] = field(default_factory=dict)
    _largest: int | None = field(default=None, repr=False)
    _told: bool = field(default=False, repr=False)

    def observe(self, image: NDArray[np.float32]) -> Observation:
        """Run the model once on a prepared photo, float32 [H, W, c]; its activations have no channel.

        Raises:
            NumericsError: a probability is not finite. PhotoError: the model stops.
        """
        answers = self.photo_answers(1, lambda _first, _last: image[None])
        logits = None if answers.logits is None else answers.logits[0]
        return Observation(Answers(answers.probabilities[0], logits), np.zeros((GRID, GRID, 0), np.float32))

    def photo_answers(
        self,
        count: int,
        images: Callable[[int, int], NDArray[np.float32]],
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> Answers:
        """Ask the model about any number of prepared photos, a batch at a time; halved where memory runs out.

        Raises:
            NumericsError: a probability is not finite. PhotoError: the model stops, or memory runs out even for one.
        """
        parts: list[NDArray[np.float32]] = []
        first = 0
        while first < count:
            last = min(count, first + self.batch_for(batch_size))
            try:
                parts.append(self.run(images(first, last)))
            except OutOfMemoryError as error:
                if last - first == 1:
                    raise PhotoError(f"memory runs out with one photo at a time; {self.name} needs more") from error
                self._largest = (last - first) // 2
                continue
            if on_passes is not None:
                on_passes(last - first)
            first = last
        scores, probabilities = self.head.read(np.concatenate(parts))
        if not np.isfinite(scores).all() or not np.isfinite(probabilities).all():
            raise NumericsError(f"{self.name} returns probabilities that are not finite for this photo")
        return Answers(probabilities, scores if self.head.shows_logits else None)

    def batch_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for; None asks for the automatic one."""
        automatic = max(1, BUSY_PIXELS // (self.size[0] * self.size[1]))
        wanted = min(64, automatic) if batch_size is None else batch_size
        return min(wanted, self._largest or wanted)

    def shortened_batch(self, batch_size: int | None) -> str | None:
        """Say, the first time only, that smaller batches are used than were asked for."""
        used = self.batch_for(batch_size)
        if batch_size is None or used >= batch_size or self._told:
            return None
        self._told = True
        return f"batches of {batch_size} do not fit into the memory allowed; batches of {used} are used"
