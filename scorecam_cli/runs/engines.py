"""Who does the work of a run: this process, or workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TypeVar

from scorecam_cli.choices import Engine
from scorecam_cli.outcomes import Failed, Outcome
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.crew import Crew
from scorecam_cli.runs.explain import explain_photos, up_to_date
from scorecam_cli.runs.many import with_crew
from scorecam_cli.runs.predict import Predicted, predict_photos
from scorecam_cli.runs.processes import Processes
from scorecam_cli.runs.request import ExplainRequest, PredictRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.worker import PhotoWork, Run
from scorecam_cli.worker_settings import WorkerSettings

Result = TypeVar("Result")


def explained_by(
    settings: WorkerSettings, request: ExplainRequest, session: Session, jobs: Sequence[PhotoJob]
) -> Generator[Outcome, None, None]:
    """Explain each photo and write its files, as `explain_photos` does, by whoever is asked for.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    if _alone(settings):
        return explain_photos(request, session, jobs)
    return _shared(settings, explain_photos, session, jobs, known=partial(up_to_date, request, session))


def predicted_by(
    settings: WorkerSettings, request: PredictRequest, session: Session, jobs: Sequence[PhotoJob]
) -> Generator[Predicted | Failed, None, None]:
    """Name the most probable classes of each photo, as `predict_photos` does, by whoever is asked for.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    if _alone(settings):
        return predict_photos(request, session, jobs)
    return _shared(settings, predict_photos, session, jobs, known=_nothing)


def _shared(
    settings: WorkerSettings,
    run: Run,
    session: Session,
    jobs: Sequence[PhotoJob],
    *,
    known: Callable[[PhotoJob], Result | None],
) -> Generator[Result | Failed, None, None]:
    crew = CREWS[settings.engine](settings, partial(PhotoWork, run, session.request, session.clock), len(jobs))
    return with_crew(jobs, crew, known=known, watcher=session.watcher)


def _processes(settings: WorkerSettings, work: Callable[[int], PhotoWork], photos: int) -> Crew:
    count = min(settings.workers or 1, max(1, photos))
    return Processes(count, work(count))


def _actors(settings: WorkerSettings, work: Callable[[int], PhotoWork], photos: int) -> Crew:
    from scorecam_cli.runs.on_ray import RayCrew

    return RayCrew(settings.workers, work, address=settings.address or "auto", gpus=settings.gpus_per_worker)


CREWS: dict[Engine, Callable[[WorkerSettings, Callable[[int], PhotoWork], int], Crew]] = {
    Engine.LOCAL: _processes,
    Engine.RAY: _actors,
}


def _alone(settings: WorkerSettings) -> bool:
    return settings.engine == Engine.LOCAL and settings.workers is None


def _nothing(_job: PhotoJob) -> Predicted | None:
    return None
