"""`scorecam compare`: the same photo and class through several methods, side by side, with their price and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from scorecam_cli.choices import Fill
from scorecam_cli.errors import ModelError, OutputError, PhotoError
from scorecam_cli.figures.forms import COMPARED, forms
from scorecam_cli.figures.kinds import write_sheet
from scorecam_cli.figures.masked import seen
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.names import mark_of, named_output
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import EXACT, Photo, PhotoJob, layer_words
from scorecam_cli.runs.compared import ComparedMaps, Disturbed, MethodRun, entry
from scorecam_cli.runs.compared_figures import STABILITY, figures
from scorecam_cli.runs.description import note_score
from scorecam_cli.runs.memory import shortage_as_photo_error
from scorecam_cli.runs.places import require_place
from scorecam_cli.runs.request import CompareRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.saliency.answered import Answered
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.methods import among_others
from scorecam_cli.saliency.question import Question

UNTIMED_RUNS = 100  # passes; a method of fewer is run once untimed for the first photo, which compiles it


@dataclass(frozen=True)
class Compared:
    """One photo through all methods. description: what `--json` prints. paths: of the figures."""

    photo: PurePath
    description: Mapping[str, Any]
    paths: tuple[Path, ...]


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
    require_place(config.photos.output_dir, job.output)
    photo = read_photo(job.bytes_at, max_pixels=config.photos.max_pixels, seconds=config.photos.seconds)
    compared = compare_maps(request, session, path=job.photo, photo=photo, warmed=warmed)
    paths = []
    for ending, sheet in figures(config, compared):
        paths.append(named_output(Path(job.output), ending, compared.mark))
        write_sheet(paths[-1], sheet)
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
        "files": {
            figure: names
            for figure in COMPARED
            if (names := [path.name for path in paths if path.stem.endswith((f"-{figure}", f".{figure}"))])
        },
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
    alone = Question.about(session.classifier, photo.pixels, asked=config.classes, top=config.top)
    asked = alone.remembering(session.clock)
    runs = []
    for method in config.methods:
        if method not in warmed:
            _run_method(request, session, method=method, path=path, asked=alone.of_first_class, untimed=True)
            warmed.add(method)
        runs.append(_run_method(request, session, method=method, path=path, asked=asked))
    runs = _with_areas(asked, runs, seed=request.how.seed)
    mark = mark_of("score-cam", several=len(session.classifier.layers) > 1)
    wanted = any(form.figure == STABILITY for form in forms(config.save, COMPARED))
    disturbed = _disturbed(request, session, asked=asked, photo=photo, runs=runs) if wanted else None
    return ComparedMaps(path.name, photo, asked.scores, tuple(runs), mark, _making(session.classifier), disturbed)


def _disturbed(
    request: CompareRequest, session: Session, *, asked: Question, photo: Photo, runs: Sequence[MethodRun]
) -> Disturbed:
    """Each map again, of the photo with noise, at the size of the model's input.

    Raises:
        PhotoError: the photo has bands, which noise of so many levels is not for.
    """
    from scorecam_cli.faithfulness.stability import with_unseen_noise

    if photo.bands is not None:
        raise PhotoError("--save stability adds noise to colours, and this photo has bands: leave it out")
    classifier = session.classifier
    rgb = seen(photo.rgb, (*classifier.size, classifier.channels))
    noisy = with_unseen_noise(rgb, seed=request.config.model.seed)
    if classifier.channels == 1:
        noisy = np.repeat(noisy[..., :1], 3, axis=2)
    again = asked.about_image(classifier.prepare(noisy))
    maps = {
        run.method: tuple(
            each.map for each in explain_with(run.method, again, among_others(run.method, request.how)).classes
        )
        for run in runs
        if run.found
    }
    return Disturbed(rgb, noisy, maps)


def _making(classifier: PhotoClassifier) -> str:
    weights = f"{classifier.weights} weights" if classifier.weights.startswith("random") else ""
    layer = layer_words(classifier.layer, several=len(classifier.layers) > 1)
    return " · ".join(filter(None, (classifier.name, weights, layer)))


def _run_method(
    request: CompareRequest,
    session: Session,
    *,
    method: str,
    path: PurePath,
    asked: Question,
    untimed: bool = False,
) -> MethodRun:
    settings = among_others(method, request.how)
    planned = planned_passes(method, asked, settings)
    if untimed and planned > UNTIMED_RUNS:
        _warm(asked.filled_by(settings.fill))
        return MethodRun(method)
    session.watcher.passes_planned(path, planned)
    answered = asked.answered or Answered(session.clock)
    answered.taken()  # what a method that did not fit was spared is of no other
    began = session.clock()
    try:
        explanation = explain_with(method, asked, settings, on_passes=session.watcher.passes_done)
    except ModelError as error:
        if len(request.config.methods) == 1:
            raise
        return MethodRun(method, note=str(error))
    seconds, spared = session.clock() - began, answered.taken()
    return MethodRun(
        method,
        explanation.classes,
        seconds + spared.seconds,
        explanation.passes,
        signed=explanation.signed,
        fill=explanation.fill,
        layer=explanation.layer,
        variant=explanation.variant,
        live_channels=explanation.live_channels if explanation.selection != EXACT else 0,
        shared_passes=spared.passes,
    )


def _with_areas(asked: Question, runs: Sequence[MethodRun], *, seed: int) -> list[MethodRun]:
    """The same with the areas under the curves of each map, whose photos go through the model together."""
    from scorecam_cli.faithfulness.asking import ask_together
    from scorecam_cli.faithfulness.curves import STEPS, Ends, curve_pictures, curves_of
    from scorecam_cli.faithfulness.ranks import pixel_ranks

    ends = Ends.of(asked.image, Fill.ZERO, Fill.BLUR)
    found = [each for run in runs for each in run.found]
    pictures = [curve_pictures(ends, pixel_ranks(each.map, seed=seed), steps=STEPS) for each in found]
    areas = []
    for each, answers in zip(found, ask_together(asked.model, pictures), strict=True):
        curves = curves_of(answers[:, each.score.label.index], each.map.size)
        areas.append((curves.deletion.area, curves.insertion.area))
    of_runs = iter(areas)
    return [replace(run, areas=tuple(next(of_runs) for _ in run.found)) for run in runs]


def _warm(asked: Question) -> None:
    """Compile the passes of masks and of photos, so that the first photo's seconds are those of any other."""
    if asked.model.has_layers:
        grid = asked.observation.activations[:, :, :1].transpose(2, 0, 1)
        asked.classifier.masked_answers(asked.image, grid, filling=asked.filling)
    asked.model.photo_answers(1, lambda _first, _last: asked.image[None])
