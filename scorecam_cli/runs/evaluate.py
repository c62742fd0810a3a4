"""`scorecam evaluate`: numbers about the maps of several methods over a set of photos, in a table that grows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError, PhotoError
from scorecam_cli.files.table import GrowingTable, Row
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.read import sha256_of_photo
from scorecam_cli.records import ClassLabel, Explanation, Photo, PhotoJob
from scorecam_cli.runs.evaluation import DIGITS
from scorecam_cli.runs.evaluation_tables import COLUMNS, begin, open_table, rows_of_parts
from scorecam_cli.runs.measuring import MadeMap, measured
from scorecam_cli.runs.request import EvaluateRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import Admit
from scorecam_cli.runs.under_way import ReadPhoto, Work, read_timed
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.methods import among_others, method_in_list
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
    """One photo before any method has seen it, and what is asked about it: one class.

    region, pair: where the object is, as in `MadeMap`.
    """

    path: PurePath
    asked: Question
    region: NDArray[np.bool_] | None = None
    pair: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None


@dataclass(frozen=True)
class _Measured:
    """A photo whose rows are to go into the table, and what is told of it then."""

    rows: Sequence[Row]
    told: Evaluated


def evaluate_photos(
    request: EvaluateRequest, session: Session, jobs: Iterable[PhotoJob]
) -> Generator[Evaluated | Failed, None, None]:
    """Measure each photo's maps and add its rows to the table; photos whose rows are there are not done again.

    The next photos are read and the rows of the last one written while the model, in the calling thread, computes. Rows
    come in the order of the photos. What parts of the run have measured is taken from their tables.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    begin(request.config, request.settings)
    with open_table(request.config) as table:
        known = {row["photo"]: row["photo_sha256"] for row in table.rows}
        work: Work[Evaluated | _Measured, Evaluated] = Work(
            read=partial(_read, request, session, known, rows_of_parts(request.config)),
            compute=partial(_measure, request, session),
            write=partial(_write, table),
            writers=1,
        )
        yield from work.on_each(session, jobs)


def _read(
    request: EvaluateRequest,
    session: Session,
    known: Mapping[str, str],
    of_parts: Mapping[tuple[str, str], Sequence[Row]],
    job: PhotoJob,
    admit: Admit,
) -> ReadPhoto | Evaluated | _Measured:
    """The photo; what is told of one whose rows are in the table; or the rows that a part of the run has measured.

    Raises:
        PhotoError: it cannot be read, or has changed since its rows were made.
    """
    digest = sha256_of_photo(job.bytes_at)
    if known.get(str(job.photo)) == digest:
        return Evaluated(job.photo, (f"{job.photo}: in the table",), skipped=True)
    if str(job.photo) in known:
        raise PhotoError(
            f"{job.photo} has changed since its rows were made; begin anew with --force or another --output-dir"
        )
    if measured_elsewhere := of_parts.get((str(job.photo), digest)):
        return _Measured(measured_elsewhere, Evaluated(job.photo, (f"{job.photo}: measured by a part",), skipped=True))
    return ReadPhoto(job, *read_timed(job, request.config.photos, clock=session.clock, admit=admit))


def _measure(request: EvaluateRequest, session: Session, read: ReadPhoto) -> _Measured:
    path, began = read.job.photo, session.clock()
    classes = request.config.classes if request.truth is None else (request.truth.of(read.job.photo),)
    rows = measured_rows(request, session, path=path, photo=read.photo, classes=classes)
    seconds = read.seconds + session.clock() - began
    doubts = tuple(doubt for row in rows for doubt in row.get(SENTENCES, ()))
    line = f"{path}: class {rows[0]['class']}, {seconds:.1f} s"
    return _Measured([as_text(row) for row in rows], Evaluated(path, (line,), doubts=doubts))


def _write(table: GrowingTable, found: Evaluated | _Measured) -> Evaluated:
    """What is told of a photo, its rows written now where they are not there yet."""
    if isinstance(found, Evaluated):
        return found
    table.append(found.rows)
    return found.told


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
    asked = Question.about(session.classifier, photo.pixels, asked=classes).remembering(session.clock)
    seen = Seen(path, asked, *_regions(request, path=path, photo=photo, label=asked.scores[0].label))
    (score,) = asked.scores
    about = {
        "photo": str(path),
        "photo_sha256": photo.sha256,
        "class": score.label.index,
        "probability": score.probability,
    }
    try:
        made = _made_maps(request, session, seen=seen)
        cells = measured([each.made for each in made])
    except ModelError:  # the model does not fit a measure: the cells of all stay empty
        if len(config.methods) == 1:
            raise
        made, cells = [], []
    found = {each.method: each.cells | own for each, own in zip(made, cells, strict=True)}
    return [about | {"method": method} | found.get(method, {}) for method in config.methods]


def as_text(row: Mapping[str, Any]) -> dict[str, str]:
    """A row as a CSV holds it, every column in its place."""
    return {column: _text(row.get(column)) for column in COLUMNS}


def _regions(request: EvaluateRequest, *, path: PurePath, photo: Photo, label: ClassLabel) -> tuple[Any, Any]:
    """The region of the object, and the two of a pair, as far as they are known."""
    if request.regions is None:
        return None, None
    where, names = (path, photo.width, photo.height), {str(label.index), label.name.lower()}
    region = request.regions.of(*where)
    return region, request.regions.pair_of(*where, names=names | {(label.wnid or label.name).lower()})


@dataclass(frozen=True)
class _Made:
    """What a method made of a photo; cells: what is told of its map before anything is measured."""

    method: str
    made: MadeMap
    cells: dict[str, Any]


def _made_maps(request: EvaluateRequest, session: Session, *, seen: Seen) -> list[_Made]:
    """The maps of all methods that fit the model.

    Raises:
        ModelError: the only method does not.
    """
    made = []
    for method in request.config.methods:
        try:
            made.append(_made_map(request, session, seen=seen, method=method))
        except ModelError:  # the method does not fit the model: its cells stay empty
            if len(request.config.methods) == 1:
                raise
    return made


def _made_map(request: EvaluateRequest, session: Session, *, seen: Seen, method: str) -> _Made:
    asked, own, settings = seen.asked, method_in_list(method)[0].name, among_others(method, request.how)
    session.watcher.passes_planned(seen.path, planned_passes(own, asked, settings))

    def explain(question: Question) -> Explanation:
        return explain_with(own, question, settings, on_passes=session.watcher.passes_done)

    explanation = explain(asked)
    (found,) = explanation.classes
    made = MadeMap(
        config=request.config,
        asked=asked,
        saliency=found.map,
        explain=lambda question: explain(question).classes[0].map,
        unfrozen=lambda: session.unfrozen,
        region=seen.region,
        pair=seen.pair,
    )
    doubts = {
        "doubts": "; ".join(found.doubted),
        SENTENCES: tuple(f"{method}: {doubt}" for doubt in found.doubts),
    }
    return _Made(method, made, {"passes": explanation.passes, **doubts})


def _text(value: Any) -> str:
    """A cell: numbers to six digits, so that the table does not depend on the size of a batch; curves with spaces."""
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return " ".join(f"{float(each):.{DIGITS}g}" for each in value)
