"""Which classes of a photo are the predicted and the expected one."""

from __future__ import annotations

from dataclasses import replace

from scorecam_cli.choices import Role
from scorecam_cli.records import Explanation


def with_roles(made: Explanation) -> Explanation:
    """The same, told which of its one or two classes is the predicted one, the first, and which the expected."""
    roles = (Role.BOTH,) if len(made.classes) == 1 else (Role.PREDICTED, Role.EXPECTED)
    told = (replace(each, role=role) for each, role in zip(made.classes, roles, strict=True))
    return replace(made, classes=tuple(told))
