"""Classes as people name them in Python: to the text that labels are found by, and to one map among several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ClassError
from scorecam_cli.records import ClassScore
from scorecam_cli.words import nearest, one_line, quoted

OneClass = int | str | np.integer
Classes = OneClass | NDArray[np.integer[Any]] | Sequence[OneClass]
_NAMED = 8  # classes that a message lists, at most


def asked_classes(classes: Classes | None) -> list[str]:
    """Each class as text: one or several, as numbers of Python or NumPy, names or ids.

    Raises:
        ClassError: they are something else.
    """
    if classes is None:
        return []
    if isinstance(classes, int | str | np.integer):
        return [str(classes)]
    several = classes.ravel().tolist() if isinstance(classes, np.ndarray) else classes
    if not isinstance(several, list | tuple) or not all(isinstance(each, OneClass) for each in several):
        raise ClassError(f"classes {quoted(str(classes))}: give an index, a name or a WordNet id, or a list of these")
    return [str(each) for each in several]


def one_class(against: OneClass | None) -> str | None:
    """The class to set against as text; None where there is none.

    Raises:
        ClassError: it is something else.
    """
    if against is None:
        return None
    if not isinstance(against, OneClass):
        raise ClassError(f"against {quoted(str(against))}: give an index, a name, a WordNet id or `next`")
    return str(against)


def place_of(scores: Sequence[ClassScore], of: OneClass | None) -> int:
    """Which of the explained classes is meant: its place among them.

    Args:
        scores: of the explained classes.
        of: index, name in any case, or WordNet id; None: the first.

    Raises:
        ClassError: none of them is.
    """
    if of is None:
        return 0
    wanted = str(of).casefold()
    for place, each in enumerate(scores):
        label = each.label
        if wanted in (str(label.index), label.name.casefold(), label.wnid):
            return place
    listed = ", ".join(f"{one_line(each.label.name)} ({each.label.index})" for each in scores[:_NAMED])
    near = nearest(str(of), [each.label.name for each in scores], most=1)
    advice = f"nearest: {near[0]}" if near else "name it in `classes` when the photo is explained"
    raise ClassError(f"there is no map of class {quoted(str(of))}, only of {listed}; {advice}")
