"""A JSON text of any origin is a whole record, or one sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from scorecam_cli.errors import MisfitError
from scorecam_cli.files.json_records import MAX_DEPTH, MAX_TEXT, MAX_VALUES, parse_json, read_record


@dataclass(frozen=True)
class Inner:
    share: float


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    inner: Inner
    sizes: tuple[int, int]
    inners: tuple[Inner, ...]
    by_name: Mapping[str, int]
    maybe: float | None
    flag: bool
    anything: Any = None


GOOD = {
    "name": "x",
    "count": 3,
    "inner": {"share": 1},
    "sizes": [1, 2],
    "inners": [{"share": 0.5}],
    "by_name": {"a": 1},
    "maybe": None,
    "flag": True,
}


def nested(depth):
    return [nested(depth - 1)] if depth else 1


def test_record_is_read_field_by_field():
    read = read_record(Outer, {**GOOD, "unknown": 1, "anything": {"a": [1, "b", None]}})
    assert read == Outer("x", 3, Inner(1.0), (1, 2), (Inner(0.5),), {"a": 1}, None, True, {"a": [1, "b", None]})
    assert type(read.inner.share) is float


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": 3}, "name is not text"),
        ({"name": "x" * (MAX_TEXT + 1)}, "name is longer than 4096 characters"),
        ({"count": 3.0}, "count is no whole number from 0"),
        ({"count": -1}, "count is no whole number from 0"),
        ({"count": True}, "count is no whole number from 0"),
        ({"count": 2**64}, "count is no whole number from 0"),
        ({"inner": []}, "inner is not an object"),
        ({"inner": {}}, "inner.share is missing"),
        ({"inner": {"share": "1"}}, "inner.share is no finite number"),
        ({"inner": {"share": 10**400}}, "inner.share is no finite number"),
        ({"inner": {"share": False}}, "inner.share is no finite number"),
        ({"sizes": [1]}, "sizes has 1 entries and not 2"),
        ({"inners": {}}, "inners is not a list"),
        ({"inners": [{"share": 1}, {"share": None}]}, "inners[1].share is no finite number"),
        ({"by_name": {"a": None}}, "by_name.a is no whole number from 0"),
        ({"by_name": {"x" * (MAX_TEXT + 1): 1}}, "a name in by_name is longer than 4096 characters"),
        ({"maybe": "x"}, "maybe is no finite number"),
        ({"flag": 1}, "flag is not true or false"),
        ({"anything": nested(MAX_DEPTH)}, "anything is nested too deeply"),
        ({"anything": ["x" * (MAX_TEXT + 1)]}, "anything is longer than 4096 characters"),
        ({"anything": 10**400}, "anything holds a number beyond all bounds"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_named(change, sentence):
    with pytest.raises(MisfitError) as told:
        read_record(Outer, {**GOOD, **change})
    assert str(told.value) == sentence


def test_field_without_a_default_must_be_there():
    with pytest.raises(MisfitError, match=r"\Acount is missing\Z"):
        read_record(Outer, {name: value for name, value in GOOD.items() if name != "count"})


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_record_is_an_object(value):
    with pytest.raises(MisfitError, match="it is not an object"):
        read_record(Outer, value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "it is no JSON, or cut short"),
        (b"\xff", "it is no JSON, or cut short"),
        (b"[NaN]", "it holds NaN, which is no number"),
        (b"[-Infinity]", "it holds -Infinity, which is no number"),
        (b"[" * 10**6, "it is nested too deeply"),
        (b"0," * (MAX_VALUES + 1), f"it holds more than {MAX_VALUES} values"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_text_that_is_no_json_is_one_sentence(data, sentence):
    with pytest.raises(MisfitError) as told:
        parse_json(data)
    assert str(told.value) == sentence


def test_json_is_parsed():
    assert parse_json(json.dumps(GOOD).encode()) == GOOD
