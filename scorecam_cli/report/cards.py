"""Photos to cards: everything the page says of one photo, its pictures kept in an album."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import PhotoError
from scorecam_cli.manifest import Manifest, NotedClass
from scorecam_cli.photos import names
from scorecam_cli.photos.read import read_photo
from scorecam_cli.report import noted, pictures
from scorecam_cli.report.collect import State
from scorecam_cli.report.drawn import drawn_map
from scorecam_cli.report.evaluation import Evaluation, Measured
from scorecam_cli.report.grouping import Group
from scorecam_cli.report.levels import grid_of, strongest_place
from scorecam_cli.report.truths import TrueClass

MOST_CLASSES, MOST_WARNINGS = 100, 50  # of one photo; a manifest may come from strangers
SHEETS = {"panel": "Panel", "pipeline": "How the map came about", "masked": "Masked photos"}  # of 100 to 200 kB each
SHEETS_FROM = 1024  # pixels of a shown photo: a page of so many that theirs are smaller leaves the sheets out


@dataclass(frozen=True)
class Picture:
    """A picture in the album: its address, and its size in pixels."""

    address: str
    width: int
    height: int


@dataclass(frozen=True)
class ShownClass:
    """One class of one photo.

    picture: the levels of the map, which the page colours (`channel`); where only that is left, the map in colours, or
        already laid over the photo (`laid_over`).
    grid: a few values of the map, as `levels.grid_of` has them. strongest: where it is strongest, in words.
    low, high: the values at the ends of the colours, in units of the weighted sum. compactness, doubts: as the manifest
        has them. signed: what is below zero speaks against the class.
    output: of a regression the quantity, which has no probability.
    """

    name: str
    index: int | None
    wnid: str
    probability: float | None
    logit: float | None
    low: float | None
    high: float | None
    estimate: float | None
    picture: Picture | None
    laid_over: bool
    compactness: float | None
    doubts: tuple[str, ...] = ()
    signed: bool = False
    output: float | None = None
    channel: bool = False
    grid: tuple[int, str] | None = None
    strongest: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure that lies beside the manifest; index: of the class that it is of, None where it is of all."""

    title: str
    picture: Picture
    index: int | None = None


@dataclass(frozen=True)
class ShownRun:
    """What one run made of one photo.

    number: of the run on the page, from 0. colormap, alpha: as the maps were drawn.
    """

    number: int
    manifest: Manifest
    classes: tuple[ShownClass, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    colormap: str = "turbo"
    alpha: float = 0.5


@dataclass(frozen=True)
class Card:
    """One photo on the page.

    number: from 0, in the order of the arguments. reason: what is missing, in one sentence; empty where all is there.
    runs: of those that explained it, in their order. truth: its class, where that is known.
    sha256: of the photo's file; empty where it cannot be read.
    """

    number: int
    path: Path
    state: State
    reason: str = ""
    photo: Picture | None = None
    runs: tuple[ShownRun, ...] = ()
    figures: tuple[Figure, ...] = ()
    measured: tuple[Measured, ...] = ()
    sha256: str = ""
    truth: TrueClass | None = None

    @property
    def classes(self) -> tuple[ShownClass, ...]:
        """Those of the first run."""
        return self.runs[0].classes if self.runs else ()

    @property
    def manifest(self) -> Manifest | None:
        """That of the first run."""
        return self.runs[0].manifest if self.runs else None

    @property
    def doubtful(self) -> bool:
        """Whether a map of it may tell nothing of its class."""
        return any(found.doubts for run in self.runs for found in run.classes)

    def pictures(self) -> list[Picture]:
        """All pictures of the card."""
        maps = [each.picture for run in self.runs for each in run.classes]
        found = [self.photo, *maps, *(each.picture for each in self.figures)]
        return [picture for picture in found if picture is not None]


@dataclass(frozen=True)
class CardMaker:
    """Makes cards; may be used by several threads. photo_side: pixels of a shown photo's longer side, at most."""

    album: pictures.Album
    evaluation: Evaluation
    photo_side: int

    def card(self, number: int, group: Group) -> Card:
        """The card of one photo; what is missing is said on it.

        Raises:
            PhotoError: a picture cannot be written.
        """
        rgb, fault, sha256 = _photo_of(group)
        photo = None if rgb is None else self._keep(f"{number:05d}-photo", pictures.shrink(rgb, self.photo_side))
        if all(run is None for run, _ in group.members):
            (_, entry) = group.members[0]
            if fault and entry.state is State.UNEXPLAINED:
                return Card(number, group.photo, State.FAILED, fault)
            return Card(number, group.photo, entry.state, entry.reason or fault, photo, sha256=sha256)
        return self._explained(number, group, photo, fault)

    def _explained(self, number: int, group: Group, photo: Picture | None, fault: str) -> Card:
        """The card of a photo that at least one run has explained."""
        runs, lost = [], [fault]
        for place, (run, entry) in enumerate(group.members):
            if run is None or entry.manifest is None or entry.folder is None:
                lost.append(entry.reason or "")
                continue
            name = f"{number:05d}-map" + (f"-{place}" if place else "")
            shown, reason = self._run(run, name, entry.manifest, entry.folder, photo)
            runs.append(shown)
            lost.append(reason)
        reason = next(filter(None, lost), "")
        sha256 = next((each.manifest.photo_sha256 for each in runs), "")
        return Card(
            number,
            group.photo,
            State.INCOMPLETE if reason else State.SHOWN,
            reason,
            photo,
            runs=tuple(runs),
            figures=self._figures(number, group),
            measured=self.evaluation.of_photo(group.photo, sha256),
            sha256=sha256,
        )

    def _run(
        self, run: int, name: str, manifest: Manifest, folder: Path, photo: Picture | None
    ) -> tuple[ShownRun, str]:
        """What one run made of a photo, and what is missing of it; name: of its pictures, without their numbers."""
        colormap, signed = noted.colormap(manifest), noted.signed(manifest)
        shape = (photo.width, photo.height) if photo is not None else (manifest.width, manifest.height)
        found = [
            self._class(f"{name}-{place}", described, folder, shape, colormap, signed, alone=photo is None)
            for place, described in enumerate(manifest.classes[:MOST_CLASSES])
        ]
        more = len(manifest.classes) - MOST_CLASSES
        cut = f"only {MOST_CLASSES} of its {len(manifest.classes)} classes are shown" if more > 0 else ""
        shown = ShownRun(
            number=run,
            manifest=manifest,
            classes=tuple(shown for shown, _ in found),
            facts=tuple(noted.facts(manifest)),
            warnings=manifest.warnings[:MOST_WARNINGS],
            colormap=colormap,
            alpha=noted.alpha(manifest),
        )
        return shown, next(filter(None, (*(lost for _, lost in found), cut)), "")

    def _class(
        self,
        name: str,
        described: NotedClass,
        folder: Path,
        shape: tuple[int, int],
        colormap: str,
        signed: bool,
        *,
        alone: bool,
    ) -> tuple[ShownClass, str]:
        """One class, and what is missing of it; alone: there is no photo to lay its map over."""
        drawn, fault = drawn_map(described, folder, shape, colormap, signed, alone=alone)
        levels = drawn.pixels if drawn is not None and drawn.pixels.ndim == 2 else None
        low, high = described.map_min, described.map_max
        if signed:  # the ends of the colours, zero in their middle
            high = max(abs(low), abs(high))
            low = -high
        shown = ShownClass(
            name=noted.class_name(described),
            index=described.index,
            wnid=described.wnid or "",
            probability=described.probability,
            logit=described.logit,
            low=low,
            high=high,
            estimate=described.estimated_correlation,
            picture=None if drawn is None else self._keep(name, drawn.pixels),
            laid_over=drawn is not None and drawn.laid_over,
            compactness=described.compactness,
            doubts=described.doubts[:MOST_WARNINGS],
            signed=signed,
            output=described.output,
            channel=levels is not None,
            grid=None if levels is None else grid_of(levels),
            strongest="" if levels is None else strongest_place(levels, signed=signed),
        )
        return shown, fault

    def _figures(self, number: int, group: Group) -> tuple[Figure, ...]:
        """What `compare` wrote beside the manifests; on a page not too long, what `explain --save` did, too."""
        wanted: dict[Path, tuple[str, int | None]] = {}
        for _, entry in group.members:
            if entry.manifest is None or entry.folder is None:
                continue
            output = entry.folder / entry.photo.name
            wanted.setdefault(names.named_output(output, "compare.png"), ("Methods compared, all classes", None))
            for each in entry.manifest.classes[:MOST_CLASSES]:
                name = noted.class_name(each)
                path = names.named_output(output, f"{each.index}-compare.png")
                wanted.setdefault(path, (f"Methods compared, {name}", each.index))
                for kind, words in SHEETS.items() if self.photo_side >= SHEETS_FROM else ():
                    if (sheet := noted.file_beside(entry.folder, each, kind)) is not None:
                        wanted.setdefault(sheet, (f"{words}, {name}", each.index))
        figures: list[Figure] = []
        for path, (title, index) in wanted.items():
            try:
                rgb = read_photo(path).rgb
            except PhotoError:
                continue  # most photos have none
            small = pictures.shrink(rgb, pictures.FIGURE_SIDE)
            figures.append(Figure(title, self._keep(f"{number:05d}-figure-{len(figures)}", small), index))
        return tuple(figures)

    def _keep(self, name: str, pixels: NDArray[np.uint8]) -> Picture:
        height, width = pixels.shape[:2]
        encode = pictures.encode_map if pixels.ndim == 2 else pictures.encode_photo
        return Picture(self.album.keep(name, encode(pixels)), width, height)


def _photo_of(group: Group) -> tuple[NDArray[np.uint8] | None, str, str]:
    """The pixels of the photo that was explained, and no other; or why they cannot be shown; the digest of the file."""
    try:
        photo = read_photo(group.photo)
    except PhotoError as error:
        return None, f"the photo cannot be shown: {error}", ""
    explained = [entry.manifest for _, entry in group.members if entry.manifest is not None]
    if explained and explained[0].photo_sha256 != photo.sha256:
        return None, "the photo has changed since its map was made: explain it again", photo.sha256
    return photo.rgb, "", photo.sha256
