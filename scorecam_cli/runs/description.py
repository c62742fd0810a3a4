"""What is kept of one explained photo: the manifest that scripts read, without seconds and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecam_cli.photos import manifest
from scorecam_cli.records import ClassMap, ClassScore, Explanation, Photo, PhotoJob

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier


def describe(
    job: PhotoJob,
    photo: Photo,
    classifier: Classifier,
    explanation: Explanation,
    *,
    files: Sequence[Mapping[str, Path]],
    predictions: Sequence[ClassScore] = (),
) -> dict[str, Any]:
    """The manifest of one photo as JSON values.

    Args:
        files: for each class of the explanation, in its order, the written files by kind.
        predictions: the most probable classes, whether they are explained or not.

    Raises:
        PhotoError: one of the files is not there any more.
    """
    from scorecam_cli.keras_engine.start import versions

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
        "selection": explanation.selection,
        "precision": explanation.precision,
        "preprocess": classifier.preparation.name,
        "closed_mask": classifier.preparation.closed,
        "input": [*classifier.size, classifier.channels],
        "channels": explanation.channels,
        "live_channels": explanation.live_channels,
        "passes": explanation.passes,
        "batch_size": explanation.batch_size,
        "classes": [_class_entry(found, group) for found, group in zip(explanation.classes, files, strict=True)],
        "predictions": [describe_class(score) for score in predictions],
        "file_sizes": manifest.file_sizes(path for group in files for path in group.values()),
        "warnings": [*photo.warnings, *explanation.warnings],
        "versions": versions(),
    }


def describe_class(score: ClassScore) -> dict[str, Any]:
    """One class of one photo as JSON values."""
    return {**asdict(score.label), "probability": score.probability, "logit": score.logit}


def _class_entry(found: ClassMap, paths: Mapping[str, Path]) -> dict[str, Any]:
    return {
        **describe_class(found.score),
        "map_min": float(found.map.min()),
        "map_max": float(found.map.max()),
        "estimated_correlation": found.estimated_correlation,
        "files": {kind: path.name for kind, path in paths.items()},
    }
