"""Joins the stages: from a configuration to one outcome per photo, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scorecam_cli.config import ExplainConfig, PredictConfig
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures import kinds
from scorecam_cli.models.requested import known_labels
from scorecam_cli.photos import draw
from scorecam_cli.photos.names import mark_of
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassScore, Explained, Failed, Outcome, Photo, PhotoJob, Redone
from scorecam_cli.runs.current import look_up
from scorecam_cli.runs.memory import give_back, shortage_as_photo_error
from scorecam_cli.runs.outputs import ComputedPhoto, Drawing, Stop, write_outputs
from scorecam_cli.runs.session import Session, Watcher, method_settings
from scorecam_cli.runs.settings import explain_settings
from scorecam_cli.runs.stages import Admit, in_stages
from scorecam_cli.saliency.methods import check, explain_with, planned_passes, with_steps
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


@dataclass(frozen=True)
class Predicted:
    """The most probable classes of one photo."""

    photo: Path
    model: str
    classes: tuple[ClassScore, ...]


def explain_photos(
    config: ExplainConfig,
    jobs: Sequence[PhotoJob],
    *,
    watcher: Watcher,
    clock: Callable[[], float],
    settings: Mapping[str, Any] | None = None,
) -> Generator[Outcome, None, None]:
    """Explain each photo and write its files; a photo that fails does not stop the others.

    The next photos are read and the last ones drawn and written while the model, in the calling thread, computes. The
    model is loaded when the first photo needs it. To stop early, close the iterator: no file is left torn.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    _check_outputs(config)
    settings = explain_settings(config) if settings is None else settings
    session = Session(config.model, watcher)
    halt = threading.Event()
    drawing = Drawing(config.save, config.colormap, config.alpha)
    stages = in_stages(
        jobs,
        read=partial(_read, config, settings, clock=clock),
        compute=partial(_compute, session, config, clock=clock),
        write=partial(write_outputs, drawing, settings, halt=halt, clock=clock),
        halt=halt,
        clock=clock,
        most_weight=PIXELS_UNDER_WAY,
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


def predict_photos(
    config: PredictConfig, jobs: Sequence[PhotoJob], *, watcher: Watcher
) -> Iterator[Predicted | Failed]:
    """Name the most probable classes of each photo; a photo that fails does not stop the others.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    known_labels(config.model)
    session = Session(config.model, watcher)
    for job in jobs:
        try:
            with shortage_as_photo_error():
                predicted = _predict(config, session, job)
        except PhotoError as error:
            yield Failed(job.photo, str(error))
        else:
            yield predicted


def _predict(config: PredictConfig, session: Session, job: PhotoJob) -> Predicted:
    photo = read_photo(job.photo, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    classifier = session.classifier
    asked = Question.about(classifier, photo.rgb)
    return Predicted(job.photo, classifier.name, asked.most_probable(config.top))


def _read(
    config: ExplainConfig, settings: Mapping[str, Any], job: PhotoJob, admit: Admit, *, clock: Callable[[], float]
) -> ReadPhoto | Outcome:
    """The photo, or the outcome where it is known already: up to date, or not to be read."""
    mark = mark_of(config.method, config.variant)
    earlier = look_up(job, settings, mark=mark, force=config.force)
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
            photo = read_photo(job.photo, max_pixels=limits.max_pixels, seconds=limits.seconds, admit=wait_for_room)
    except PhotoError as error:
        return Failed(job.photo, str(error))
    return ReadPhoto(job, photo, clock() - began - waited, earlier)


def _compute(
    session: Session, config: ExplainConfig, read: ReadPhoto | Outcome, *, clock: Callable[[], float]
) -> ComputedPhoto | Outcome:
    """The maps of a photo; an outcome that is known already is handed on."""
    if not isinstance(read, ReadPhoto):
        return read
    try:
        with shortage_as_photo_error():
            return _explain(session, config, read, clock)
    except PhotoError as error:
        return Failed(read.job.photo, str(error))


def _explain(session: Session, config: ExplainConfig, read: ReadPhoto, clock: Callable[[], float]) -> ComputedPhoto:
    job, photo, settings = read.job, read.photo, method_settings(config)
    classifier = session.classifier  # loaded for the first photo; not counted as that photo's time
    began = clock()
    asked = Question.about(classifier, photo.rgb, asked=config.classes, top=config.top)
    give_back(photo.width * photo.height)
    session.watcher.passes_planned(job.photo, planned_passes(config.method, asked, settings))
    passes_began = clock()
    explanation = explain_with(config.method, asked, settings, on_passes=session.watcher.passes_done)
    ended = clock()
    seconds = read.seconds + ended - began
    return ComputedPhoto(
        job,
        photo,
        session.description,
        explanation,
        predictions=asked.most_probable(NOTED_PREDICTIONS),
        seconds=seconds,
        pass_seconds=ended - passes_began,
        redone=read.redone,
    )


def check_request(config: ExplainConfig) -> dict[str, Any]:
    """Everything that can be wrong with a request before any photo or model is opened.

    Returns:
        What the outputs depend on beside the photos, for `explain_photos`: files are read for it once.

    Raises:
        UsageError: an unknown class, colour map, model, method or labels file, or settings that do not go together.
    """
    _check_outputs(config)
    check(config.method, method_settings(config))
    return explain_settings(config)


def _check_outputs(config: ExplainConfig) -> None:
    """Raise UsageError unless what is to be saved can be drawn of maps of this method."""
    kinds.check(config.save, method=config.method, with_steps=with_steps())
    draw.check_colormap(config.colormap)
