"""Numbers about the maps of several methods over photos: what `scorecam evaluate` measures, in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scorecam_cli.api.classes import Classes, asked_classes
from scorecam_cli.api.models import ModelLike, classifier_of, wrap
from scorecam_cli.api.numbers import whole
from scorecam_cli.api.photos import PhotoLike, given_photo, several
from scorecam_cli.api.sentences import in_python_words
from scorecam_cli.api.settings import common_settings
from scorecam_cli.api.shown import sheet, short, table
from scorecam_cli.choices import Fill, Measure, chosen
from scorecam_cli.config import EVALUATED, EvaluateConfig
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.outcomes import Failed
from scorecam_cli.relations import check_probabilities
from scorecam_cli.runs.against_baseline import AgainstBaseline, against_baseline
from scorecam_cli.runs.evaluate import SENTENCES, as_text, measured_rows
from scorecam_cli.runs.evaluation import summary_of
from scorecam_cli.runs.evaluation_tables import NUMBERS
from scorecam_cli.runs.request import EvaluateRequest, regions_of
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.methods import check_methods, methods_named
from scorecam_cli.words import aligned

if TYPE_CHECKING:
    from scorecam_cli.faithfulness.summary import Mean

_SHOWN_FAILURES = 5


@dataclass(frozen=True, eq=False, repr=False)
class EvaluatedPhotos:
    """What was measured of several methods over photos; it shows its table in a notebook.

    rows: one for each photo and method: the columns of evaluation.csv that apply, as numbers.
    means: by method, then by measure: mean, standard error and number of photos.
    table: the same as rows of text, the first a header.
    failures: photos that could not be measured, each with its reason.
    apart: the methods against the baseline, where there is one: `.found` by method, then by measure, and `.table`.
    """

    rows: tuple[Mapping[str, Any], ...]
    means: Mapping[str, Mapping[str, Mean]]
    table: tuple[tuple[str, ...], ...]
    failures: tuple[Failed, ...] = ()
    apart: AgainstBaseline | None = None

    @property
    def _notes(self) -> list[str]:
        photos = len({row["photo"] for row in self.rows})
        more = len(self.failures) - _SHOWN_FAILURES
        return [
            f"mean ± standard error over {photos} photos",
            *([self.apart.note] if self.apart is not None else []),
            *(short(each.reason, 200) for each in self.failures[:_SHOWN_FAILURES]),
            *([f"and {more} more that could not be measured"] if more > 0 else []),
        ]

    @property
    def _tables(self) -> list[tuple[tuple[str, ...], ...]]:
        return [self.table, *([self.apart.table] if self.apart is not None else [])]

    def __repr__(self) -> str:
        return "\n".join([*(line for rows in self._tables for line in aligned(rows)), *self._notes])

    def _repr_html_(self) -> str:
        return sheet([table(rows) for rows in self._tables], self._notes)


@in_python_words(wrap)
def evaluate(
    photos: PhotoLike | Sequence[PhotoLike],
    model: ModelLike,
    *,
    methods: Sequence[str] = EVALUATED,
    measures: Sequence[str] = (Measure.DROP, Measure.CURVES),
    classes: Classes | None = None,
    boxes: str | PathLike[str] | None = None,
    masks: str | PathLike[str] | None = None,
    steps: int = 28,
    deletion_fill: str = "zero",
    insertion_fill: str = "blur",
    variant: str = "article",
    passes: int | None = None,
    fidelity: float = 1.0,
    fill: str = "zero",
    batch_size: int | None = None,
    baseline: str | None = None,
    seed: int = 0,
    **settings: Any,
) -> EvaluatedPhotos:
    """Measure how faithful the maps of several methods are, over photos; nothing is written.

    A photo that cannot be measured does not stop the others.

    Args:
        photos: as for `explain`, one or a list; in the rows, those in memory are called by their place in it.
        model: as for `explain`.
        methods: names that `scorecam methods` lists; `score-cam:fitted` is score-cam with that variant.
        measures: `drop`, `curves`, `pointing`, `shape`, `road`, `coherency`, `stability`, `sanity`; pointing is added
            where boxes or masks are given.
        classes: one for all photos, or a list of one for each; None: the predicted class.
        boxes: where the object is in photos that are files: a CSV, or a folder of VOC XML.
        masks: the same as a folder of PNGs.
        steps: of the deletion and insertion curves, 2 at least.
        deletion_fill: what deleted pixels become: `zero`, `mean` or `blur`.
        insertion_fill: what pixels are before they are inserted.
        variant: of score-cam.
        passes: of score-cam; the other methods keep their own numbers.
        fidelity: of score-cam.
        fill: of methods that mask pixels, as for `explain`; the measures have their own fills.
        batch_size: photos in one pass; None: as many as suit the model and the memory.
        baseline: of the methods, the one that the others are compared with photo by photo.
        seed: of methods that draw by chance.
        settings: of `wrap`, where it made nothing yet.

    Raises:
        UsageError: unknown class, method, measure or variant, or boxes that cannot be read.
        ModelError: the model is no image classifier, or the only method does not fit it.
        PhotoError: no photo could be measured.
    """
    given = list(photos) if several(photos) else [photos]
    wanted = _class_of_each(classes, len(given))
    config = EvaluateConfig(
        **common_settings(
            variant=variant, passes=passes, fidelity=fidelity, fill=fill, batch_size=batch_size, seed=seed
        ),
        methods=methods_named([methods] if isinstance(methods, str) else list(methods)),
        measures=(measures,) if isinstance(measures, str) else tuple(measures),
        boxes=None if boxes is None else Path(boxes),
        masks=None if masks is None else Path(masks),
        steps=whole(steps, "steps", least=2),
        deletion_fill=chosen(Fill, deletion_fill, what="deletion_fill"),
        baseline=None if baseline is None else methods_named([baseline])[0],
        insertion_fill=chosen(Fill, insertion_fill, what="insertion_fill"),
    )
    request = EvaluateRequest(config=config, labels=None, settings={}, regions=regions_of(config), truth=None)
    check_methods(config.methods, request.how)
    session = Session(request, time.perf_counter, loaded=classifier_of(model, settings, seed=config.model.seed))
    check_probabilities(regression=session.classifier.is_regression)
    return _measured(request, session, photos=given, classes=wanted)


def _class_of_each(classes: Classes | None, photos: int) -> list[list[str]]:
    """For each photo its class, or none for the predicted one."""
    if not photos:
        raise UsageError("the list of photos is empty; give at least one")
    asked = asked_classes(classes)
    if len(asked) <= 1 and not (isinstance(classes, list | tuple | np.ndarray) and photos > 1):
        return [asked] * photos
    if len(asked) != photos:
        raise UsageError(f"{len(asked)} classes for {photos} photos; give one for all, or one for each")
    return [[each] for each in asked]


def _measured(
    request: EvaluateRequest, session: Session, *, photos: Sequence[Any], classes: Sequence[Sequence[str]]
) -> EvaluatedPhotos:
    rows: list[Mapping[str, Any]] = []
    failures: list[Failed] = []
    for number, (photo, asked) in enumerate(zip(photos, classes, strict=True)):
        path = Path(photo) if isinstance(photo, str | PathLike) else Path(f"photo {number}")
        try:
            rows += measured_rows(request, session, path=path, photo=given_photo(photo).photo, classes=asked)
        except PhotoError as error:
            failures.append(Failed(path, str(error)))
    if not rows:
        raise PhotoError(failures[0].reason)
    texts = [as_text(row) for row in rows]
    summary = summary_of(texts, request.config.methods)
    apart = against_baseline(texts, NUMBERS, request.config.baseline)
    rows = [{column: value for column, value in row.items() if column != SENTENCES} for row in rows]
    return EvaluatedPhotos(tuple(rows), summary.means, summary.table, tuple(failures), apart)
