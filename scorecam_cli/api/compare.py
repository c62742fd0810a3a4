"""Several methods on the same photo, side by side: the figure and the numbers of `scorecam compare`, in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.api.classes import Classes, OneClass, asked_classes, place_of
from scorecam_cli.api.models import ModelLike, classifier_of, wrap
from scorecam_cli.api.numbers import whole_or_none
from scorecam_cli.api.photos import GivenPhoto, PhotoLike, given_photos, several
from scorecam_cli.api.sentences import in_python_words
from scorecam_cli.api.settings import common_settings
from scorecam_cli.api.shown import (
    ALPHA,
    FIGURE_SIDE,
    captioned,
    check_look,
    sheet,
    short,
    table,
)
from scorecam_cli.config import COLORMAP, COMPARED, CompareConfig
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.kinds import write_sheet
from scorecam_cli.photos.names import named_output
from scorecam_cli.records import ClassScore
from scorecam_cli.relations import check_probabilities
from scorecam_cli.report.pictures import shrink
from scorecam_cli.runs.compare import compare_maps
from scorecam_cli.runs.compared import ComparedMaps, MethodRun, entry
from scorecam_cli.runs.compared_figures import figure_of, figures
from scorecam_cli.runs.request import CompareRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.methods import check_methods, methods_named
from scorecam_cli.words import aligned

_SHOWN_CLASSES = 4  # in a notebook and in a terminal; the rest are counted


@dataclass(frozen=True, eq=False, repr=False)
class ComparedPhoto:
    """One photo through several methods; it shows itself in a notebook.

    given: the photo, with its name.
    config: what was asked for.
    compared: maps, price and numbers.
    """

    given: GivenPhoto
    config: CompareConfig
    compared: ComparedMaps

    @property
    def classes(self) -> tuple[ClassScore, ...]:
        """What the model says of each class."""
        return self.compared.scores

    @property
    def runs(self) -> tuple[MethodRun, ...]:
        """Each method with its maps, in the order asked for."""
        return self.compared.runs

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For each class and method: `class`, `name`, `probability`, `method` and its numbers, as `--json` names them.

        The numbers are `seconds`, `passes`, `deletion` (lower is better), `insertion` (higher is better) and
        `estimated_correlation`; a method that does not fit the model has a `note` that says why instead.
        """
        return [
            {
                "class": score.label.index,
                "name": score.label.name,
                "probability": score.probability,
                **entry(run, place),
            }
            for place, score in enumerate(self.classes)
            for run in self.runs
        ]

    def map(self, method: str, of: OneClass | None = None) -> NDArray[np.float32]:
        """The map of one method and class, float32 [H, W], >= 0 unless signed, before any display scaling.

        Raises:
            UsageError: the method was not compared, or does not fit the model. ClassError: the class was not compared.
        """
        (name,) = methods_named([method])
        for run in self.runs:
            if run.method == name and run.found:
                return run.found[place_of(self.classes, of)].map
        raise UsageError(
            f"there is no map of {name}, only of {', '.join(run.method for run in self.runs if run.found)}"
        )

    def figure(self, of: OneClass | None = None, *, colormap: str = COLORMAP, alpha: float = ALPHA) -> Image.Image:
        """The overlays of all methods for one class, with their numbers, as a PIL image.

        Raises:
            ClassError: the class was not compared. UsageError: no such colour map, or alpha is not in [0, 1].
        """
        check_look(colormap, alpha, signed=self.config.signed)
        config = replace(self.config, colormap=colormap, alpha=alpha)
        return Image.fromarray(figure_of(config, self.compared, place_of(self.classes, of)).pixels())

    def save(
        self,
        where: str | PathLike[str] | None = None,
        *,
        rows: bool = False,
        colormap: str = COLORMAP,
        alpha: float = ALPHA,
    ) -> tuple[Path, ...]:
        """Write the figures that `scorecam compare` writes, under the same names.

        Args:
            where: as for `ExplainedPhoto.save`.
            rows: one figure with a row for each class instead of a figure for each.
            colormap: a name that matplotlib knows.
            alpha: opacity of the maps, in [0, 1].

        Raises:
            UsageError: it is not known where to, or there is no such colour map. PhotoError: a file cannot be written.
        """
        check_look(colormap, alpha, signed=self.config.signed)
        output, paths = self.given.output(where), []
        for ending, drawn in figures(replace(self.config, rows=rows, colormap=colormap, alpha=alpha), self.compared):
            paths.append(named_output(output, ending, self.compared.mark))
            write_sheet(paths[-1], drawn)
        return tuple(paths)

    def _table(self, place: int) -> list[tuple[str, ...]]:
        """The methods' numbers for one class, as text, below a header."""
        lines: list[tuple[str, ...]] = [("method", "seconds", "passes", "deletion", "insertion")]
        for run in self.runs:
            row = entry(run, place)
            numbers = [f"{row['seconds']:.2f}", str(row["passes"])] if run.found else [short(run.note, 100), ""]
            areas = [f"{row[name]:.3f}" if run.found else "" for name in ("deletion", "insertion")]
            lines.append((run.method, numbers[0], numbers[1], areas[0], areas[1]))
        return lines

    def _titles(self) -> list[str]:
        return [
            f"{short(self.given.path.name, 60)}: {short(each.label.name, 60)} ({each.label.index}), {each.said}"
            for each in self.classes[:_SHOWN_CLASSES]
        ]

    def __repr__(self) -> str:
        more = len(self.classes) - _SHOWN_CLASSES
        parts = ["\n".join([title, *aligned(self._table(place))]) for place, title in enumerate(self._titles())]
        return "\n".join([*parts, *([f"and {more} more classes"] if more > 0 else [])])

    def _repr_html_(self) -> str:
        """For each class the figure and the numbers."""
        cells = []
        for place, title in enumerate(self._titles()):
            pixels = shrink(figure_of(self.config, self.compared, place).pixels(), FIGURE_SIDE)
            cells += [captioned(pixels, title), table(self._table(place))]
        more = len(self.classes) - _SHOWN_CLASSES
        return sheet(cells, [f"and {more} more classes"] if more > 0 else [])


@overload
def compare(photo: Sequence[PhotoLike], model: ModelLike, **options: Any) -> list[ComparedPhoto]: ...


@overload
def compare(photo: PhotoLike, model: ModelLike, **options: Any) -> ComparedPhoto: ...


@in_python_words(wrap)
def compare(
    photo: PhotoLike | Sequence[PhotoLike],
    model: ModelLike,
    *,
    methods: Sequence[str] = COMPARED,
    classes: Classes | None = None,
    top: int | None = None,
    variant: str = "article",
    passes: int | None = None,
    fidelity: float = 1.0,
    fill: str = "zero",
    signed: bool = False,
    batch_size: int | None = None,
    seed: int = 0,
    **settings: Any,
) -> ComparedPhoto | list[ComparedPhoto]:
    """What several methods make of the same photo, with their seconds, passes and areas; nothing is written.

    Args:
        photo: as for `explain`; of a list, a list comes back.
        model: as for `explain`.
        methods: names that `scorecam methods` lists; `score-cam:fitted` is score-cam with that variant.
        classes: as for `explain`.
        top: also the N most probable classes.
        variant: of score-cam.
        passes: of score-cam; the other methods keep their own numbers.
        fidelity: of score-cam.
        fill: of methods that mask pixels, as for `explain`.
        signed: keep what speaks against the class as negative values, of methods whose sign says so; the others' maps
            are as without.
        batch_size: photos in one pass; None: as many as suit the model and the memory.
        seed: of methods that draw by chance.
        settings: of `wrap`, where it made nothing yet.

    Raises:
        UsageError: unknown class, method or variant. PhotoError: the photo cannot be read.
        ModelError: the model is no image classifier, or the only method does not fit it.
    """
    config = CompareConfig(
        **common_settings(
            variant=variant, passes=passes, fidelity=fidelity, fill=fill, batch_size=batch_size, seed=seed
        ),
        methods=methods_named([methods] if isinstance(methods, str) else list(methods)),
        classes=tuple(asked_classes(classes)),
        top=whole_or_none(top, "top", least=0) or 0,
        signed=bool(signed),
    )
    request = CompareRequest(config=config, labels=None)
    check_methods(config.methods, request.how)
    session = Session(request, time.perf_counter, loaded=classifier_of(model, settings, seed=config.model.seed))
    check_probabilities(regression=session.classifier.is_regression)
    warmed: set[str] = set()

    def compared(given: GivenPhoto) -> ComparedPhoto:
        maps = compare_maps(request, session, path=given.path, photo=given.photo, warmed=warmed)
        return ComparedPhoto(given, config, maps)

    found = [compared(given) for given in given_photos(photo)]
    return found if several(photo) else found[0]
