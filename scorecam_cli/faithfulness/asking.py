"""The pictures of several measures and maps of one photo, shown to the model together and each of them once.

Letters: H W model input, c its colours, n pictures, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.models.classifier import PhotoClassifier

WHOLE = "whole"  # the key of the photo as it is

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pictures:
    """What the model is to be asked about.

    keys: of one photo, what each picture shows of it; pictures of the same key are the same, number for number.
    make: the picture of this number in 0 .. n - 1, float32 [H, W, c] in model units; called when it is shown.
    alone: each in a pass of its own, where some networks round otherwise than among others.
    """

    keys: tuple[Hashable, ...]
    make: Callable[[int], Floats]
    alone: bool = False


def ask_together(
    classifier: PhotoClassifier,
    parts: Sequence[Pictures],
    *,
    batch_size: int | None = None,
    on_passes: Callable[[int], None] | None = None,
) -> list[Floats]:
    """What the model says of each picture, as if each part had been asked by itself.

    Pictures of all parts fill the same batches. Of an odd number the last one is shown twice: alone in a pass some
    networks round otherwise.

    Args:
        parts: about the same photo.
        batch_size, on_passes: as in `photo_answers`.

    Returns:
        Of each part the probabilities float32 [n, C].

    Raises:
        NumericsError: a probability is not finite.
        PhotoError: memory runs out even for one picture, or the model stops.
    """
    makers: dict[tuple[bool, Hashable], Callable[[], Floats]] = {}
    for part in parts:
        for number, key in enumerate(part.keys):
            makers.setdefault((part.alone, key), partial(part.make, number))
    answers: dict[tuple[bool, Hashable], Floats] = {}
    groups = [[each] for each in makers if each[0]]
    for wanted in [[each for each in makers if not each[0]], *groups]:
        if wanted:
            shown = [makers[each] for each in (*wanted, *wanted[-1:] * (len(wanted) > 1 and len(wanted) % 2))]
            found = classifier.photo_answers(
                len(shown), partial(_stacked, shown), batch_size=batch_size, on_passes=on_passes
            )
            answers |= zip(wanted, found.probabilities, strict=False)
    return [np.stack([answers[part.alone, key] for key in part.keys]) for part in parts]


def digest(array: NDArray[np.bool_] | Floats) -> bytes:
    """What is the same for equal arrays only."""
    numbers = np.packbits(array) if array.dtype == np.bool_ else array  # type: ignore[arg-type]
    return blake2b(np.ascontiguousarray(numbers).data, digest_size=16).digest()


def _stacked(makers: Sequence[Callable[[], Floats]], first: int, last: int) -> Floats:
    return np.stack([make() for make in makers[first:last]])  # [B, H, W, c]
