"""A JSON text of any origin as one of our records, or the one sentence that says why it is none."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from scorecam_cli.errors import MisfitError

MAX_TEXT = 4096  # characters, the longest path that Linux knows
MAX_VALUES = 2**19  # 40 for each class of a photo: 13,000 classes; as Python objects at most 0.1 GB
MAX_NUMBER = 2**64 - 1  # the largest inode; a time in nanoseconds is less
MAX_DEPTH = 6  # of values without a shape of their own

Record = TypeVar("Record")


def parse_json(data: bytes) -> Any:
    """The value that a JSON text holds, of bounded size and depth.

    Raises:
        MisfitError: it is no JSON, holds a number that is not finite, or too much.
    """
    if data.count(b",") > MAX_VALUES:  # a comma stands between any two values that do not lie within each other
        raise MisfitError(f"it holds more than {MAX_VALUES} values")
    try:
        return json.loads(data, parse_constant=_refuse)
    except RecursionError as error:
        raise MisfitError("it is nested too deeply") from error
    except ValueError as error:
        raise MisfitError("it is no JSON, or cut short") from error


def read_record(kind: type[Record], value: Any) -> Record:
    """A JSON value as a frozen dataclass of the same field names; names it does not know are left out.

    Args:
        kind: fields may be text, numbers, truth values, None, records, tuples, mappings from text, and `Any` for
            values without a shape; a field with a default may be missing.
        value: as `parse_json` returns it.

    Raises:
        MisfitError: a field is missing, of another type, not finite, negative where it is whole, or too long.
    """
    found: Record = _read(kind, value, "it")
    return found


def _read(kind: Any, value: Any, where: str) -> Any:
    """One value as what a type hint asks for."""
    if kind is Any:
        return _bounded(value, where, MAX_DEPTH)
    if is_dataclass(kind):
        return _record(kind, value, where)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in get_args(kind) if each is not type(None))
        return None if value is None else _read(inner, value, where)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is Mapping:
        inner = get_args(kind)[1]
        items = _expect(dict, value, where, "an object").items()
        return {_text(name, f"a name in {where}"): _read(inner, each, f"{where}.{name}") for name, each in items}
    return _SIMPLE[kind](value, where)


def _record(kind: Any, value: Any, where: str) -> Any:
    noted = _expect(dict, value, where, "an object")
    found = {}
    for name, (hint, required) in _hints(kind).items():
        inner = name if where == "it" else f"{where}.{name}"
        if name in noted:
            found[name] = _read(hint, noted[name], inner)
        elif required:
            raise MisfitError(f"{inner} is missing")
    return kind(**found)


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    noted = _expect(list, value, where, "a list")
    if kinds[-1] is not Ellipsis and len(noted) != len(kinds):
        raise MisfitError(f"{where} has {len(noted)} entries and not {len(kinds)}")
    inner = kinds if kinds[-1] is not Ellipsis else (kinds[0],) * len(noted)
    return tuple(
        _read(kind, each, f"{where}[{place}]") for place, (kind, each) in enumerate(zip(inner, noted, strict=True))
    )


def _text(value: Any, where: str) -> str:
    text: str = _expect(str, value, where, "text")
    if len(text) > MAX_TEXT:
        raise MisfitError(f"{where[:80]} is longer than {MAX_TEXT} characters")
    return text


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise MisfitError(f"{where} is no finite number")
    return float(value)


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise MisfitError(f"{where} is no whole number from 0")
    return value


def _truth(value: Any, where: str) -> bool:
    return bool(_expect(bool, value, where, "true or false"))


def _bounded(value: Any, where: str, depth: int) -> Any:
    """A JSON value of any shape, if it is shallow and none of its texts is long."""
    if depth == 0:
        raise MisfitError(f"{where} is nested too deeply")
    if isinstance(value, dict):
        return {_text(name, f"a name in {where}"): _bounded(each, where, depth - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_bounded(each, where, depth - 1) for each in value]
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, float):
        return _number(value, where)
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise MisfitError(f"{where} holds a number beyond all bounds")
    return value


def _expect(kind: type, value: Any, where: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise MisfitError(f"{where} is not {words}")
    return value


@cache
def _hints(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Of each field of a record: what it holds, and whether it must be there."""
    hints = get_type_hints(kind)
    return {each.name: (hints[each.name], _is_required(each)) for each in fields(kind) if each.init}


def _is_required(of: Field[Any]) -> bool:
    return of.default is MISSING and of.default_factory is MISSING


def _refuse(constant: str) -> NoReturn:
    raise MisfitError(f"it holds {constant}, which is no number")


_LARGEST = math.nextafter(math.inf, 0)
_SIMPLE = {str: _text, float: _number, int: _whole, bool: _truth}
