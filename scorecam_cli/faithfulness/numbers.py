"""The numbers about maps, as people call them, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """One column of the table that `scorecam evaluate` writes.

    name: for people. better: 1 where a high one is good, -1 where a low one is.
    """

    name: str
    better: int


ARROWS = {1: "↑", -1: "↓", 0: ""}  # which way is better

NUMBERS = {
    "drop": Number("average drop", -1),
    "increase": Number("increase", 1),
    "gain": Number("average gain", 1),
    "drop_top": Number("average drop, top half", -1),
    "increase_top": Number("increase, top half", 1),
    "gain_top": Number("average gain, top half", 1),
    "deletion": Number("deletion", -1),
    "insertion": Number("insertion", 1),
    "energy": Number("energy in boxes", 1),
    "pointing": Number("pointing game", 1),
    "density": Number("density", 1),
    "complexity": Number("complexity", -1),
    "sparseness": Number("sparseness", 1),
    "road": Number("ROAD", 1),
    "road_morf": Number("ROAD, best first", -1),
    "road_lerf": Number("ROAD, least first", 1),
    "coherency": Number("coherency", 1),
    "adcc": Number("ADCC", 1),
    "arcc": Number("ARCC", 1),
    "sensitivity": Number("sensitivity", -1),
}
