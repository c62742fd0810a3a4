"""What `explain` gives back: the maps of one photo together with the photo, so that they can be shown and saved."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import Image

from scorecam_cli.api.classes import OneClass, place_of
from scorecam_cli.api.photos import GivenPhoto
from scorecam_cli.api.sentences import in_python_words
from scorecam_cli.api.shown import ALPHA, SIDE, captioned, check_look, checked_paper, sheet, short
from scorecam_cli.config import COLORMAP, colours
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures import kinds as output_kinds
from scorecam_cli.figures.subject import Subject
from scorecam_cli.manifest import Seconds
from scorecam_cli.outcomes import Failed
from scorecam_cli.records import ClassMap, ClassScore, Explanation, ModelDescription, PhotoJob, fill_words, layer_words
from scorecam_cli.report.pictures import shrink
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, Stop, write_outputs
from scorecam_cli.saliency.methods import with_steps

_SHOWN_CLASSES = 8  # in a notebook and in a terminal; the rest are counted


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExplainedPhoto(Explanation):
    """One photo explained: an Explanation that shows itself in a notebook, draws its pictures and writes its files.

    given: the photo, with its name.
    model: what made the maps.
    predictions: the most probable classes, whether they are explained or not.
    seconds: of the passes alone, and of all, but for loading the model.
    settings: what was asked for, as a manifest notes it.

    Wherever a class is asked for, it is meant by index, name or WordNet id, and the first one where it is left out.
    """

    given: GivenPhoto
    model: ModelDescription
    predictions: tuple[ClassScore, ...]
    seconds: Seconds
    settings: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        explanation: Explanation,
        *,
        given: GivenPhoto,
        model: ModelDescription,
        predictions: tuple[ClassScore, ...],
        seconds: Seconds,
        settings: Mapping[str, Any],
    ) -> ExplainedPhoto:
        """An explanation together with the photo that it is of."""
        known = {each.name: getattr(explanation, each.name) for each in fields(Explanation)}
        return cls(**known, given=given, model=model, predictions=predictions, seconds=seconds, settings=settings)

    @property
    def name(self) -> str:
        """Of the photo's file; `photo` where it has none."""
        return self.given.path.name

    def heatmap(self, of: OneClass | None = None, *, colormap: str = COLORMAP) -> Image.Image:
        """The map of a class in colours, a PIL image as large as the photo: what `--save heatmap` writes.

        `np.asarray` of it is uint8 [H0, W0, 3].

        Raises:
            ClassError: there is no map of this class. UsageError: no such colour map.
        """
        return self.figure(of, kind="heatmap", colormap=colormap)

    def overlay(self, of: OneClass | None = None, *, colormap: str = COLORMAP, alpha: float = ALPHA) -> Image.Image:
        """The map of a class over the photo, a PIL image as large as the photo: what `--save overlay` writes.

        `np.asarray` of it is uint8 [H0, W0, 3].

        Args:
            of: the class.
            colormap: a name that matplotlib knows.
            alpha: opacity of the map, in [0, 1].

        Raises:
            ClassError: there is no map of this class. UsageError: no such colour map, or alpha is not in [0, 1].
        """
        return self.figure(of, kind="overlay", colormap=colormap, alpha=alpha)

    @in_python_words()
    def figure(
        self, of: OneClass | None = None, *, kind: str = "panel", colormap: str = COLORMAP, alpha: float = ALPHA
    ) -> Image.Image:
        """Any picture that `--save` can name, as a PIL image: `panel`, or the `pipeline` and `masked` photos.

        Raises:
            ClassError: there is no map of this class.
            UsageError: no such kind, one that is no picture or that the method has not, no such colour map, or alpha
                is not in [0, 1].
        """
        (wanted,) = self._kinds([kind])
        found = self.classes[place_of([each.score for each in self.classes], of)]
        return wanted.picture(self._subject(found, colormap, alpha))

    @in_python_words()
    def save(
        self,
        where: str | PathLike[str] | None = None,
        *,
        kinds: Sequence[str] | str = ("heatmap", "overlay"),
        colormap: str = COLORMAP,
        alpha: float = ALPHA,
        width: float | None = None,
        dpi: int | None = None,
    ) -> tuple[Path, ...]:
        """Write the files that `scorecam explain` writes, under the same names, the manifest last.

        Args:
            where: a folder that exists; or what the names begin with, so that `maps/dog.jpg` gives
                `maps/dog.jpg.scorecam-242-heatmap.png`; None for next to the photo, where it came from a file.
            kinds: as `--save` names them.
            colormap: a name that matplotlib knows.
            alpha: opacity of the map in overlays, in [0, 1].
            width: of figures on paper, millimetres; None: for a screen.
            dpi: dots in an inch of figures; None: 100 on a screen, 300 on paper.

        Returns:
            The paths of all files.

        Raises:
            UsageError: it is not known where to, or there is no such kind, colour map or paper.
            PhotoError: a file cannot be written.
        """
        names = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        self._kinds(names)
        paper = checked_paper(width, dpi)
        output_kinds.check_paper(names, paper)
        check_look(colormap, alpha, signed=self.signed)
        job = PhotoJob(self.given.path, self.given.output(where))
        computed = ComputedPhoto(
            job,
            self.given.photo,
            self.model,
            self,
            seconds=self.seconds.total,
            pass_seconds=self.seconds.passes,
            predictions=self.predictions,
        )
        colormap = colours(colormap, signed=self.signed)
        drawing = Drawing(save=names, colormap=colormap, alpha=alpha, paper=paper)
        settings = {**self.settings, "save": sorted(names), "colormap": colormap, "alpha": float(alpha)}
        settings |= {"width": paper.width, "dpi": paper.dpi}
        outcome = write_outputs(drawing, settings, computed, halt=threading.Event(), clock=time.perf_counter)
        if isinstance(outcome, Stop):
            raise OutputError(outcome.failed.reason)
        if isinstance(outcome, Failed):
            raise PhotoError(outcome.reason)
        return tuple(Path(path) for path in outcome.paths)

    def _kinds(self, names: Sequence[str]) -> tuple[output_kinds.Kind, ...]:
        sure = all(each.uncertainty is not None for each in self.classes)
        joined = self.joined if len(self.layers) > 1 else None
        output_kinds.check(names, method=self.method, with_steps=with_steps(), sure=sure, joined=joined)
        return output_kinds.chosen(names)

    def _subject(self, found: ClassMap, colormap: str, alpha: float) -> Subject:
        check_look(colormap, alpha, signed=self.signed)
        return Subject(
            name=self.name,
            photo=self.given.photo,
            found=found,
            explanation=self,
            model=self.model,
            colormap=colours(colormap, signed=self.signed),
            alpha=alpha,
        )

    @property
    def _making(self) -> str:
        """Size, method, variant, model, layer and passes in one line."""
        photo = self.given.photo
        method = ", ".join(filter(None, (self.method, self.variant, fill_words(self.fill))))
        passes = f"{self.passes} passes"
        if self.selection != "all":
            passes = f"{self.passes} of {self.live_channels} passes"
        layers = layer_words(self.layer, several=len(self.layers) > 1)
        return f"{photo.width} x {photo.height} · {method} · {self.model.name}, {layers} · {passes}"

    @property
    def _warnings(self) -> tuple[str, ...]:
        """All that the manifest warns of."""
        return (*self.given.photo.warnings, *self.model.doubts, *self.warnings)

    @property
    def _notes(self) -> list[str]:
        more = len(self.classes) - _SHOWN_CLASSES
        return [*([f"and {more} more classes"] if more > 0 else []), *self._warnings]

    def __repr__(self) -> str:
        rows = [
            f"  {each.score.label.index:>5}  {short(each.name, 40):<40}  "
            f"{each.score.said}, map {each.map.min():.3g} to {each.map.max():.3g}"
            for each in self.classes[:_SHOWN_CLASSES]
        ]
        notes = [f"  {short(note, 200)}" for note in self._notes[:_SHOWN_CLASSES]]
        return "\n".join([f"{short(self.name, 60)} · {short(self._making, 200)}", *rows, *notes])

    def _repr_html_(self) -> str:
        """Photo, then each class's overlay with its name and probability, then how they were made."""
        small = shrink(self.given.photo.rgb, SIDE)
        cells = [captioned(small, short(self.name, 60))]
        for each in self.classes[:_SHOWN_CLASSES]:
            laid_over = self._subject(each, COLORMAP, ALPHA).overlay(small)
            label = each.score.label
            caption = f"{short(each.name, 60)} ({label.index}), {each.score.said}"
            cells.append(captioned(laid_over, caption))
        lines = [short(self._making, 200), *(short(note, 200) for note in self._notes[:_SHOWN_CLASSES])]
        return sheet(cells, lines)
