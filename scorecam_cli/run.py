"""Joins the stages: from a configuration to one outcome per photo, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scorecam_cli import records
from scorecam_cli.config import ExplainConfig, ModelSettings, PredictConfig
from scorecam_cli.errors import PhotoError
from scorecam_cli.models.loading import fingerprint, known_labels, load_classifier, model_name
from scorecam_cli.photos import draw, manifest, write
from scorecam_cli.photos.panel import panel
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassScore, Explained, Explanation, Failed, Outcome, Photo, PhotoJob

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scorecam_cli.models.classifier import Classifier


class Watcher(Protocol):
    """Whoever wants to know how far a run is; every method may do nothing."""

    def model_loading(self, name: str) -> None:
        """The model is about to be loaded."""

    def passes_planned(self, photo: Path, passes: int) -> None:
        """So many masked passes will be run for this photo."""

    def passes_done(self, passes: int) -> None:
        """So many more masked passes have been run."""


@dataclass
class Session:
    """One run over photos: the classifier is loaded when the first photo needs it, and once."""

    model: ModelSettings
    watcher: Watcher

    @cached_property
    def classifier(self) -> Classifier:
        """The loaded model."""
        self.watcher.model_loading(model_name(self.model))
        return load_classifier(self.model)


@dataclass(frozen=True)
class Predicted:
    """The most probable classes of one photo."""

    photo: Path
    model: str
    classes: tuple[ClassScore, ...]


def explain_photos(
    config: ExplainConfig, jobs: Sequence[PhotoJob], *, watcher: Watcher, clock: Callable[[], float]
) -> Iterator[Outcome]:
    """Explain each photo and write its files; a photo that fails does not stop the others.

    Raises:
        UsageError, ModelError: the request cannot be met for any photo.
    """
    draw.check_colormap(config.colormap)
    settings = _settings(config)
    session = Session(config.model, watcher)
    for job in jobs:
        current = None if config.force else _current(job, settings)
        if current is not None:
            yield current
            continue
        try:
            yield _explain(session, config, settings, job, clock)
        except PhotoError as error:
            yield Failed(job.photo, str(error))


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
            photo = read_photo(job.photo)
            classifier = session.classifier
            observation = classifier.observe(classifier.prepare(photo.rgb))
            count = min(config.top, len(classifier.labels))
            indices = classifier.choose_classes(observation, asked=(), top=count)
            classes = tuple(classifier.score(observation, index) for index in indices)
            yield Predicted(job.photo, classifier.name, classes)
        except PhotoError as error:
            yield Failed(job.photo, str(error))


def _settings(config: ExplainConfig) -> dict[str, Any]:
    """What the outputs depend on beside the photo, as JSON values; classes by index where names are known already."""
    labels = known_labels(config.model)
    classes: list[int | str] = list(config.classes)
    if labels is not None:
        classes = [labels.find(text, model=config.model.model) for text in config.classes]
    return {
        **fingerprint(config.model),
        "classes": classes,
        "top": config.top,
        "method": "score-cam",
        "variant": config.variant,
        "precision": "float32",
        "save": sorted(config.save),
        "colormap": config.colormap,
        "alpha": config.alpha,
    }


def _current(job: PhotoJob, settings: Mapping[str, Any]) -> Explained | None:
    """The outcome of an earlier run, where its manifest, the photo's bytes and all its files still agree."""
    path = manifest.manifest_path(job.output)
    found = manifest.read_manifest(path)
    if found is None:
        return None
    try:
        digest = manifest.file_sha256(job.photo)
    except PhotoError:
        return None
    if not manifest.is_current(found, settings=settings, photo_sha256=digest, folder=path.parent):
        return None
    names = [name for entry in found["classes"] for name in entry["files"].values()]
    return Explained(job, found, (*(path.parent / name for name in names), path), skipped=True)


def _explain(
    session: Session, config: ExplainConfig, settings: Mapping[str, Any], job: PhotoJob, clock: Callable[[], float]
) -> Explained:
    from scorecam_cli.saliency.score_cam import Variant, live_channels, score_cam

    began = clock()
    photo = read_photo(job.photo)
    reading = clock() - began
    classifier = session.classifier  # loaded for the first photo; not counted as that photo's time
    began = clock() - reading
    image = classifier.prepare(photo.rgb)
    observation = classifier.observe(image)
    indices = classifier.choose_classes(observation, asked=config.classes, top=config.top)
    session.watcher.passes_planned(job.photo, len(live_channels(observation.activations)))
    passes_began = clock()
    explanation = score_cam(
        classifier,
        image,
        observation=observation,
        class_indices=indices,
        variant=Variant(config.variant),
        batch_size=config.batch_size,
        on_passes=session.watcher.passes_done,
    )
    seconds = clock() - passes_began
    files = _write_maps(config, job, photo, classifier, explanation)
    described = _manifest(job, photo, classifier, explanation, files)
    described["seconds"] = {"passes": round(seconds, 3), "total": round(clock() - began, 3)}
    described["settings"] = dict(settings)
    path = manifest.manifest_path(job.output)
    write.write_json(path, described)
    return Explained(job, described, (*(made for group in files for made in group.values()), path))


def _write_maps(
    config: ExplainConfig, job: PhotoJob, photo: Photo, classifier: Classifier, explanation: Explanation
) -> list[dict[str, Path]]:
    """Draw and write the files of each class; the paths by kind, in the order of the classes."""
    written = []
    for found in explanation.classes:
        paths = manifest.output_paths(job.output, found.score.label.index, save=config.save)
        heat = draw.heatmap(found.map, width=photo.width, height=photo.height, colormap=config.colormap)
        for kind, path in paths.items():
            if kind == "npy":
                write.write_array(path, found.map)
                continue
            write.write_png(path, _picture(kind, config, photo, heat, found, classifier))
        written.append(paths)
    return written


def _picture(
    kind: str,
    config: ExplainConfig,
    photo: Photo,
    heat: NDArray[np.uint8],
    found: records.ClassMap,
    classifier: Classifier,
) -> NDArray[np.uint8]:
    if kind == "heatmap":
        return heat
    if kind == "overlay":
        return draw.overlay(photo.rgb, heat, alpha=config.alpha)
    return panel(
        photo.rgb,
        found.map,
        class_name=found.score.label.name,
        probability=found.score.probability,
        model=classifier.name,
        layer=classifier.layer,
        colormap=config.colormap,
        alpha=config.alpha,
    )


def _manifest(
    job: PhotoJob,
    photo: Photo,
    classifier: Classifier,
    explanation: Explanation,
    files: Sequence[Mapping[str, Path]],
) -> dict[str, Any]:
    """The manifest of one photo, without seconds and settings."""
    from scorecam_cli.models.keras_start import versions

    return {
        "schema": manifest.SCHEMA,
        "photo": str(job.photo),
        "photo_sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "model": classifier.name,
        "weights": classifier.weights,
        "layer": explanation.layer,
        "method": explanation.method,
        "variant": explanation.variant,
        "precision": explanation.precision,
        "preprocess": classifier.preparation.name,
        "closed_mask": classifier.preparation.closed,
        "input": [*classifier.size, classifier.channels],
        "channels": explanation.channels,
        "live_channels": explanation.live_channels,
        "passes": explanation.passes,
        "batch_size": explanation.batch_size,
        "classes": [_class_entry(found, group) for found, group in zip(explanation.classes, files, strict=True)],
        "file_sizes": manifest.file_sizes(path for group in files for path in group.values()),
        "warnings": [*photo.warnings, *explanation.warnings],
        "versions": versions(),
    }


def _class_entry(found: records.ClassMap, paths: Mapping[str, Path]) -> dict[str, Any]:
    return {
        "index": found.score.label.index,
        "name": found.score.label.name,
        "wnid": found.score.label.wnid,
        "probability": found.score.probability,
        "logit": found.score.logit,
        "map_min": float(found.map.min()),
        "map_max": float(found.map.max()),
        "estimated_correlation": found.estimated_correlation,
        "files": {kind: path.name for kind, path in paths.items()},
    }


def check_request(config: ExplainConfig) -> None:
    """Everything that can be wrong with a request before any photo or model is opened.

    Raises:
        UsageError: an unknown class, colour map, model name or labels file.
    """
    draw.check_colormap(config.colormap)
    _settings(config)
