"""What a process sets for itself alone where it is the command's own, and not a program that calls the command."""

from __future__ import annotations

import gc

# How rarely Python looks for cycles, objects that only each other refer to. TensorFlow's import and the tracing of a
# model make a million objects, nearly all to stay; looking through them as often as Python would takes an eighth of
# the processor time of explaining one photo.
RARELY = (100_000, 50, 100)

_begun: list[bool] = []


def begin() -> None:
    """Say that this process is the command's own, from here on."""
    _begun.append(True)
    gc.set_threshold(*RARELY)


def is_ours() -> bool:
    """Whether nobody else's code runs in this process."""
    return bool(_begun)


def end() -> None:
    """Say that nothing but the end of the process follows: all that is there goes with it.

    Python's end looks through everything twice otherwise, 0.6 s with TensorFlow imported. Destructors are called, and
    whatever is registered for the end.
    """
    gc.freeze()
