"""What is kept of an explained photo, beside its pictures: the records of the manifest, as scripts read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Seconds:
    """Of one photo: of the masked passes alone, and of all, but for loading the model."""

    passes: float
    total: float


@dataclass(frozen=True)
class WrittenFile:
    """One file as it was when it was written.

    sha256: of its bytes, in hexadecimal.
    mtime_ns, inode: with the size, they tell without reading whether it is still that file; where they differ, the
        bytes decide. A file that another run has put in its place has another inode, however coarse the clock.
    """

    size: int
    sha256: str
    mtime_ns: int
    inode: int


@dataclass(frozen=True)
class NotedScore:
    """One class in a manifest: a ClassScore, flat."""

    index: int
    name: str
    wnid: str | None
    probability: float | None
    logit: float | None
    output: float | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class NotedClass(NotedScore):
    """One class that has a map.

    compactness: share of the pixels that hold half of the map; None for a map of zeros, and in earlier manifests.
    doubts: why the map may tell nothing of the class; empty in earlier manifests.
    certain: share of the positions of the grid whose sign is certain; None where that is not known.
    against: the class that it is set against; None where it is explained by itself, and in earlier manifests.
    role: see `choices.Role`; None where nothing is expected of the photo, and in earlier manifests.
    files: of each kind of output, the bare name beside the manifest.
    """

    map_min: float
    map_max: float
    compactness: float | None = field(default=None, kw_only=True)
    certain: float | None = field(default=None, kw_only=True)
    estimated_correlation: float | None
    doubts: tuple[str, ...] = field(default=(), kw_only=True)
    against: NotedScore | None = field(default=None, kw_only=True)
    role: str | None = field(default=None, kw_only=True)
    files: Mapping[str, str]


@dataclass(frozen=True)
class LookedAt:
    """One target layer of an explanation, and in a manifest.

    grid: h, w. prefix: tokens in front of them; None where it makes a grid and no tokens.
    channels: K; live_channels: those not constant over the grid.
    passes: those of its own masks, of all; None where that is not known.
    """

    name: str
    grid: tuple[int, int]
    prefix: int | None
    channels: int
    live_channels: int
    passes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is kept of one explained photo. The fields have the names and the order of the JSON that scripts read.

    photo: the path as given, or its address. photo_version: by which a bucket knows its bytes; None of a file.
    input: H, W and colours of the model. passes, batch_size, precision: as in Explanation.
    layers, joined: as in Explanation; empty and None in manifests of earlier releases.
    grid, prefix: as in Explanation; None in manifests of earlier releases.
    fill: as in Explanation; None in manifests of earlier releases.
    predictions: the most probable classes, whether they are explained or not.
    settings: what the outputs depend on beside the photo, as JSON values.
    outputs: each written file by its bare name; empty in manifests of early releases.
    """

    photo: str
    photo_sha256: str
    photo_version: str | None = None
    width: int
    height: int
    model: str
    weights: str
    layer: str
    layers: tuple[LookedAt, ...] = ()
    joined: str | None = None
    grid: tuple[int, int] | None = None
    prefix: int | None = None
    method: str
    variant: str | None
    selection: str = "all"
    fill: str | None = None
    precision: str
    preprocess: str
    closed_mask: str
    input: tuple[int, int, int]
    channels: int
    live_channels: int
    passes: int
    batch_size: int
    classes: tuple[NotedClass, ...]
    predictions: tuple[NotedScore, ...] = ()
    outputs: Mapping[str, WrittenFile] = field(default_factory=dict)
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    seconds: Seconds
    settings: Mapping[str, Any]
