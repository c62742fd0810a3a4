"""`scorecam evaluate`: numbers about the maps of several methods over a set of photos, in a table that grows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.config import EvaluateConfig
from scorecam_cli.errors import ModelError, NumericsError, PhotoError
from scorecam_cli.files.regular import file_sha256
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import Explanation, Failed, Photo, PhotoJob
from scorecam_cli.runs.evaluation import COLUMNS, DIGITS, begin, checked_settings, open_table
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.regions import Regions, read_regions
from scorecam_cli.runs.session import Session, Watcher, check_classes, method_settings
from scorecam_cli.runs.truth import Truth, read_truth
from scorecam_cli.saliency.methods import among_others, check_methods, explain_with, planned_passes
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier

STABILITY_SAMPLES = 5  # each costs a whole map


@dataclass(frozen=True)
class Evaluated:
    """One photo whose rows are in the table; lines tell what was seen. skipped: they were there already."""

    photo: Path
    lines: tuple[str, ...]
    skipped: bool = False


@dataclass
class Evaluation:
    """What all photos of one run share."""

    config: EvaluateConfig
    session: Session
    regions: Regions | None
    truth: Truth | None

    @cached_property
    def unfrozen(self) -> Classifier:
        """The classifier with passes that follow its weights, compiled once for all photos."""
        return self.session.classifier.unfrozen()

    @cached_property
    def measures(self) -> frozenset[str]:
        """What is measured: pointing wherever it is known where the objects are."""
        return frozenset([*self.config.measures, *(["pointing"] if self.regions else [])])


@dataclass(frozen=True)
class Seen:
    """One photo before any method has seen it, and what is asked about it: one class."""

    path: Path
    photo: Photo
    asked: Question


def check_request(config: EvaluateConfig) -> dict[str, Any]:
    """Everything that can be wrong with a request before any photo or model is opened.

    Returns:
        What the rows depend on beside the photos, for all that follows: files are read for it once.

    Raises:
        UsageError: an unknown class, unreadable truth or boxes, or a table made by other settings.
    """
    check_classes(config.model, config.classes)
    check_methods(config.methods, method_settings(config))
    open_evaluation(config, Session(config.model, watcher=None))  # type: ignore[arg-type]
    return checked_settings(config)


def evaluate_photos(
    config: EvaluateConfig,
    jobs: Sequence[PhotoJob],
    *,
    settings: Mapping[str, Any],
    watcher: Watcher,
    clock: Callable[[], float],
) -> Iterator[Evaluated | Failed]:
    """Measure each photo's maps and add its rows to the table; photos whose rows are there are not done again.

    Args:
        settings: from `check_request`.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    evaluation = open_evaluation(config, Session(config.model, watcher))
    begin(config, settings)
    with open_table(config) as table:
        known = {row["photo"]: row["photo_sha256"] for row in table.rows}
        for job in jobs:
            try:
                if known.get(str(job.photo)) == file_sha256(job.photo):
                    yield Evaluated(job.photo, (f"{job.photo}: in the table",), skipped=True)
                    continue
                if str(job.photo) in known:
                    raise PhotoError(
                        f"{job.photo} has changed since its rows were made; begin anew with --force or another "
                        "--output-dir"
                    )
                began = clock()
                with shortage_as_photo_error():
                    rows = _rows(evaluation, job)
            except PhotoError as error:
                yield Failed(job.photo, str(error))
                continue
            table.append(rows)
            yield Evaluated(job.photo, (f"{job.photo}: class {rows[0]['class']}, {clock() - began:.1f} s",))


def open_evaluation(config: EvaluateConfig, session: Session) -> Evaluation:
    """What all photos share; boxes, masks and truth are read.

    Raises:
        UsageError: they cannot be.
    """
    regions = None
    if config.boxes is not None or config.masks is not None:
        regions = read_regions(boxes=config.boxes, masks=config.masks)
    truth = None if config.truth is None else read_truth(config.truth)
    return Evaluation(config, session, regions, truth)


def _rows(evaluation: Evaluation, job: PhotoJob) -> list[dict[str, str]]:
    """The rows of one photo, one for each method, as the table holds them."""
    config = evaluation.config
    photo = read_photo(job.photo, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    classes = config.classes if evaluation.truth is None else (evaluation.truth.of(job.photo),)
    rows = measured_rows(evaluation, job.photo, photo, classes)
    return [as_text(row) for row in rows]


def measured_rows(evaluation: Evaluation, path: Path, photo: Photo, classes: Sequence[str]) -> list[dict[str, Any]]:
    """What is measured of one photo's maps: for each method the columns of the table that apply, as numbers.

    Args:
        path: what the photo is called, in the table and by boxes and masks.
        classes: one, or none for the predicted class.

    Raises:
        PhotoError: the model returns a value that is not finite. ModelError: the only method does not fit the model.
    """
    config = evaluation.config
    seen = Seen(path, photo, Question.about(evaluation.session.classifier, photo.rgb, asked=classes))
    (score,) = seen.asked.scores
    rows = []
    for method in config.methods:
        cells: dict[str, Any] = {
            "photo": str(path),
            "photo_sha256": photo.sha256,
            "method": method,
            "class": score.label.index,
            "probability": score.probability,
        }
        try:
            cells |= _measured(evaluation, seen, method)
        except ModelError:  # the method does not fit the model: its cells stay empty
            if len(config.methods) == 1:
                raise
        rows.append(cells)
    return rows


def as_text(row: Mapping[str, Any]) -> dict[str, str]:
    """A row as a CSV holds it, every column in its place."""
    return {column: _text(row.get(column)) for column in COLUMNS}


def _measured(evaluation: Evaluation, seen: Seen, method: str) -> dict[str, Any]:
    """The cells of one method for one photo."""
    from scorecam_cli.faithfulness.curves import deletion_and_insertion
    from scorecam_cli.faithfulness.drops import changes
    from scorecam_cli.faithfulness.pointing import energy_inside, points_inside
    from scorecam_cli.faithfulness.sanity import cascading_randomisation
    from scorecam_cli.faithfulness.stability import max_sensitivity

    config, asked = evaluation.config, seen.asked
    settings = among_others(method, method_settings(config))
    evaluation.session.watcher.passes_planned(seen.path, planned_passes(method, asked, settings))

    def explain(question: Question) -> Explanation:
        return explain_with(method, question, settings, on_passes=evaluation.session.watcher.passes_done)

    explanation = explain(asked)
    (found,), passes = explanation.classes, explanation.passes
    cells: dict[str, Any] = {"passes": passes}
    about: dict[str, Any] = {"saliency": found.map, "class_index": found.score.label.index, "seed": config.model.seed}
    if "drop" in evaluation.measures:
        change = changes(asked.classifier, asked.image, **about)
        cells |= {"drop": change.whole.drop, "increase": int(change.whole.increase), "gain": change.whole.gain}
        cells |= {"drop_top": change.top.drop, "increase_top": int(change.top.increase), "gain_top": change.top.gain}
    if "curves" in evaluation.measures:
        curves = deletion_and_insertion(
            asked.classifier,
            asked.image,
            **about,
            steps=config.steps,
            deletion_fill=config.deletion_fill,
            insertion_fill=config.insertion_fill,
        )
        for name, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
            cells |= {name: curve.area, f"{name}_curve": curve.probabilities}
    region = None
    if evaluation.regions is not None and "pointing" in evaluation.measures:
        region = evaluation.regions.of(seen.path, seen.photo.width, seen.photo.height)
    if region is not None:
        cells["energy"] = energy_inside(found.map, region)
        cells["pointing"] = int(points_inside(found.map, region, seed=config.model.seed))
    if "stability" in evaluation.measures:
        cells["sensitivity"] = max_sensitivity(
            lambda image: explain(asked.about_image(image)).classes[0].map,
            asked.image,
            samples=STABILITY_SAMPLES,
            seed=config.model.seed,
        )
    if "sanity" in evaluation.measures:
        with contextlib.suppress(NumericsError):  # a network of random weights may return infinity
            stages = cascading_randomisation(
                evaluation.unfrozen,
                lambda unfrozen: explain(asked.asked_of(unfrozen)).classes[0].map,
                seed=config.model.seed,
            )
            cells["sanity"] = [stage.correlation for stage in stages]
    return cells


def _text(value: Any) -> str:
    """A cell: numbers to six digits, so that the table does not depend on the size of a batch; curves with spaces."""
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return " ".join(f"{float(each):.{DIGITS}g}" for each in value)
