"""Joins the stages: from a configuration to one outcome per photo, in order."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from functools import partial

from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures.paper import Paper
from scorecam_cli.files.remote import look_at
from scorecam_cli.outcomes import Explained, Outcome, Redone
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.current import look_up
from scorecam_cli.runs.memory import give_back
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, Stop, write_outputs
from scorecam_cli.runs.places import require_place
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.roles import with_roles
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import Admit
from scorecam_cli.runs.under_way import ReadPhoto, Work, read_timed
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.question import Question

NOTED_PREDICTIONS = 5  # in the manifest


def explain_photos(
    request: ExplainRequest, session: Session, jobs: Iterable[PhotoJob]
) -> Generator[Outcome, None, None]:
    """Explain each photo and write its files; a photo that fails does not stop the others.

    The next photos are read and the last ones drawn and written while the model, in the calling thread, computes. The
    model is loaded when the first photo needs it. To stop early, close the iterator: no file is left torn.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    return _work(request, session).on_each(session, jobs)


def explain_one(request: ExplainRequest, session: Session, job: PhotoJob) -> Outcome:
    """Explain one photo and write its files, in the calling thread: what an engine of another kind runs for each job.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, of this photo or another.
    """
    outcome = _work(request, session).on_one(session, job)
    if isinstance(outcome, Stop):
        raise OutputError(outcome.failed.reason)
    return outcome


def up_to_date(request: ExplainRequest, session: Session, job: PhotoJob) -> Explained | None:
    """The outcome of a photo whose files an earlier run has made so, else None.

    Raises:
        UsageError: a bucket cannot be listed or read.
    """
    try:
        earlier = _earlier(request, session, job.looked_at(look_at))
    except PhotoError:  # to be told where the photo is read
        return None
    return earlier if isinstance(earlier, Explained) else None


def _work(request: ExplainRequest, session: Session) -> Work[ComputedPhoto | Explained, Explained]:
    halt = threading.Event()
    return Work(
        read=partial(_read, request, session),
        compute=partial(_explain, request, session),
        write=partial(_write, request, session, halt=halt),
        halt=halt,
    )


def _read(request: ExplainRequest, session: Session, job: PhotoJob, admit: Admit) -> ReadPhoto | Explained:
    """The photo, or the outcome where it is up to date.

    Raises:
        PhotoError: it cannot be read.
    """
    job = job.looked_at(look_at)
    earlier = _earlier(request, session, job)
    if isinstance(earlier, Explained):
        return earlier
    photo, seconds = read_timed(job, request.config.photos, clock=session.clock, admit=admit)
    return ReadPhoto(job, photo, seconds, earlier)


def _earlier(request: ExplainRequest, session: Session, job: PhotoJob) -> Explained | Redone | None:
    """What an earlier run has left of a photo, see `look_up`.

    Raises:
        PhotoError: the file of classes does not name it. UsageError: a bucket cannot be listed or read.
    """
    config, settings = request.config, request.settings_of(job.photo)
    seconds = config.photos.seconds
    return look_up(job, settings, mark=request.mark, force=config.force, listings=session.listings, seconds=seconds)


def _explain(request: ExplainRequest, session: Session, read: ReadPhoto) -> ComputedPhoto:
    job, photo, config, clock = read.job, read.photo, request.config, session.clock
    require_place(config.photos.output_dir, job.output)
    classifier = session.classifier  # loaded for the first photo; not counted as that photo's time
    began = clock()
    asked = Question.about(classifier, photo.pixels, asked=config.classes, top=config.top, against=config.against)
    expected = request.expected(job.photo)
    asked = asked if expected is None else asked.expecting(expected)
    give_back(photo.width * photo.height)
    session.watcher.passes_planned(job.photo, planned_passes(config.method, asked, request.how))
    passes_began = clock()
    explanation = explain_with(config.method, asked, request.how, on_passes=session.watcher.passes_done)
    ended = clock()
    seconds = read.seconds + ended - began
    return ComputedPhoto(
        job,
        photo,
        session.description,
        explanation if expected is None else with_roles(explanation),
        predictions=asked.most_probable(NOTED_PREDICTIONS),
        seconds=seconds,
        pass_seconds=ended - passes_began,
        redone=read.redone,
    )


def _write(
    request: ExplainRequest, session: Session, computed: ComputedPhoto | Explained, *, halt: threading.Event
) -> Outcome | Stop:
    """The outcome of a photo, its files written now; one that is up to date is handed on."""
    if isinstance(computed, Explained):
        return computed
    config = request.config
    drawing = Drawing(config.save, config.colormap, config.alpha, Paper(config.width, config.dpi))
    settings = request.settings_of(computed.job.photo)
    return write_outputs(drawing, settings, computed, halt=halt, clock=session.clock)
