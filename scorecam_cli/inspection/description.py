"""What the description inside a model file says of its layers: read as data, nothing is run or rebuilt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.allowed import CALLED, NUMBER_TYPES, VALUES
from scorecam_cli.inspection.declared import input_pixels, least_weights
from scorecam_cli.inspection.hub import fault_of_numbers
from scorecam_cli.inspection.limits import (
    CALLS,
    CONFIG_BYTES,
    CONFIG_DEPTH,
    CONFIG_ITEMS,
    ERROR_BYTES,
    FROM_ITS_MAKER,
    SAVE_WHOLE,
    TEXT_LETTERS,
)
from scorecam_cli.inspection.naming import Named, named_by

_NODES = "inbound_nodes"  # of a layer: each says what it is called with
_OPTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a setting of a call, as "same" or "float32"
_FUNCTIONS_OF_LAYERS = frozenset(
    ("deserialize", "serialize", "Input")
)  # the old format takes the text for the function
_TYPED = VALUES - {"__slice__", "__ellipsis__"}


@dataclass(frozen=True)
class ModelFacts:
    """What the description of a model says of itself.

    keras_version: of the Keras that saved it; None where the file does not say.
    named: the classes, functions and kinds of values that it names, each once, in order.
    fault: what in it no honest model has: a path, a function as an argument, ...; None where there is nothing.
    weights: how many numbers its layers have at the least.
    pixels: of the largest image that it takes.
    """

    keras_version: str | None
    named: tuple[Named, ...] = ()
    fault: str | None = None
    weights: int = 0
    pixels: int = 0


def describe(text: Any, version: Any, path: Path) -> ModelFacts:
    """Read the description of a whole model, as data.

    Args:
        text: JSON, as the file has it.
        version: of the Keras that saved it, as the file has it.
        path: what the user calls the file.

    Raises:
        ModelError: the description is not readable JSON, or larger than any model needs.
    """
    try:
        return _facts(_parsed(text.encode() if isinstance(text, str) else text, path), _version(version), path)
    except ModelError:
        raise
    except Exception as error:  # JSON and text decoding each have their own
        raise ModelError(f"{path} describes its model in a way that cannot be read; {SAVE_WHOLE}") from error


def version_in(metadata: bytes, path: Path) -> Any:
    """The version in the metadata of an archive, whatever it is.

    Raises:
        ModelError: the metadata is not readable JSON.
    """
    try:
        found = _parsed(metadata, path)
    except ValueError as error:
        raise ModelError(f"{path} describes its model in a way that cannot be read; {SAVE_WHOLE}") from error
    return found.get("keras_version") if isinstance(found, dict) else None


def _parsed(text: Any, path: Path) -> Any:
    """JSON as Python values, if it is no more than a model needs: Python takes up to 40 times the bytes of the text."""
    if len(text) > CONFIG_BYTES:
        raise ModelError(f"{path} describes its model in more than {CONFIG_BYTES >> 20} MiB; {FROM_ITS_MAKER}")
    if sum(text.count(mark) for mark in (b"{", b"[", b",")) > CONFIG_ITEMS:
        raise ModelError(f"{path} describes its model in more than {CONFIG_ITEMS} values; {FROM_ITS_MAKER}")
    return json.loads(text)


def _version(found: Any) -> str | None:
    """What a terminal may show as a version; anything else counts as none."""
    text = found.decode("utf-8", errors="replace") if isinstance(found, bytes) else found
    return text if isinstance(text, str) and re.fullmatch(r"[0-9][0-9A-Za-z.+-]{0,31}", text) else None


class _Part(NamedTuple):
    """One value of the description, and where it stands.

    depth: brackets around it. objects: objects with a class name around it. times: how often its layer is called.
    in_node: it is part of what a layer is called with.
    """

    value: Any
    depth: int = 1
    objects: int = 0
    times: int = 1
    in_node: bool = False


def _facts(config: Any, version: str | None, path: Path) -> ModelFacts:
    """Every described object, looked at; a stack, not recursion, so depth costs nothing."""
    if isinstance(config, dict):  # load_model(compile=False) leaves the outer one unread
        config = {key: value for key, value in config.items() if key != "compile_config"}
    objects: list[dict[str, Any]] = []
    named: dict[Named, None] = {}
    fault: str | None = None
    letters = calls = 0
    stack = [_Part(config)]
    while stack:
        part = stack.pop()
        if part.depth > CONFIG_DEPTH:
            raise ModelError(f"{path} describes a model more than {CONFIG_DEPTH} brackets deep; {FROM_ITS_MAKER}")
        if isinstance(part.value, dict) and "class_name" in part.value:
            name = named_by(part.value)
            fault = fault or _fault_of_object(part, name)
            part = part._replace(objects=part.objects + 1, times=part.times * _nodes(part.value))
            if name is not None:
                objects.append(part.value)
                named[name] = None
                calls += part.times if name.name in CALLED or not name.in_keras else 0
        fault = fault or _fault_of_texts(part)
        letters += part.objects * _letters(part.value)
        if calls > CALLS:
            raise ModelError(f"{path} calls its layers more than {CALLS} times; {FROM_ITS_MAKER}")
        if letters > ERROR_BYTES:  # an error of Keras repeats the description of every object around it
            raise ModelError(f"{path} describes objects inside each other at great length; {FROM_ITS_MAKER}")
        stack += _inside(part)
    return ModelFacts(version, tuple(named), fault, least_weights(objects), max(map(input_pixels, objects), default=0))


def _fault_of_texts(part: _Part) -> str | None:
    """A text that no description needs, among those that stand here directly."""
    is_list = isinstance(part.value, list)
    for place, text in _texts(part.value):
        if len(text) > TEXT_LETTERS:
            return f"has a name of {len(text)} letters, above {TEXT_LETTERS}; {FROM_ITS_MAKER}"
        if "/" in text or "\\" in text:
            shown = "".join(letter for letter in text if letter.isprintable())[:40]
            return (
                f"has {shown!r} in its description, a path or a name that Keras 3 does not take; "
                f"rename that layer and save it again, or {FROM_ITS_MAKER}"
            )
        of_tensor = is_list and place == 0 and [type(item) for item in part.value[1:3]] == [int, int]
        if part.in_node and not of_tensor and not _OPTION.fullmatch(text):
            return f"calls a layer with a text that is no setting; {FROM_ITS_MAKER}"
    return None


def _fault_of_object(part: _Part, name: Named | None) -> str | None:
    """What is wrong with how an object is described, whatever its name."""
    if name is None:
        return f"describes an object as Keras never does; {FROM_ITS_MAKER}"
    if part.in_node and name.name not in VALUES:
        return f"calls a layer with something else than tensors and numbers; {FROM_ITS_MAKER}"
    config = part.value.get("config")
    if name.in_hub and (too_large := fault_of_numbers(config)):
        return too_large
    if name.by_class_name and isinstance(config, dict):
        for key, text in _texts(config):
            if key != "name" and text in _FUNCTIONS_OF_LAYERS:
                return f"names a function of Keras as a setting; {FROM_ITS_MAKER}"
    if name.name in _TYPED and (not isinstance(config, dict) or config.get("dtype") not in NUMBER_TYPES):
        return f"holds an array of something else than numbers; {FROM_ITS_MAKER}"
    return None


def _texts(value: Any) -> Iterator[tuple[Any, str]]:
    """Where texts stand in a list or object, and the texts: keys, which have no place, and values."""
    if isinstance(value, dict):
        yield from (("", key) for key in value)
        yield from ((key, item) for key, item in value.items() if isinstance(item, str))
    else:
        yield from ((number, item) for number, item in enumerate(value) if isinstance(item, str))


def _letters(value: Any) -> int:
    """Of what stands here directly; anything but text counts as eight."""
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return sum(len(part) if isinstance(part, str) else 8 for part in parts)


def _nodes(described: dict[str, Any]) -> int:
    nodes = described.get(_NODES)
    return max(1, len(nodes)) if isinstance(nodes, list) else 1


def _inside(part: _Part) -> list[_Part]:
    """The lists and objects that stand here directly."""
    value, parts = part.value, []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if not isinstance(item, dict | list) or (key == "compile_config" and "class_name" in value):
            continue  # how it was trained is not read
        parts.append(part._replace(value=item, depth=part.depth + 1, in_node=part.in_node or key == _NODES))
    return parts
