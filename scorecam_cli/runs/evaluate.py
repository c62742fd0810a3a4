"""`scorecam evaluate`: numbers about the maps of several methods over a set of photos, in a table that grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from scorecam_cli.errors import ModelError, PhotoError
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.read import read_photo, sha256_of_photo
from scorecam_cli.records import Explanation, Photo, PhotoJob
from scorecam_cli.runs.evaluation import DIGITS
from scorecam_cli.runs.evaluation_tables import COLUMNS, begin, open_table, rows_of_parts
from scorecam_cli.runs.measuring import MadeMap, measured
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.request import EvaluateRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.methods import among_others
from scorecam_cli.saliency.question import Question

SENTENCES = "sentences"  # of a row: its doubts in words, which the table does not keep


@dataclass(frozen=True)
class Evaluated:
    """One photo whose rows are in the table; lines tell what was seen. skipped: they were there already.

    doubts: sentences about its maps, each behind the name of its method.
    """

    photo: PurePath
    lines: tuple[str, ...]
    skipped: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One photo before any method has seen it, and what is asked about it: one class."""

    path: PurePath
    photo: Photo
    asked: Question


def evaluate_photos(
    request: EvaluateRequest, session: Session, jobs: Sequence[PhotoJob]
) -> Iterator[Evaluated | Failed]:
    """Measure each photo's maps and add its rows to the table; photos whose rows are there are not done again.

    What parts of the run have measured is taken from their tables.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    begin(request.config, request.settings)
    with open_table(request.config) as table:
        known = {row["photo"]: row["photo_sha256"] for row in table.rows}
        of_parts = rows_of_parts(request.config)
        for job in jobs:
            try:
                digest = sha256_of_photo(job.bytes_at)
                if known.get(str(job.photo)) == digest:
                    yield Evaluated(job.photo, (f"{job.photo}: in the table",), skipped=True)
                    continue
                if str(job.photo) in known:
                    raise PhotoError(
                        f"{job.photo} has changed since its rows were made; begin anew with --force or another "
                        "--output-dir"
                    )
                if measured_elsewhere := of_parts.get((str(job.photo), digest)):
                    table.append(measured_elsewhere)
                    yield Evaluated(job.photo, (f"{job.photo}: measured by a part",), skipped=True)
                    continue
                began = session.clock()
                with shortage_as_photo_error():
                    rows = _rows(request, session, job)
            except PhotoError as error:
                yield Failed(job.photo, str(error))
                continue
            lines = (f"{job.photo}: class {rows[0]['class']}, {session.clock() - began:.1f} s",)
            table.append([as_text(row) for row in rows])
            yield Evaluated(job.photo, lines, doubts=tuple(doubt for row in rows for doubt in row.get(SENTENCES, ())))


def _rows(request: EvaluateRequest, session: Session, job: PhotoJob) -> list[dict[str, Any]]:
    """The rows of one photo, one for each method."""
    config = request.config
    photo = read_photo(job.bytes_at, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    classes = config.classes if request.truth is None else (request.truth.of(job.photo),)
    return measured_rows(request, session, path=job.photo, photo=photo, classes=classes)


def measured_rows(
    request: EvaluateRequest, session: Session, *, path: PurePath, photo: Photo, classes: Sequence[str]
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
    asked, settings = seen.asked, among_others(method, request.how)
    session.watcher.passes_planned(seen.path, planned_passes(method, asked, settings))

    def explain(question: Question) -> Explanation:
        return explain_with(method, question, settings, on_passes=session.watcher.passes_done)

    explanation, region, pair = explain(asked), None, None
    if request.regions is not None:
        where, label = (seen.path, seen.photo.width, seen.photo.height), asked.scores[0].label
        region = request.regions.of(*where)
        names = {str(label.index), label.name.lower(), (label.wnid or label.name).lower()}
        pair = request.regions.pair_of(*where, names=names)
    made = MadeMap(
        config=request.config,
        asked=asked,
        saliency=explanation.classes[0].map,
        explain=lambda question: explain(question).classes[0].map,
        unfrozen=lambda: session.unfrozen,
        region=region,
        pair=pair,
    )
    (found,) = explanation.classes
    doubts = {
        "doubts": "; ".join(found.doubted),
        SENTENCES: tuple(f"{method}: {doubt}" for doubt in found.doubts),
    }
    return {"passes": explanation.passes, **doubts, **measured(made)}


def _text(value: Any) -> str:
    """A cell: numbers to six digits, so that the table does not depend on the size of a batch; curves with spaces."""
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return " ".join(f"{float(each):.{DIGITS}g}" for each in value)
