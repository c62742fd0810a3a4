"""The values that travel between the stages: plain frozen records, each made once and handed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Fill, Role
from scorecam_cli.manifest import LookedAt
from scorecam_cli.urls import READ_ONLY

CERTAIN = 1.96  # standard deviations: a normal number is further from its mean 1 time in 20
MOST_BANDS = 64  # of a photo
EXACT = "all"  # the selection of an explanation whose every live channel was passed
NO_LAYER = "none"  # what the layer is called of a model that is seen from outside


def layer_words(layer: str, *, several: bool = False) -> str:
    """What a layer is called for people, or several together."""
    return "seen from outside" if layer == NO_LAYER else f"layer{'s' if several else ''} {layer}"


def fill_words(fill: str | None) -> str:
    """What is said of masked pixels for people: nothing where they became zeros, or none was masked."""
    return "" if fill in (None, Fill.ZERO) else f"fill {fill}"


def role_words(name: str, role: str | None) -> str:
    """A class with its role for people: `predicted: boxer`."""
    return name if role is None else f"{role}: {name}"


@dataclass(frozen=True)
class Stored:
    """A photo in a bucket or on the web, and what was told of it before it is read.

    address: all of it, to the letter; what is signed in it is for the server alone, and never shown.
    size: bytes. version: another one means other bytes. Both are None until they are asked for, or not told.
    """

    address: str = field(repr=False)
    size: int | None = None
    version: str | None = None

    @property
    def scheme(self) -> str:
        """What stands before the colon, in small letters: `s3`."""
        return self.address.partition(":")[0].lower()

    @property
    def bucket(self) -> str:
        """`s3://bucket`, for messages."""
        return "/".join(self.address.split("/", 3)[:3])

    @property
    def is_of_the_web(self) -> bool:
        """Whether it is a file of a web server, of which nothing is known beforehand."""
        return self.scheme in READ_ONLY


@dataclass(frozen=True)
class PhotoJob:
    """One photo to explain and where its outputs go.

    `output` is the path that every output name starts with: the output folder joined with the whole name of the
    photo, so `dog.jpg` gives `dog.jpg.scorecam-242-heatmap.png`. Both are paths of this machine, or addresses.
    `source` is what is read, where that is not the file that `photo` names.
    """

    photo: PurePath
    output: PurePath
    source: Path | Stored | None = None

    @property
    def bytes_at(self) -> Path | Stored:
        """Where the photo's bytes are."""
        return Path(self.photo) if self.source is None else self.source

    def looked_at(self, look: Callable[[Stored], Stored]) -> PhotoJob:
        """The same, with what a bucket tells of its photo."""
        return replace(self, source=look(self.source)) if isinstance(self.source, Stored) else self


@dataclass(frozen=True)
class Photo:
    """A photo as a viewer shows it.

    rgb: uint8 [H0, W0, 3], sRGB, upright, transparency laid on white.
    sha256: of the bytes of the file.
    warnings: sentences about what was mended while reading.
    bands: [H0, W0, c], uint8, uint16 or float32, of a photo that is not of colours alone; `rgb` is then what a person
        is shown of it.
    """

    rgb: NDArray[np.uint8] = field(repr=False)
    sha256: str
    warnings: tuple[str, ...] = ()
    bands: NDArray[Any] | None = field(default=None, repr=False)

    @property
    def pixels(self) -> NDArray[Any]:
        """What a model is shown: the bands where there are such, else the colours."""
        return self.rgb if self.bands is None else self.bands

    @property
    def width(self) -> int:
        """W0, pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """H0, pixels."""
        return int(self.rgb.shape[0])


@dataclass(frozen=True)
class ClassLabel:
    """What a class of the model is called; `wnid` is its WordNet id, for ImageNet classes."""

    index: int
    name: str
    wnid: str | None = None


@dataclass(frozen=True)
class ClassScore:
    """What the model says of one class of one photo.

    probability: in [0, 1], softmax or sigmoid applied exactly once; None of a regression.
    logit: before softmax or sigmoid; None where the model does not show it.
    output: of a regression the quantity itself, else None.
    """

    label: ClassLabel
    probability: float | None
    logit: float | None
    output: float | None = None

    @property
    def said(self) -> str:
        """`probability 0.42`, or `output 3.7`, for people."""
        return f"output {self.output:.4g}" if self.probability is None else f"probability {self.probability:.3g}"


@dataclass(frozen=True)
class Steps:
    """The T masks that weigh most in a map of Score-CAM, in falling order of weight; only masks that were passed.

    channels: int [T], numbers of the channels in the target layer, 0 .. K - 1; of several layers each in its own.
    grids: float32 [T, h, w], their activations A_k; of several layers T of them, each on the grid of its own.
    weights: float32 [T], what each is multiplied by in the sum.
    probabilities: float32 [T] in [0, 1], S_k: of the class, for the photo under each mask; of a regression how far
        each raises the output.
    others: how many more channels the sum has, passed or not; their_weight: the sum of their weights without signs.
    """

    channels: NDArray[np.intp]
    grids: NDArray[np.float32] | tuple[NDArray[np.float32], ...]
    weights: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    others: int = 0
    their_weight: float = 0.0

    def called(self, number: int) -> str:
        """What one of the masks is called: `channel 12`, where grids differ `channel 12 of 7 x 7`."""
        h, w = self.grids[number].shape
        several = any(grid.shape != (h, w) for grid in self.grids)
        return f"channel {self.channels[number]}" + (f" of {h} x {w}" if several else "")


@dataclass(frozen=True)
class Uncertainty:
    """How sure the sign of a map is at each position of the grid.

    contributions: float32 [h, w], the map before it is upsampled, of either sign.
    deviations: float32 [h, w], >= 0, standard deviation of each.
    """

    contributions: NDArray[np.float32]
    deviations: NDArray[np.float32]

    @property
    def certain(self) -> float:
        """Share of the positions, in [0, 1], that are further from zero than chance would take them 1 time in 20."""
        return float(np.mean(np.abs(self.contributions) > CERTAIN * self.deviations))


@dataclass(frozen=True)
class ClassMap:
    """The saliency map of one class.

    map: float32 [H, W], >= 0 unless the explanation is signed, in the units of the weighted sum: no display scaling.
    estimated_correlation: with the exact map, over the pixels; 1 for the exact map, None where nothing is estimated.
    steps: the masks that weigh most; None for a method that masks nothing.
    doubts: sentences that say why this map may tell nothing of the class.
    uncertainty: how sure the map is; None where that is not known.
    doubted: the kind of each doubt, to be counted.
    against: the class that this one is set against; None where it is explained by itself.
    role: whether it is the predicted class or the expected one; None where nothing is expected.
    """

    score: ClassScore
    map: NDArray[np.float32] = field(repr=False)
    estimated_correlation: float | None = 1.0
    steps: Steps | None = field(default=None, repr=False)
    doubts: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = field(default=None, repr=False)
    doubted: tuple[str, ...] = ()
    against: ClassScore | None = None
    role: Role | None = None

    @property
    def name(self) -> str:
        """What the class is called, its role, and the one that it is set against: `boxer, against bull mastiff`."""
        own = role_words(self.score.label.name, self.role)
        return own if self.against is None else f"{own}, against {self.against.label.name}"


@dataclass(frozen=True)
class Explanation:
    """Everything learnt about one photo before anything is drawn.

    layer: names of the target layers that the method took, ` + ` between; layers: each of them, the finest grid first.
    joined: how several make one map, `fit` or `product`; None where one was asked for.
    channels: K of all target layers; live_channels: those not constant over the grid.
    grid: h, w of the first target layer; prefix: tokens in front of them, None where it makes a grid and no tokens.
    passes: masked passes run.
    selection: which of the live channels were passed: `all`, `representatives` or `faster`.
    warnings: sentences about how the maps were made, and the doubts about each.
    signed: the maps keep what speaks against the class, as negative values.
    fill: what masked pixels became; None for a method that masks none.
    """

    classes: tuple[ClassMap, ...]
    method: str
    variant: str | None
    selection: str
    layer: str
    channels: int
    live_channels: int
    passes: int
    batch_size: int
    precision: str
    warnings: tuple[str, ...] = ()
    signed: bool = False
    fill: str | None = None
    grid: tuple[int, int] | None = None
    prefix: int | None = None
    layers: tuple[LookedAt, ...] = ()
    joined: str | None = None


@dataclass(frozen=True)
class ModelDescription:
    """What a manifest and a figure say of a model: plain values, so that writing needs no model.

    name: the catalogue's spelling, or the file as given.
    preprocess: how photos are prepared.
    closed_mask: what a closed mask looks like to the model, in words; closed_rgb: as a colour, 0-255.
    input: H, W and colours, 1 or 3.
    versions: of scorecam and what it stands on.
    doubts: sentences that say why any map of it may tell nothing.
    """

    name: str
    weights: str
    layer: str
    preprocess: str
    closed_mask: str
    closed_rgb: tuple[int, int, int]
    input: tuple[int, int, int]
    versions: Mapping[str, str]
    doubts: tuple[str, ...] = ()
