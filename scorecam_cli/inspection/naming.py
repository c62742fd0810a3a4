"""Whether what a description names may be named: Keras's own by the allow-list, anything else only if it is the user's.

Judged is what Keras would look up, in the order in which it does: the user's classes by their registered name, then
Keras by module and name.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple

from scorecam_cli.inspection import hub
from scorecam_cli.inspection.allowed import CLASSES, FUNCTIONS, VALUES, WITHOUT_MODULE

_FUNCTION = "function"  # the class name of every function


class Named(NamedTuple):
    """One class, function or kind of value that a description names.

    module: as written; None where it is not. registered: the name among the user's classes, None where there is none.
    by_class_name: the old format, which looks at nothing but `name`.
    """

    name: str
    module: str | None = None
    registered: str | None = None
    is_function: bool = False
    by_class_name: bool = False

    @property
    def key(self) -> str | None:
        """Under what name Keras looks among the user's classes."""
        return self.name if self.is_function or self.by_class_name else self.registered

    @property
    def in_keras(self) -> bool:
        """Whether it says of itself that it is a part of Keras."""
        return (self.module or "").split(".")[0] == "keras"

    @property
    def in_hub(self) -> bool:
        """Whether it says of itself that it is a part of KerasHub."""
        return hub.is_hub(self.module, self.key)


def named_by(described: dict[str, Any]) -> Named | None:
    """What a JSON object with a `class_name` names; None where Keras never writes it so.

    Args:
        described: the object.
    """
    kind, module, registered = (described.get(part) for part in ("class_name", "module", "registered_name"))
    name = described.get("config") if kind == _FUNCTION else kind
    if not isinstance(name, str) or not isinstance(module, str | None) or not isinstance(registered, str | None):
        return None
    if "module" in described and "__passive_serialization__" in described:  # of the new format and of the old
        return None
    if "registered_name" not in described:
        registered = str(kind)  # as Keras does
    return Named(name, module, registered, is_function=kind == _FUNCTION, by_class_name="module" not in described)


def may_be_named(named: Named, own: Container[str]) -> bool:
    """Whether it only computes, as far as anyone has looked, or is the user's own.

    Args:
        named: what a description names.
        own: the names of the user's classes and functions, as they are registered with Keras.
    """
    if named.name in VALUES and not named.is_function:
        return True
    if not named.in_keras and named.key is not None and named.key in own:
        return True
    if named.in_hub and not named.is_function:
        allowed = hub.CLASSES.get(named.module or "")
        return named.name == allowed and named.registered == f"{hub.PACKAGE}>{allowed}"
    if named.registered not in (None, "", named.name, _FUNCTION):  # no part of Keras has a second name
        return False
    if named.is_function:
        return named.name in FUNCTIONS.get(named.module or "builtins", ())
    return named.name in (WITHOUT_MODULE if named.module is None else CLASSES.get(named.module, ()))
