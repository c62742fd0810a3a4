"""What a manifest notes, as names and values for people."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from scorecam_cli.manifest import Manifest, NotedClass
from scorecam_cli.records import fill_words, role_words

MOST_VERSIONS = 10


def file_beside(folder: Path, noted: NotedClass, kind: str) -> Path | None:
    """Where a file of a class is; None where none of this kind is noted."""
    name = noted.files.get(kind)
    return None if name is None else folder / name


def colormap(manifest: Manifest) -> str:
    """The colour map that the maps were drawn in; the default where none is noted."""
    value = manifest.settings.get("colormap")
    return value if isinstance(value, str) and value else "turbo"


def alpha(manifest: Manifest) -> float:
    """The opacity that the maps were laid over the photo with, in [0, 1]; the default where none is noted."""
    value = manifest.settings.get("alpha")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.5
    return min(max(float(value), 0.0), 1.0)


def signed(manifest: Manifest) -> bool:
    """Whether the maps keep what speaks against the class."""
    return manifest.settings.get("signed") is True


def facts(manifest: Manifest) -> list[tuple[str, str]]:
    """The settings that made the maps, as names and values for people, in the order in which they matter."""
    rows = [
        ("Model", manifest.model),
        ("Weights", manifest.weights),
        ("Layers" if len(manifest.layers) > 1 else "Layer", manifest.layer),
        ("Method", method(manifest)),
        ("Passes", f"{manifest.passes} of {manifest.live_channels} masks ({manifest.channels} channels)"),
        ("Precision", manifest.precision),
        ("Model input", " x ".join(map(str, manifest.input))),
        ("Preparation", manifest.preprocess),
        ("Hidden parts are", manifest.closed_mask),
        ("Photo", f"{manifest.width} x {manifest.height} pixels"),
        ("SHA-256", manifest.photo_sha256),
        ("Time", f"{manifest.seconds.total:.2f} s"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in islice(manifest.versions.items(), MOST_VERSIONS))),
    ]
    return [(name, value) for name, value in rows if value]


def class_name(noted: NotedClass) -> str:
    """What a class is called, its role, and the one that it is set against."""
    own, other = role_words(noted.name or f"class {noted.index}", noted.role), noted.against
    return own if other is None else f"{own}, against {other.name or f'class {other.index}'}"


def method(manifest: Manifest) -> str:
    """The method and, where there is one, its variant, what masked pixels became, where that was not zero, and how
    several layers make one map.
    """
    several = f"{manifest.joined} of {len(manifest.layers)} layers" if len(manifest.layers) > 1 else ""
    return ", ".join(filter(None, (manifest.method, manifest.variant, fill_words(manifest.fill), several)))
