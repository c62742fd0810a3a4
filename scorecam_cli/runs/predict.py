"""`scorecam predict`: the most probable classes of each photo."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import PurePath

from scorecam_cli.errors import PhotoError
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassScore, PhotoJob
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.request import PredictRequest
from scorecam_cli.runs.session import Session
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

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    for job in jobs:
        try:
            with shortage_as_photo_error():
                predicted = _predict(request, session, job)
        except PhotoError as error:
            yield Failed(job.photo, str(error))
        else:
            yield predicted


def _predict(request: PredictRequest, session: Session, job: PhotoJob) -> Predicted:
    limits = request.config.photos
    photo = read_photo(job.bytes_at, max_pixels=limits.max_pixels, seconds=limits.seconds)
    session.begun(job.photo)
    asked = Question.about(session.classifier, photo.pixels)
    return Predicted(job.photo, session.classifier.name, asked.most_probable(request.config.top))
