"""From maps to files: pictures drawn and written, the manifest last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scorecam_cli.choices import Role
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures import kinds
from scorecam_cli.figures.paper import SCREEN, Paper
from scorecam_cli.figures.subject import Subject
from scorecam_cli.files import write
from scorecam_cli.manifest import Manifest, Seconds, WrittenFile
from scorecam_cli.outcomes import Explained, Failed, Outcome, Redone
from scorecam_cli.photos import manifest, names
from scorecam_cli.records import ClassMap, ClassScore, Explanation, ModelDescription, Photo, PhotoJob
from scorecam_cli.runs.description import describe
from scorecam_cli.runs.memory import give_back, shortage_as_photo_error
from scorecam_cli.runs.staging import publish, staged


@dataclass(frozen=True)
class ComputedPhoto:
    """A photo with its maps, before anything is drawn.

    predictions: the most probable classes. seconds: of reading and computing; pass_seconds: of the masked passes alone.
    """

    job: PhotoJob
    photo: Photo
    model: ModelDescription
    explanation: Explanation
    seconds: float
    pass_seconds: float
    predictions: tuple[ClassScore, ...] = ()
    redone: Redone | None = None


@dataclass(frozen=True)
class Drawing:
    """Which files are made of each class, and how they look.

    save: names of `figures.kinds`.
    colormap: a name that matplotlib knows.
    alpha: opacity of the map in overlays, in [0, 1].
    paper: what figures are drawn for.
    """

    save: tuple[str, ...]
    colormap: str
    alpha: float
    paper: Paper = SCREEN


@dataclass(frozen=True)
class Stop:
    """A photo that failed for a reason that every other photo would meet as well."""

    failed: Failed


class HaltError(Exception):
    """The run is over before all files of a photo are written; nobody waits for the rest."""


def write_outputs(
    drawing: Drawing,
    settings: Mapping[str, Any],
    computed: ComputedPhoto,
    *,
    halt: threading.Event,
    clock: Callable[[], float],
) -> Outcome | Stop:
    """The outcome of a photo whose files are written now, the manifest last."""
    job, again = computed.job, computed.redone is not None
    try:
        with staged(job.output) as output:
            described, written = _write_all(drawing, settings, computed, output, halt=halt, clock=clock)
            paths = publish(written, job.output, again=again, before_each=lambda: _stop_if(halt))
    except OutputError as error:
        return Stop(Failed(job.photo, str(error)))
    except PhotoError as error:
        return Failed(job.photo, str(error))
    return Explained(job, described, paths, redone=computed.redone)


def _write_all(
    drawing: Drawing,
    settings: Mapping[str, Any],
    computed: ComputedPhoto,
    output: Path,
    *,
    halt: threading.Event,
    clock: Callable[[], float],
) -> tuple[Manifest, tuple[Path, ...]]:
    """Write the files of a photo and then its manifest, all of whose names begin with `output`."""
    began = clock()
    path = names.manifest_path(output, _mark(computed.explanation))
    _stop_if(halt)
    write.remove(path)  # or a kill would leave an earlier manifest beside files of this run
    with shortage_as_photo_error():
        written = _write_maps(drawing, computed, output, halt)
    total = computed.seconds + clock() - began
    described = describe(
        computed.job,
        computed.photo,
        computed.model,
        computed.explanation,
        files=written.paths,
        outputs=written.files,
        predictions=computed.predictions,
        seconds=Seconds(passes=round(computed.pass_seconds, 3), total=round(total, 3)),
        settings=settings,
    )
    _stop_if(halt)
    manifest.write_manifest(path, described)
    return described, (*dict.fromkeys(made for group in written.paths for made in group.values()), path)


@dataclass
class _Written:
    """The files of a photo so far: of each class the paths by kind, and each file as it was written."""

    paths: list[dict[str, Path]] = field(default_factory=list)
    files: dict[str, WrittenFile] = field(default_factory=dict)


def _write_maps(drawing: Drawing, computed: ComputedPhoto, output: Path, halt: threading.Event) -> _Written:
    """Draw and write the files of each class, in the order of the classes."""
    written, mark, pair = _Written(), _mark(computed.explanation), pair_of(computed.explanation)
    for found in computed.explanation.classes:
        subject = Subject(
            name=computed.job.photo.name,
            photo=computed.photo,
            found=found,
            explanation=computed.explanation,
            model=computed.model,
            colormap=drawing.colormap,
            alpha=drawing.alpha,
            paper=drawing.paper,
        )
        paths = kinds.output_paths(output, indices_of(found), drawing.save, mark=mark, pair=pair)
        for kind in kinds.chosen(drawing.save):
            path = paths[kind.name]
            if path.name in written.files:  # one figure of both classes
                continue
            _stop_if(halt)
            written.files[path.name] = kind.write(path, kind.draw(subject))
            give_back(computed.photo.width * computed.photo.height)
        written.paths.append(paths)
    return written


def _mark(made: Explanation) -> str:
    contrast = any(each.against for each in made.classes)
    return names.mark_of(made.method, made.variant, made.fill, several=made.joined is not None, contrast=contrast)


def indices_of(found: ClassMap) -> str:
    """What stands for the class in the names of its files: `242`, or set against another `242-243`."""
    own, other = found.score.label.index, found.against
    return str(own) if other is None else f"{own}-{other.label.index}"


def pair_of(made: Explanation) -> str | None:
    """What stands for the predicted and the expected class in the names of their figures: `242-243`; None: no pair."""
    pair = [str(each.score.label.index) for each in made.classes if each.role in (Role.PREDICTED, Role.EXPECTED)]
    return "-".join(pair) or None


def _stop_if(halt: threading.Event) -> None:
    if halt.is_set():
        raise HaltError
