"""Fields of a Protocol Buffers message, each step checked against the end of the message; no schema, no copies.

Source: the Protocol Buffers encoding, https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scorecam_cli.inspection.places import OutsideError, Places

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_MOST_VARINT = 10  # bytes: seven bits in each of 64


class Field(NamedTuple):
    """One field of a message.

    value: of a number of variable length, else 0. first, last: where the bytes of anything else lie.
    """

    number: int
    value: int
    first: int
    last: int


def fields_of(places: Places, first: int, last: int) -> Iterator[Field]:
    """The fields of the message that lies between two places, in order.

    Raises:
        OutsideError: it does not end where it should, or is no message.
    """
    at = first
    while at < last:
        key, at = _varint(places, at, last)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise OutsideError
        if kind == _VARINT:
            value, at = _varint(places, at, last)
            yield Field(number, value, at, at)
            continue
        size = {_EIGHT: 8, _FOUR: 4}.get(kind)
        if kind == _LENGTH:
            size, at = _varint(places, at, last)
        if size is None or at + size > last:
            raise OutsideError
        yield Field(number, 0, at, at + size)
        at += size


def text(places: Places, field: Field, most: int) -> str:
    """The first `most` bytes of a field as text."""
    return places.read(field.first, min(most, field.last - field.first)).decode("utf-8", "replace")


def whole_numbers(places: Places, field: Field, most: int) -> list[int]:
    """A repeated number: one, where it has a field of its own, or several packed into one.

    Raises:
        OutsideError: more than `most`.
    """
    if field.first == field.last:
        return [field.value]
    found, at = [], field.first
    while at < field.last:
        value, at = _varint(places, at, field.last)
        found.append(value)
        if len(found) > most:
            raise OutsideError
    return found


def _varint(places: Places, at: int, last: int) -> tuple[int, int]:
    value = 0
    for place in range(_MOST_VARINT):
        if at + place >= last:
            raise OutsideError
        byte = places.read(at + place, 1)[0]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise OutsideError
