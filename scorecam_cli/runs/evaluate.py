"""`scorecam evaluate`: numbers about the maps of several methods over a set of photos, in a table that grows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scorecam_cli.choices import Measure
from scorecam_cli.errors import ModelError, NumericsError, PhotoError
from scorecam_cli.files.regular import file_sha256
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import Explanation, Failed, Photo, PhotoJob
from scorecam_cli.runs.evaluation import COLUMNS, DIGITS, begin, open_table
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.request import EvaluateRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.methods import among_others, explain_with, planned_passes
from scorecam_cli.saliency.question import Question

STABILITY_SAMPLES = 5  # each costs a whole map


@dataclass(frozen=True)
class Evaluated:
    """One photo whose rows are in the table; lines tell what was seen. skipped: they were there already."""

    photo: Path
    lines: tuple[str, ...]
    skipped: bool = False


@dataclass(frozen=True)
class Seen:
    """One photo before any method has seen it, and what is asked about it: one class."""

    path: Path
    photo: Photo
    asked: Question


def evaluate_photos(
    request: EvaluateRequest, session: Session, jobs: Sequence[PhotoJob]
) -> Iterator[Evaluated | Failed]:
    """Measure each photo's maps and add its rows to the table; photos whose rows are there are not done again.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    begin(request.config, request.settings)
    with open_table(request.config) as table:
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
                began = session.clock()
                with shortage_as_photo_error():
                    rows = _rows(request, session, job)
            except PhotoError as error:
                yield Failed(job.photo, str(error))
                continue
            table.append(rows)
            yield Evaluated(job.photo, (f"{job.photo}: class {rows[0]['class']}, {session.clock() - began:.1f} s",))


def _rows(request: EvaluateRequest, session: Session, job: PhotoJob) -> list[dict[str, str]]:
    """The rows of one photo, one for each method, as the table holds them."""
    config = request.config
    photo = read_photo(job.photo, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    classes = config.classes if request.truth is None else (request.truth.of(job.photo),)
    rows = measured_rows(request, session, path=job.photo, photo=photo, classes=classes)
    return [as_text(row) for row in rows]


def measured_rows(
    request: EvaluateRequest, session: Session, *, path: Path, photo: Photo, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """What is measured of one photo's maps: for each method the columns of the table that apply, as numbers.

    Args:
        request: methods and measures.
        session: with the model.
        path: what the photo is called, in the table and by boxes and masks.
        photo: itself.
        classes: one, or none for the predicted class.

    Raises:
        PhotoError: the model returns a value that is not finite. ModelError: the only method does not fit the model.
    """
    config = request.config
    seen = Seen(path, photo, Question.about(session.classifier, photo.pixels, asked=classes))
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
            cells |= _measured(request, session, seen=seen, method=method)
        except ModelError:  # the method does not fit the model: its cells stay empty
            if len(config.methods) == 1:
                raise
        rows.append(cells)
    return rows


def as_text(row: Mapping[str, Any]) -> dict[str, str]:
    """A row as a CSV holds it, every column in its place."""
    return {column: _text(row.get(column)) for column in COLUMNS}


def _measured(request: EvaluateRequest, session: Session, *, seen: Seen, method: str) -> dict[str, Any]:
    """The cells of one method for one photo."""
    from scorecam_cli.faithfulness.curves import deletion_and_insertion
    from scorecam_cli.faithfulness.drops import changes
    from scorecam_cli.faithfulness.pointing import energy_inside, points_inside
    from scorecam_cli.faithfulness.sanity import cascading_randomisation
    from scorecam_cli.faithfulness.stability import max_sensitivity

    config, asked = request.config, seen.asked
    settings = among_others(method, request.how)
    session.watcher.passes_planned(seen.path, planned_passes(method, asked, settings))

    def explain(question: Question) -> Explanation:
        return explain_with(method, question, settings, on_passes=session.watcher.passes_done)

    explanation = explain(asked)
    (found,), passes = explanation.classes, explanation.passes
    cells: dict[str, Any] = {"passes": passes}
    about: dict[str, Any] = {"saliency": found.map, "class_index": found.score.label.index, "seed": config.model.seed}
    if Measure.DROP in config.measures:
        change = changes(asked.model, asked.image, **about)
        cells |= {"drop": change.whole.drop, "increase": int(change.whole.increase), "gain": change.whole.gain}
        cells |= {"drop_top": change.top.drop, "increase_top": int(change.top.increase), "gain_top": change.top.gain}
    if Measure.CURVES in config.measures:
        curves = deletion_and_insertion(
            asked.model,
            asked.image,
            **about,
            steps=config.steps,
            deletion_fill=config.deletion_fill,
            insertion_fill=config.insertion_fill,
        )
        for name, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
            cells |= {name: curve.area, f"{name}_curve": curve.probabilities}
    region = None
    if request.regions is not None:  # then pointing is measured
        region = request.regions.of(seen.path, seen.photo.width, seen.photo.height)
    if region is not None:
        cells["energy"] = energy_inside(found.map, region)
        cells["pointing"] = int(points_inside(found.map, region, seed=config.model.seed))
    if Measure.STABILITY in config.measures:
        cells["sensitivity"] = max_sensitivity(
            lambda image: explain(asked.about_image(image)).classes[0].map,
            asked.image,
            samples=STABILITY_SAMPLES,
            seed=config.model.seed,
        )
    if Measure.SANITY in config.measures and asked.model.has_layers:
        with contextlib.suppress(NumericsError):  # a network of random weights may return infinity
            stages = cascading_randomisation(
                session.unfrozen,
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
