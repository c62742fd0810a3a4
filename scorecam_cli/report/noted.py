"""What a manifest notes, read with care: it may come from strangers, and a field of a wrong type is one left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Noted = Mapping[str, Any]


def text(noted: Noted, name: str) -> str:
    """A field that is text; empty where it is none."""
    value = noted.get(name)
    return value if isinstance(value, str) else ""


def number(noted: Noted, name: str) -> float | None:
    """A field that is a finite number."""
    value = noted.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number beyond all floats
        return None


def mapping(noted: Noted, name: str) -> Noted:
    """A field that is an object; empty where it is none."""
    value = noted.get(name)
    return value if isinstance(value, dict) else {}


def mappings(noted: Noted, name: str) -> Sequence[Noted]:
    """The objects in a field that is a list."""
    value = noted.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(noted: Noted, name: str) -> Sequence[str]:
    """The texts in a field that is a list."""
    value = noted.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def file_beside(folder: Path, files: Noted, kind: str) -> Path | None:
    """Where a file of the manifest is; None where none is noted, or its name leads out of the manifest's folder."""
    name = text(files, kind)
    if not name or name in (".", "..") or "\0" in name or Path(name).name != name:
        return None
    return folder / name


def facts(noted: Noted) -> list[tuple[str, str]]:
    """The settings that made the maps, as names and values for people, in the order in which they matter."""
    rows = [
        ("Model", text(noted, "model")),
        ("Weights", text(noted, "weights")),
        ("Layer", text(noted, "layer")),
        ("Method", method(noted)),
        ("Passes", _passes(noted)),
        ("Precision", text(noted, "precision")),
        ("Model input", _input(noted)),
        ("Preparation", text(noted, "preprocess")),
        ("Hidden parts are", text(noted, "closed_mask")),
        ("Photo", _size(noted)),
        ("SHA-256", text(noted, "photo_sha256")),
        ("Time", _seconds(mapping(noted, "seconds"))),
        ("Versions", _versions(mapping(noted, "versions"))),
    ]
    return [(name, value) for name, value in rows if value]


def method(noted: Noted) -> str:
    """The method and, where there is one, its variant."""
    return ", ".join(part for part in (text(noted, "method"), text(noted, "variant")) if part)


def _passes(noted: Noted) -> str:
    passes, live, channels = (number(noted, name) for name in ("passes", "live_channels", "channels"))
    if passes is None:
        return ""
    if live is None or channels is None:
        return f"{passes:.0f}"
    return f"{passes:.0f} of {live:.0f} masks ({channels:.0f} channels)"


def _input(noted: Noted) -> str:
    sizes = noted.get("input")
    return " x ".join(str(size) for size in sizes if isinstance(size, int)) if isinstance(sizes, list) else ""


def _size(noted: Noted) -> str:
    width, height = number(noted, "width"), number(noted, "height")
    return "" if width is None or height is None else f"{width:.0f} x {height:.0f} pixels"


def _seconds(seconds: Noted) -> str:
    total = number(seconds, "total")
    return "" if total is None else f"{total:.2f} s"


def _versions(versions: Noted) -> str:
    return ", ".join(f"{name} {value}" for name, value in versions.items() if isinstance(value, str))
