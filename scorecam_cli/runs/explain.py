"""Joins the stages: from a configuration to one outcome per photo, in order."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures.paper import Paper
from scorecam_cli.files.remote import look_at
from scorecam_cli.outcomes import Explained, Failed, Outcome, Redone
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import Photo, PhotoJob
from scorecam_cli.runs.current import look_up
from scorecam_cli.runs.memory import give_back, shortage_as_photo_error
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, Stop, write_outputs
from scorecam_cli.runs.places import require_place
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.roles import with_roles
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import Admit, in_stages
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.question import Question

NOTED_PREDICTIONS = 5  # in the manifest
# Of all photos between reading and the end of writing: each pixel takes 3 bytes, and 5 while it is written. 800 MB.
PIXELS_UNDER_WAY = 100_000_000


@dataclass(frozen=True)
class ReadPhoto:
    """A photo that needs a map; seconds: of reading it. redone: why, where an earlier run has made some."""

    job: PhotoJob
    photo: Photo
    seconds: float
    redone: Redone | None = None


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
    halt = threading.Event()
    stages = in_stages(
        jobs,
        read=partial(_read, request, session),
        compute=partial(_compute, request, session),
        write=partial(_write, request, session, halt=halt),
        halt=halt,
        clock=session.clock,
        most_weight=PIXELS_UNDER_WAY / session.share,
    )
    with closing(stages):
        for outcome in stages:
            if isinstance(outcome, Stop):
                yield outcome.failed
                raise OutputError(
                    f"the run stops here: {outcome.failed.reason}, and so it would be for every photo; put that right "
                    "and run the same command again to go on"
                )
            yield outcome


def explain_one(request: ExplainRequest, session: Session, job: PhotoJob) -> Outcome:
    """Explain one photo and write its files, in the calling thread: what an engine of another kind runs for each job.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, of this photo or another.
    """
    read = _read(request, session, job, lambda pixels: None)
    computed = _compute(request, session, read)
    outcome = _write(request, session, computed, halt=threading.Event())
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


def _read(request: ExplainRequest, session: Session, job: PhotoJob, admit: Admit) -> ReadPhoto | Outcome:
    """The photo, or the outcome where it is known already: up to date, or not to be read."""
    config, clock = request.config, session.clock
    try:
        job = job.looked_at(look_at)
        earlier = _earlier(request, session, job)
    except PhotoError as error:
        return Failed(job.photo, str(error))
    if isinstance(earlier, Explained):
        return earlier
    waited = 0.0

    def wait_for_room(pixels: int) -> None:
        nonlocal waited
        since = clock()
        admit(pixels)
        waited += clock() - since

    began, limits = clock(), config.photos
    try:
        with shortage_as_photo_error():
            photo = read_photo(job.bytes_at, max_pixels=limits.max_pixels, seconds=limits.seconds, admit=wait_for_room)
    except PhotoError as error:
        return Failed(job.photo, str(error))
    return ReadPhoto(job, photo, clock() - began - waited, earlier)


def _earlier(request: ExplainRequest, session: Session, job: PhotoJob) -> Explained | Redone | None:
    """What an earlier run has left of a photo, see `look_up`.

    Raises:
        PhotoError: the file of classes does not name it. UsageError: a bucket cannot be listed or read.
    """
    config, settings = request.config, request.settings_of(job.photo)
    seconds = config.photos.seconds
    return look_up(job, settings, mark=request.mark, force=config.force, listings=session.listings, seconds=seconds)


def _compute(request: ExplainRequest, session: Session, read: ReadPhoto | Outcome) -> ComputedPhoto | Outcome:
    """The maps of a photo; an outcome that is known already is handed on."""
    if not isinstance(read, ReadPhoto):
        return read
    session.begun(read.job.photo)
    try:
        with shortage_as_photo_error():
            return _explain(request, session, read)
    except PhotoError as error:
        return Failed(read.job.photo, str(error))


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
    request: ExplainRequest, session: Session, computed: ComputedPhoto | Outcome, *, halt: threading.Event
) -> Outcome | Stop:
    """The outcome of a photo, its files written now; one that is known already is handed on."""
    if not isinstance(computed, ComputedPhoto):
        return computed
    config = request.config
    drawing = Drawing(config.save, config.colormap, config.alpha, Paper(config.width, config.dpi))
    settings = request.settings_of(computed.job.photo)
    return write_outputs(drawing, settings, computed, halt=halt, clock=session.clock)
