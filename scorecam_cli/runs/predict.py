"""`scorecam predict`: the most probable classes of each photo."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

from scorecam_cli.outcomes import Failed
from scorecam_cli.records import ClassScore, PhotoJob
from scorecam_cli.runs.request import PredictRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import Admit
from scorecam_cli.runs.under_way import ReadPhoto, Work, read_timed
from scorecam_cli.saliency.question import Question


@dataclass(frozen=True)
class Predicted:
    """The most probable classes of one photo."""

    photo: PurePath
    model: str
    classes: tuple[ClassScore, ...]


def predict_photos(
    request: PredictRequest, session: Session, jobs: Iterable[PhotoJob]
) -> Generator[Predicted | Failed, None, None]:
    """Name the most probable classes of each photo; a photo that fails does not stop the others.

    The next photos are read while the model, in the calling thread, computes. Each is a pass of its own: in a batch the
    last digits of its probabilities would be others.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    work: Work[Predicted, Predicted] = Work(
        read=partial(_read, request, session),
        compute=partial(_predict, request, session),
        write=lambda predicted: predicted,
        writers=1,
    )
    return work.on_each(session, jobs)


def _read(request: PredictRequest, session: Session, job: PhotoJob, admit: Admit) -> ReadPhoto:
    return ReadPhoto(job, *read_timed(job, request.config.photos, clock=session.clock, admit=admit))


def _predict(request: PredictRequest, session: Session, read: ReadPhoto) -> Predicted:
    asked = Question.about(session.classifier, read.photo.pixels)
    return Predicted(read.job.photo, session.classifier.name, asked.most_probable(request.config.top))
