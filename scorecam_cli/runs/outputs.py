"""From maps to files: pictures drawn and written, the manifest last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.config import ExplainConfig
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.figures.masked import Setting, masked_figure
from scorecam_cli.figures.panel import panel
from scorecam_cli.figures.steps import pipeline_figure
from scorecam_cli.files import write
from scorecam_cli.photos import draw, manifest
from scorecam_cli.records import (
    ClassMap,
    ClassScore,
    Explained,
    Explanation,
    Failed,
    ModelDescription,
    Outcome,
    Photo,
    PhotoJob,
    Redone,
    Seconds,
    WrittenFile,
)
from scorecam_cli.runs.description import describe
from scorecam_cli.runs.memory import shortage_as_photo_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
class Stop:
    """A photo that failed for a reason that every other photo would meet as well."""

    failed: Failed


class HaltError(Exception):
    """The run is over before all files of a photo are written; nobody waits for the rest."""


def write_outputs(
    config: ExplainConfig,
    settings: Mapping[str, Any],
    computed: ComputedPhoto | Outcome,
    *,
    halt: threading.Event,
    clock: Callable[[], float],
) -> Outcome | Stop:
    """The outcome of a photo whose files are written now, the manifest last."""
    if not isinstance(computed, ComputedPhoto):
        return computed
    began = clock()
    path = manifest.manifest_path(computed.job.output)
    try:
        _stop_if(halt)
        write.remove(path)  # or a kill would leave an earlier manifest beside files of this run
        with shortage_as_photo_error():
            written = _write_maps(config, computed, halt)
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
    except OutputError as error:
        return Stop(Failed(computed.job.photo, str(error)))
    except PhotoError as error:
        return Failed(computed.job.photo, str(error))
    paths = (*(made for group in written.paths for made in group.values()), path)
    return Explained(computed.job, described, paths, redone=computed.redone)


@dataclass
class _Written:
    """The files of a photo so far: of each class the paths by kind, and each file as it was written."""

    paths: list[dict[str, Path]] = field(default_factory=list)
    files: dict[str, WrittenFile] = field(default_factory=dict)


def _write_maps(config: ExplainConfig, computed: ComputedPhoto, halt: threading.Event) -> _Written:
    """Draw and write the files of each class, in the order of the classes."""
    photo = computed.photo
    written = _Written()
    for found in computed.explanation.classes:
        paths = manifest.output_paths(computed.job.output, found.score.label.index, save=config.save)
        levels = draw.heat_levels(found.map, width=photo.width, height=photo.height)
        for kind, path in paths.items():
            _stop_if(halt)
            if kind == "npy":
                made = write.write_array(path, found.map)
            elif kind in ("heatmap", "overlay"):
                tiles = _tiles(kind, config, photo, levels)
                made = write.write_image(path, draw.image_of(tiles, width=photo.width, height=photo.height))
            else:
                made = write.write_png(path, _figure(kind, config, photo, found, computed.model))
            written.files[path.name] = made
        written.paths.append(paths)
    return written


def _stop_if(halt: threading.Event) -> None:
    if halt.is_set():
        raise HaltError


def _tiles(kind: str, config: ExplainConfig, photo: Photo, levels: NDArray[np.uint8]) -> Iterator[draw.Tile]:
    if kind == "heatmap":
        return draw.heat_tiles(levels, colormap=config.colormap)
    return draw.overlay_tiles(photo.rgb, levels, colormap=config.colormap, alpha=config.alpha)


def _figure(
    kind: str, config: ExplainConfig, photo: Photo, found: ClassMap, model: ModelDescription
) -> NDArray[np.uint8]:
    if kind in ("pipeline", "masked"):
        if found.steps is None:
            raise PhotoError(
                f"--save {kind} shows masked photos, and this method masks none: leave {kind} out of --save "
                "or take Score-CAM"
            )
        setting = Setting(
            model=model.name,
            layer=model.layer,
            variant=config.variant,
            channels=model.input[2],
            closed_rgb=model.closed_rgb,
        )
        if kind == "masked":
            return masked_figure(photo.rgb, found, found.steps, setting=setting)
        return pipeline_figure(
            photo.rgb, found, found.steps, setting=setting, colormap=config.colormap, alpha=config.alpha
        )
    return panel(
        photo.rgb,
        found.map,
        class_name=found.score.label.name,
        probability=found.score.probability,
        model=model.name,
        layer=model.layer,
        colormap=config.colormap,
        alpha=config.alpha,
    )
