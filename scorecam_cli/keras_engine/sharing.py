"""How many processes of a run share this machine; TensorFlow is not started to say so."""

from __future__ import annotations

_sharers = 1


def share_memory_among(processes: int) -> None:
    """From now on this process takes no more than its part of what is free."""
    global _sharers
    _sharers = processes


def part_of(size: int) -> int:
    """This process's part of so many bytes."""
    return size // _sharers
