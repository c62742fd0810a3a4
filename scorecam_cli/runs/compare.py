"""`scorecam compare`: the same photo and class through several methods, side by side, with their price and numbers."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from scorecam_cli.choices import Fill
from scorecam_cli.errors import ModelError, PhotoError
from scorecam_cli.figures.forms import COMPARED, forms
from scorecam_cli.figures.kinds import write_sheet
from scorecam_cli.figures.masked import seen
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.outcomes import Failed
from scorecam_cli.photos.names import mark_of, named_output
from scorecam_cli.records import EXACT, Photo, PhotoJob, layer_words
from scorecam_cli.runs.compared import ComparedMaps, Disturbed, MethodRun, entry
from scorecam_cli.runs.compared_figures import STABILITY, figures
from scorecam_cli.runs.description import note_score
from scorecam_cli.runs.outputs import HaltError
from scorecam_cli.runs.places import require_place
from scorecam_cli.runs.request import CompareRequest
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.stages import Admit
from scorecam_cli.runs.under_way import ReadPhoto, Work, read_timed
from scorecam_cli.saliency.answered import Answered
from scorecam_cli.saliency.explaining import explain_with, planned_passes
from scorecam_cli.saliency.methods import among_others, method_in_list
from scorecam_cli.saliency.question import Question

UNTIMED_RUNS = 100  # passes; a method of fewer is run once untimed for the first photo, which compiles it


@dataclass(frozen=True)
class Compared:
    """One photo through all methods. description: what `--json` prints. paths: of the figures."""

    photo: PurePath
    description: Mapping[str, Any]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class _Mapped:
    """A photo with the maps of all methods, before anything is drawn."""

    job: PhotoJob
    compared: ComparedMaps


def compare_photos(
    request: CompareRequest, session: Session, jobs: Iterable[PhotoJob]
) -> Generator[Compared | Failed, None, None]:
    """Draw the maps of all methods for each photo; a photo that fails does not stop the others.

    The next photos are read and the figures of the last one drawn while the model, in the calling thread, computes what
    is not timed: the seconds of a method are without either.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
        OutputError: nothing more can be written, as the photo that failed last says.
    """
    warmed: set[str] = set()
    halt = threading.Event()
    work: Work[_Mapped, Compared] = Work(
        read=partial(_read, request, session),
        compute=partial(_map, request, session, warmed),
        write=partial(_draw, request, session, halt=halt),
        writers=1,
        halt=halt,
    )
    return work.on_each(session, jobs)


def _read(request: CompareRequest, session: Session, job: PhotoJob, admit: Admit) -> ReadPhoto:
    def admit_meanwhile(pixels: float) -> None:
        session.undisturbed.release()  # or what is timed would wait for room that it does not give before it is over
        try:
            admit(pixels)
        finally:
            session.undisturbed.acquire()

    with session.undisturbed:
        return ReadPhoto(job, *read_timed(job, request.config.photos, clock=session.clock, admit=admit_meanwhile))


def _map(request: CompareRequest, session: Session, warmed: set[str], read: ReadPhoto) -> _Mapped:
    require_place(request.config.photos.output_dir, read.job.output)
    return _Mapped(read.job, compare_maps(request, session, path=read.job.photo, photo=read.photo, warmed=warmed))


def _draw(request: CompareRequest, session: Session, mapped: _Mapped, *, halt: threading.Event) -> Compared:
    """Write the figures of a photo, each when nothing is timed."""
    compared, paths = mapped.compared, []
    drawn = figures(request.config, compared)
    while True:
        with session.undisturbed:
            if (figure := next(drawn, None)) is None:
                break
            ending, sheet = figure
            paths.append(named_output(Path(mapped.job.output), ending, compared.mark))
            write_sheet(paths[-1], sheet)
        if halt.is_set():
            raise HaltError
    return Compared(mapped.job.photo, _description(session, mapped, paths), tuple(paths))


def _description(session: Session, mapped: _Mapped, paths: Sequence[Path]) -> dict[str, Any]:
    """What `--json` prints of a photo."""
    classifier, compared = session.classifier, mapped.compared
    return {
        "schema": 1,
        "photo": str(mapped.job.photo),
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
    if alone.model.has_layers:
        alone.classifier.passes.wait_for_compiling()  # which would disturb what is timed
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
            each.map
            for each in explain_with(
                method_in_list(run.method)[0].name, again, among_others(run.method, request.how)
            ).classes
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
    own, settings = method_in_list(method)[0].name, among_others(method, request.how)
    planned = planned_passes(own, asked, settings)
    if untimed and planned > UNTIMED_RUNS:
        _warm(asked.filled_by(settings.fill))
        return MethodRun(method)
    session.watcher.passes_planned(path, planned)
    answered = asked.answered or Answered(session.clock)
    answered.taken()  # what a method that did not fit was spared is of no other
    try:
        with session.undisturbed:
            began = session.clock()
            explanation = explain_with(own, asked, settings, on_passes=session.watcher.passes_done)
            seconds = session.clock() - began
    except ModelError as error:
        if len(request.config.methods) == 1:
            raise
        return MethodRun(method, note=str(error))
    spared = answered.taken()
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
