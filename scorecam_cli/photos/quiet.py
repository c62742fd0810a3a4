"""Libraries that are kept from talking to the user: what is worth saying, this program says itself."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_turn = threading.Lock()
_inside = 0  # threads that want no warnings at present
_filters = ExitStack()  # what puts the process's own filters back


@contextmanager
def quiet_warnings() -> Iterator[None]:
    """No warning is shown meanwhile, to any thread; any number of threads may be in here at once.

    Warning filters are of the whole process. Threads that each saved them and put them back could leave those of one
    another behind for good: here the first to come saves them, and the last to leave puts them back.
    """
    global _inside
    with _turn:
        if not _inside:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _turn:
            _inside -= 1
            if not _inside:
                _filters.close()


@contextmanager
def quiet_matplotlib() -> Iterator[None]:
    """matplotlib without its log lines about font caches and configuration folders, which are no words to the user."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def quiet_tifffile() -> Iterator[None]:
    """tifffile without its log lines: what is wrong with a file is said in a sentence."""
    logger = logging.getLogger("tifffile")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
