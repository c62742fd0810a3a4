"""What is kept of one explained photo: from the values of a run to the manifest that scripts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scorecam_cli.choices import Fill
from scorecam_cli.faithfulness.compactness import compactness
from scorecam_cli.manifest import Manifest, NotedClass, NotedScore, Seconds, WrittenFile
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.records import ClassMap, ClassScore, Explanation, ModelDescription, Photo, PhotoJob, Stored

CLOSED_MASKS: dict[str | None, str] = {
    Fill.MEAN: "the mean colour of the photo",
    Fill.BLUR: "the photo behind a strong blur",
}


def describe_model(classifier: PhotoClassifier) -> ModelDescription:
    """What is said of a loaded model wherever it is spoken of; made once, where the model is."""
    return ModelDescription(
        name=classifier.name,
        weights=classifier.weights,
        layer=classifier.layer,
        preprocess=classifier.preparation.name,
        closed_mask=classifier.preparation.closed,
        closed_rgb=classifier.preparation.closed_rgb,
        input=(*classifier.size, classifier.channels),
        versions=classifier.versions,
        doubts=classifier.doubts,
    )


def describe(
    job: PhotoJob,
    photo: Photo,
    model: ModelDescription,
    explanation: Explanation,
    *,
    files: Sequence[Mapping[str, Path]],
    outputs: Mapping[str, WrittenFile],
    predictions: Sequence[ClassScore],
    seconds: Seconds,
    settings: Mapping[str, Any],
) -> Manifest:
    """The manifest of one photo, whose files are written.

    Args:
        files: for each class of the explanation, in its order, the written files by kind.
        outputs: each of these files as it was written, by its bare name.
        predictions: the most probable classes, whether they are explained or not.
        settings: what the outputs depend on beside the photo.
    """
    return Manifest(
        photo=str(job.photo),
        photo_sha256=photo.sha256,
        photo_version=job.source.version if isinstance(job.source, Stored) else None,
        width=photo.width,
        height=photo.height,
        model=model.name,
        weights=model.weights,
        layer=explanation.layer,
        layers=explanation.layers,
        joined=explanation.joined,
        grid=explanation.grid,
        prefix=explanation.prefix,
        method=explanation.method,
        variant=explanation.variant,
        selection=explanation.selection,
        fill=explanation.fill,
        precision=explanation.precision,
        preprocess=model.preprocess,
        closed_mask=CLOSED_MASKS.get(explanation.fill, model.closed_mask),
        input=model.input,
        channels=explanation.channels,
        live_channels=explanation.live_channels,
        passes=explanation.passes,
        batch_size=explanation.batch_size,
        classes=tuple(
            _noted_class(found, group, model.doubts) for found, group in zip(explanation.classes, files, strict=True)
        ),
        predictions=tuple(note_score(score) for score in predictions),
        outputs=outputs,
        warnings=(*photo.warnings, *model.doubts, *explanation.warnings),
        versions=model.versions,
        seconds=seconds,
        settings=settings,
    )


def note_score(score: ClassScore) -> NotedScore:
    """One class of one photo as a manifest has it."""
    return NotedScore(**asdict(score.label), probability=score.probability, logit=score.logit, output=score.output)


def _noted_class(found: ClassMap, paths: Mapping[str, Path], of_model: tuple[str, ...]) -> NotedClass:
    return NotedClass(
        **asdict(note_score(found.score)),
        map_min=float(found.map.min()),
        map_max=float(found.map.max()),
        compactness=compactness(np.maximum(found.map, 0)),
        certain=None if found.uncertainty is None else found.uncertainty.certain,
        estimated_correlation=found.estimated_correlation,
        doubts=(*of_model, *found.doubts),
        role=found.role,
        against=None if found.against is None else note_score(found.against),
        files={kind: path.name for kind, path in paths.items()},
    )
