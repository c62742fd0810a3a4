"""Numbers as they come from Python, NumPy's among them: checked, and made plain."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from scorecam_cli.errors import UsageError


def whole(value: Any, what: str, *, least: int) -> int:
    """A whole number of Python or NumPy as an int.

    Raises:
        UsageError: it is none, or less than `least`.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise UsageError(f"{what} {value!r}: give a whole number of at least {least}")
    return int(value)


def whole_or_none(value: Any, what: str, *, least: int) -> int | None:
    """The same, where None stands for a default."""
    return None if value is None else whole(value, what, least=least)


def share(value: Any, what: str, *, above: float | None = None) -> float:
    """A number in [0, 1] of Python or NumPy as a float.

    Args:
        value: the number.
        what: it is, for the message.
        above: what it must be larger than.

    Raises:
        UsageError: it is none, or outside.
    """
    number = float(value) if isinstance(value, Real) else -1.0
    if not 0 <= number <= 1 or (above is not None and number <= above):
        lowest = "0" if above is None else f"above {above:g}"
        raise UsageError(f"{what} {value!r}: give a number from {lowest} to 1")
    return number
