"""Every kind of output that `--save` can name: read by its help, its check, the names of files and the docs.

To add one: a function from a Subject to what its file holds, and an entry here. A figure, with letters, can also be
asked for as a file of lines: `panel.pdf` and `panel.svg` beside `panel`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.choices import OF_DIFFERENCES, Joining, Role
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.contour import contour_tiles
from scorecam_cli.figures.masked import masked_figure
from scorecam_cli.figures.pair import pair_figure
from scorecam_cli.figures.panel import panel
from scorecam_cli.figures.paper import DRAWN, SCREEN, Paper
from scorecam_cli.figures.sheet import Sheet
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.figures.subject import Subject
from scorecam_cli.figures.uncertainty import uncertainty_tiles
from scorecam_cli.files.write import write_array, write_bytes, write_image, write_png, write_rows
from scorecam_cli.manifest import WrittenFile
from scorecam_cli.photos import draw
from scorecam_cli.photos.names import SCORECAM, named_output
from scorecam_cli.words import nearest_or


@dataclass(frozen=True)
class Kind:
    """One kind of output, a file for each class of each photo.

    name: as `--save` names it.
    ending: of the file's name, behind the photo's and the class.
    summary: what it shows, for people, in a few words.
    draw: what is in it, in the form that `write` takes.
    write: what makes a file of it, whole or not at all.
    needs_steps: whether it shows masked photos, which only some methods hand out.
    needs_uncertainty: whether it shows how sure the map is, which only some variants know.
    of_pair: whether a class that is predicted and another that is expected have one file together.
    figure: whether it is a figure, with letters, for a paper and in the forms of `sheet.DRAWN`.
    """

    name: str
    ending: str
    summary: str
    draw: Callable[[Subject], Any]
    write: Callable[[Path, Any], WrittenFile] = write_png
    needs_steps: bool = False
    needs_uncertainty: bool = False
    of_pair: bool = False
    figure: bool = False

    def drawn_as(self, form: str) -> Kind:
        """The same figure in another form, `pdf` or `svg`."""
        ending = f"{self.ending.removesuffix('.png')}.{form}"
        return replace(self, name=f"{self.name}.{form}", ending=ending, draw=_for_lines(self.draw))

    def picture(self, subject: Subject) -> Image.Image:
        """What is in its file, as a picture in memory.

        Raises:
            UsageError: it is none.
        """
        drawn = self.draw(subject)
        if isinstance(drawn, Sheet):
            return Image.fromarray(drawn.pixels())
        if isinstance(drawn, _Drawing):
            return draw.image_of(drawn.tiles, width=drawn.width, height=drawn.height)
        if drawn.dtype != np.uint8:
            raise UsageError(f"{self.name} is the map itself and no picture; give another kind")
        return Image.fromarray(drawn)


class _Drawing(NamedTuple):
    """A picture as large as the photo, drawn part by part while it is written."""

    tiles: Iterator[draw.Tile]
    width: int
    height: int


def _heatmap(subject: Subject) -> _Drawing:
    return _Drawing(subject.heat_tiles(), subject.photo.width, subject.photo.height)


def _overlay(subject: Subject) -> _Drawing:
    return _Drawing(subject.overlay_tiles(), subject.photo.width, subject.photo.height)


def _contour(subject: Subject) -> _Drawing:
    return _Drawing(contour_tiles(subject), subject.photo.width, subject.photo.height)


def _uncertainty(subject: Subject) -> _Drawing:
    return _Drawing(uncertainty_tiles(subject), subject.photo.width, subject.photo.height)


def _panel(subject: Subject) -> Sheet:
    return panel(subject) if subject.found.role in (None, Role.BOTH) else pair_figure(subject)


def _for_lines(draw_it: Callable[[Subject], Any]) -> Callable[[Subject], Any]:
    return lambda subject: draw_it(replace(subject, paper=subject.paper.drawn))


def write_sheet(path: Path, sheet: Sheet) -> WrittenFile:
    """A figure in the form that the name of its file asks for: PNG with its dots in an inch, PDF or SVG.

    Raises:
        PhotoError: the file cannot be written; nothing of it is left.
    """
    form = path.suffix.removeprefix(".")
    if form in DRAWN:
        return write_bytes(path, sheet.encoded(form))
    return write_image(path, Image.fromarray(sheet.pixels()), dpi=sheet.paper.dots)


def _write_drawing(path: Path, drawing: _Drawing) -> WrittenFile:
    tiles, width, height = drawing
    if max(width, height) > draw.LONGEST_SIDE:
        return write_rows(path, (tile.rgb for tile in tiles), width=width, height=height)
    return write_image(path, draw.image_of(tiles, width=width, height=height))


def _map(subject: Subject) -> NDArray[np.float32]:
    return subject.found.map


KINDS = {
    kind.name: kind  # in the order in which paths are printed
    for kind in (
        Kind("heatmap", "-heatmap.png", "the map in colours, as large as the photo", _heatmap, _write_drawing),
        Kind("overlay", "-overlay.png", "the map over the photo", _overlay, _write_drawing),
        Kind("contour", "-contour.png", "the photo with a line around the half of the map", _contour, _write_drawing),
        Kind(
            "uncertainty",
            "-uncertainty.png",
            "the overlay, hatched where its sign is not certain",
            _uncertainty,
            _write_drawing,
            needs_uncertainty=True,
        ),
        Kind(
            "panel",
            "-panel.png",
            "photo, heatmap with its scale and overlay in one figure",
            _panel,
            write_sheet,
            of_pair=True,
            figure=True,
        ),
        Kind(
            "pipeline",
            "-pipeline.png",
            "how the map was made, step by step",
            pipeline_figure,
            write_sheet,
            needs_steps=True,
            figure=True,
        ),
        Kind(
            "masked",
            "-masked.png",
            "a dozen of the masked photos that weigh most",
            masked_figure,
            write_sheet,
            needs_steps=True,
            figure=True,
        ),
        Kind("npy", ".npy", "the map itself: float32 `[H, W]`, before any display scaling", _map, write_array),
    )
}


def kind_named(name: str) -> Kind | None:
    """The kind of this name, `panel` or `panel.pdf`; None: there is none."""
    known, _, form = name.partition(".")
    kind = KINDS.get(known)
    if kind is None or not form:
        return kind if name == known else None
    return kind.drawn_as(form) if kind.figure and form in DRAWN else None


def names() -> list[str]:
    """All that `--save` can name."""
    return [each for kind in KINDS.values() for each in (kind.name, *_drawn_names(kind))]


def chosen(save: Collection[str]) -> tuple[Kind, ...]:
    """The kinds of these names, in the order in which their files are written and printed.

    Raises:
        UsageError: one is no kind, or there is none.
    """
    for name in save:
        if kind_named(name) is None:
            raise UsageError(f"--save {','.join(save)}: {_unknown(name)}")
    if not save:
        raise UsageError(f"--save names nothing; give a comma list of {', '.join(KINDS)}")
    return tuple(kind for name in names() if name in save and (kind := kind_named(name)) is not None)


def _unknown(name: str) -> str:
    known, _, form = name.partition(".")
    if known in KINDS and form:
        forms, figures = " and ".join(DRAWN), ", ".join(kind.name for kind in KINDS.values() if kind.figure)
        return f"{name!r} is no form of {known}; {forms} are of the figures {figures}, every other has its one form"
    advice = nearest_or(f"choose from {', '.join(KINDS)}", name, KINDS)
    return f"{name!r} is none of {', '.join(KINDS)}; {advice}"


def _drawn_names(kind: Kind) -> list[str]:
    return [f"{kind.name}.{form}" for form in DRAWN] if kind.figure else []


def check_paper(save: Collection[str], paper: Paper) -> None:
    """Raise UsageError where a paper is given and nothing is drawn for it."""
    if paper != SCREEN and not any(kind.figure for kind in chosen(save)):
        option = "--width" if paper.width is not None else "--dpi"
        figures = ", ".join(kind.name for kind in KINDS.values() if kind.figure)
        raise UsageError(f"{option} is of figures, {figures}; --save {','.join(save)} has none: add one")


def check(
    save: Collection[str], *, method: str, with_steps: Collection[str], sure: bool, joined: str | None = None
) -> None:
    """Raise UsageError unless every kind exists and the method can have it.

    Args:
        save: names of kinds.
        method: that makes the maps.
        with_steps: the methods that hand out masked photos.
        sure: whether it is known how sure each position of the maps is.
        joined: how several layers make one map, see `choices.Joining`; None for one layer.
    """
    for kind in chosen(save):
        if kind.needs_steps and joined == Joining.PRODUCT:
            raise UsageError(
                f"--save {kind.name} shows the masked photos that one sum is made of, and the maps of several layers "
                f"are multiplied: leave {kind.name} out of --save or take --variant {' or '.join(OF_DIFFERENCES)}"
            )
        if kind.needs_steps and method not in with_steps:
            raise UsageError(
                f"--save {kind.name} shows the masked photos that a map is made of, and --method {method} has none to "
                f"show: leave {kind.name} out of --save or take --method {' or '.join(with_steps)}"
            )
        if kind.needs_uncertainty and not sure:
            raise UsageError(
                f"--save {kind.name} shows how sure a map is, which is known of --variant centred and fitted where "
                f"all masks are passed: take one without --passes and --fidelity, or leave {kind.name} out of --save"
            )


def output_paths(
    output: Path, classes: int | str, save: Collection[str], *, mark: str = SCORECAM, pair: str | None = None
) -> dict[str, Path]:
    """Where the files of one class go, by the name of their kind.

    Args:
        output: the path that every name starts with, as `PhotoJob.output`.
        classes: index of the class shown, or of two, `242-243`, the second being what the first is set against.
        save: names of kinds.
        mark: of the method and variant that made the map, see `photos.names`.
        pair: the predicted class and the expected one, `242-243`, where they differ: for files that show both.

    Raises:
        UsageError: one is no kind.
    """
    return {
        kind.name: named_output(output, f"{pair if pair and kind.of_pair else classes}{kind.ending}", mark)
        for kind in chosen(save)
    }


def described() -> str:
    """All kinds with what they show, for a help text."""
    *most, last = (f"{kind.name} ({kind.summary.replace('`', '')})" for kind in KINDS.values())
    *figures, final = (kind.name for kind in KINDS.values() if kind.figure)
    forms = " or ".join(f".{form}" for form in DRAWN)
    return f"{', '.join(most)} and {last}; {', '.join(figures)} and {final} also with {forms} behind them"
