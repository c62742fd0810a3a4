"""What is said where memory runs out, before or after the program has begun; nothing heavy is imported here."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress

# What C code raises as well where it gets no memory: a shared object cannot be mapped, a thread cannot be started.
# They are taken for that only where the memory of this process is limited.
ALSO = (ImportError, SystemError, RuntimeError, OSError)


def shortage(error: BaseException) -> str | None:
    """The sentence about an exception that comes of too little memory; None for another."""
    limit = _limit()
    if not isinstance(error, MemoryError) and (limit is None or not isinstance(error, ALSO)):
        return None
    if os.environ.get("SCORECAM_DEBUG") == "1":
        traceback.print_exception(error)
    if limit is None:
        return "not enough memory; end other programs, or try a smaller --batch-size or smaller photos"
    return (
        f"not enough memory: this process may take {limit / 1e6:,.0f} MB (ulimit -v), which is too little; "
        "raise the limit, or try a smaller --batch-size or smaller photos"
    )


def _limit() -> int | None:
    """Bytes of address space that this process may take; None where that is not limited."""
    with suppress(ImportError, OSError):  # where the system has no such limits
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        return None if limit == resource.RLIM_INFINITY else limit
    return None
