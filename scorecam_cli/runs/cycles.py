"""How a process of the command's own looks for Python's cycles: objects that only each other refer to."""

from __future__ import annotations

import gc

# TensorFlow's import and the tracing of a model make a million objects, nearly all to stay; looking through them as
# often as Python would takes an eighth of the processor time of explaining one photo.
RARELY = (100_000, 50, 100)


def collect_rarely() -> None:
    """Look for cycles that nothing refers to after so many new objects."""
    gc.set_threshold(*RARELY)


def leave_all_for_the_end() -> None:
    """Never look through what there is now: the process is about to end, and it goes with it.

    Python's end looks through everything twice otherwise, 0.6 s with TensorFlow imported. Destructors are called, and
    whatever is registered for the end.
    """
    gc.freeze()
