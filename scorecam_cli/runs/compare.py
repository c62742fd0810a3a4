"""`scorecam compare`: the same photo and class through several methods, side by side, with their price and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from scorecam_cli.config import CompareConfig
from scorecam_cli.errors import ModelError, OutputError, PhotoError
from scorecam_cli.figures.compare import Look, Tile, compare_figure, compare_grid
from scorecam_cli.files import write
from scorecam_cli.photos.names import SCORECAM, mark_of, named_output
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassMap, ClassScore, Failed, Photo, PhotoJob, fill_words
from scorecam_cli.runs.description import note_score
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.request import CompareRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.methods import among_others
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNSIGNED = "has no sign: only what speaks for the class"
UNTIMED_RUNS = 100  # passes; a method of fewer is run once untimed for the first photo, which compiles it


@dataclass(frozen=True)
class Compared:
    """One photo through all methods. description: what `--json` prints. paths: of the figures."""

    photo: PurePath
    description: Mapping[str, Any]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class MethodRun:
    """One method on one photo, all classes; found is empty where the method does not fit the model, and note says why.

    areas: deletion and insertion for each class.
    signed, fill, layer: as in Explanation.
    """

    method: str
    found: tuple[ClassMap, ...] = ()
    seconds: float = 0.0
    passes: int = 0
    areas: tuple[tuple[float, float], ...] = ()
    note: str = ""
    signed: bool = False
    fill: str | None = None
    layer: str = ""


@dataclass(frozen=True)
class ComparedMaps:
    """One photo through all methods, before anything is drawn.

    name: of the photo. scores: of each class. runs: of each method, in the order asked for.
    mark: stands in the names of figures, so that those of several layers take the place of none of one.
    """

    name: str
    photo: Photo
    scores: tuple[ClassScore, ...]
    runs: tuple[MethodRun, ...]
    mark: str = SCORECAM


def compare_photos(request: CompareRequest, session: Session, jobs: Sequence[PhotoJob]) -> Iterator[Compared | Failed]:
    """Draw the maps of all methods for each photo; a photo that fails does not stop the others.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    warmed: set[str] = set()
    for job in jobs:
        try:
            with shortage_as_photo_error():
                compared = _compare(request, session, job=job, warmed=warmed)
        except OutputError as error:
            yield Failed(job.photo, str(error))
            raise
        except PhotoError as error:
            yield Failed(job.photo, str(error))
        else:
            yield compared


def _compare(request: CompareRequest, session: Session, *, job: PhotoJob, warmed: set[str]) -> Compared:
    config = request.config
    photo = read_photo(job.bytes_at, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    compared = compare_maps(request, session, path=job.photo, photo=photo, warmed=warmed)
    paths = []
    for ending, pixels in figures(config, compared):
        paths.append(named_output(Path(job.output), ending, compared.mark))
        write.write_png(paths[-1], pixels)
    classifier = session.classifier
    description = {
        "schema": 1,
        "photo": str(job.photo),
        "model": classifier.name,
        "weights": classifier.weights,
        "layer": classifier.layer,
        "layers": list(classifier.layers),
        "classes": [
            {**asdict(note_score(score)), "methods": [entry(run, place) for run in compared.runs]}
            for place, score in enumerate(compared.scores)
        ],
        "files": {"compare": [path.name for path in paths]},
    }
    return Compared(job.photo, description, tuple(paths))


def compare_maps(
    request: CompareRequest,
    session: Session,
    *,
    path: PurePath,
    photo: Photo,
    warmed: set[str],
) -> ComparedMaps:
    """The maps of all methods for one photo, with their price and their numbers.

    Args:
        request: methods and classes.
        session: with the model.
        path: what the photo is called.
        photo: itself.
        warmed: methods that have run untimed already; those of this photo are added.

    Raises:
        PhotoError: the model returns a value that is not finite. ModelError: the only method does not fit the model.
    """
    config = request.config
    asked = Question.about(session.classifier, photo.pixels, asked=config.classes, top=config.top)
    runs = []
    for method in config.methods:
        if method not in warmed:
            _run_method(request, session, method=method, path=path, asked=asked.of_first_class, untimed=True)
            warmed.add(method)
        runs.append(_run_method(request, session, method=method, path=path, asked=asked))
    mark = mark_of("score-cam", several=len(session.classifier.layers) > 1)
    return ComparedMaps(path.name, photo, asked.scores, tuple(runs), mark)


def _run_method(
    request: CompareRequest,
    session: Session,
    *,
    method: str,
    path: PurePath,
    asked: Question,
    untimed: bool = False,
) -> MethodRun:
    from scorecam_cli.faithfulness.curves import deletion_and_insertion

    settings = among_others(method, request.how)
    planned = planned_passes(method, asked, settings)
    if untimed and planned > UNTIMED_RUNS:
        _warm(asked.filled_by(settings.fill))
        return MethodRun(method)
    session.watcher.passes_planned(path, planned)
    began = session.clock()
    try:
        explanation = explain_with(method, asked, settings, on_passes=session.watcher.passes_done)
    except ModelError as error:
        if len(request.config.methods) == 1:
            raise
        return MethodRun(method, note=str(error))
    seconds = session.clock() - began
    areas = []
    for found in () if untimed else explanation.classes:
        index = found.score.label.index
        curves = deletion_and_insertion(
            asked.model, asked.image, saliency=found.map, class_index=index, seed=settings.seed
        )
        areas.append((curves.deletion.area, curves.insertion.area))
    return MethodRun(
        method,
        explanation.classes,
        seconds,
        explanation.passes,
        tuple(areas),
        signed=explanation.signed,
        fill=explanation.fill,
        layer=explanation.layer,
    )


def _warm(asked: Question) -> None:
    """Compile the passes of masks and of photos, so that the first photo's seconds are those of any other."""
    if asked.model.has_layers:
        grid = asked.observation.activations[:, :, :1].transpose(2, 0, 1)
        asked.classifier.masked_answers(asked.image, grid, filling=asked.filling)
    asked.model.photo_answers(1, lambda _first, _last: asked.image[None])


def entry(run: MethodRun, place: int) -> dict[str, Any]:
    """What one method came to for the class in this place, as `--json` prints it."""
    if not run.found:
        return {"method": run.method, "note": run.note}
    deletion, insertion = run.areas[place]
    estimate = run.found[place].estimated_correlation
    return {
        "method": run.method,
        "layer": run.layer,
        "seconds": round(run.seconds, 3),
        "passes": run.passes,
        "deletion": round(deletion, 6),
        "insertion": round(insertion, 6),
        "estimated_correlation": None if estimate is None else round(estimate, 6),
        "doubts": list(run.found[place].doubts),
        "signed": run.signed,
        "fill": run.fill,
    }


def figures(config: CompareConfig, compared: ComparedMaps) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """One figure for each class, or one with a row for each: how its file's name ends, and uint8 [rows, columns, 3]."""
    if config.rows:
        rows = [(_title(score), _tiles(config, compared, place)) for place, score in enumerate(compared.scores)]
        yield "compare.png", compare_grid(compared.photo.rgb, rows, title=compared.name, look=_look(config))
        return
    for place, score in enumerate(compared.scores):
        yield f"{score.label.index}-compare.png", figure_of(config, compared, place)


def figure_of(config: CompareConfig, compared: ComparedMaps, place: int) -> NDArray[np.uint8]:
    """All methods' overlays of the class in this place: uint8 [rows, columns, 3]."""
    title = _title(compared.scores[place])
    return compare_figure(compared.photo.rgb, _tiles(config, compared, place), title=title, look=_look(config))


def _look(config: CompareConfig) -> Look:
    return Look(config.colormap, config.alpha, config.signed)


def _title(score: ClassScore) -> str:
    return f"{score.label.name} ({score.label.index}), {score.said}"


def _tiles(config: CompareConfig, compared: ComparedMaps, place: int) -> list[Tile]:
    return [_tile(run, place, signed=config.signed) for run in compared.runs]


def _tile(run: MethodRun, place: int, *, signed: bool) -> Tile:
    if not run.found:
        return Tile(None, title=run.method, lines=(), note=run.note)
    deletion, insertion = run.areas[place]
    lines = (
        f"{run.seconds:.2g} s, {run.passes} passes",
        f"deletion {deletion:.3f}, insertion {insertion:.3f}",
        *filter(None, (fill_words(run.fill), UNSIGNED if signed and not run.signed else "")),
    )
    return Tile(run.found[place].map, title=run.method, lines=lines, doubts=run.found[place].doubts)
