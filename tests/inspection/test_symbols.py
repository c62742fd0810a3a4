"""The allow-list against the installed Keras: what a new Keras adds shows here, by name."""

from __future__ import annotations

import csv
from pathlib import Path

from scorecam_cli.inspection.allowed import CLASSES, FUNCTIONS
from scorecam_cli.inspection.naming import Named, may_be_named
from tests.inspection import symbols

RECORDED = Path(__file__).with_name("keras_symbols.csv")


def test_every_symbol_of_keras_is_recorded_with_a_reason() -> None:
    """Look at each new name, then run `python -m tests.inspection.symbols > tests/inspection/keras_symbols.csv`."""
    with RECORDED.open(encoding="utf-8", newline="") as file:
        recorded = {row["symbol"]: row for row in csv.DictReader(file)}
    table = {symbol: (kind, allowed, why) for symbol, kind, allowed, why in symbols.table()}
    assert [symbol for symbol, row in table.items() if not row[2]] == []  # no rule covers these
    assert sorted(set(table) - set(recorded)) == []  # new in this Keras
    assert sorted(set(recorded) - set(table)) == []  # gone
    changed = [
        symbol
        for symbol, row in table.items()
        if row != tuple(recorded[symbol][part] for part in ("kind", "allowed", "why"))
    ]
    assert changed == []


def test_no_class_is_allowed_by_another_module_than_its_own() -> None:
    """Keras would also find a class wherever a module of its own imports it."""
    pairs = dict(symbols.classes_by_module())
    allowed = {path for path in pairs if may_be_named(Named(path.rpartition(".")[2], path.rpartition(".")[0]), ())}
    listed = {f"{module}.{name}" for module, names in CLASSES.items() for name in names}
    assert allowed <= listed
    assert len(pairs) > 3 * len(allowed)


def test_all_that_is_allowed_exists() -> None:
    known = {f"{item.room}.{item.name}" for item in symbols.walk()} | set(dict(symbols.classes_by_module()))
    known |= {f"builtins.{item.name}" for item in symbols.walk() if item.room == "activations"}
    known |= {f"keras.activations.{name}" for name in ("hard_swish", "swish")}  # other names of hard_silu and silu
    listed = {f"{module}.{name}" for rooms in (CLASSES, FUNCTIONS) for module, names in rooms.items() for name in names}
    assert sorted(listed - known) == []


def test_what_a_function_does_is_not_allowed_as_a_class() -> None:
    assert may_be_named(Named("relu", "keras.ops", is_function=True), ())
    assert not may_be_named(Named("Dense", "keras.layers", is_function=True), ())
