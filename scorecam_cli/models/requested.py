"""What the settings say of a model before it is loaded: its name, its weights, its classes. No TensorFlow."""

from __future__ import annotations

from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.models.catalogue import named_model
from scorecam_cli.models.labels import Labels, read_labels


def check_labels(labels: Labels, count: int, *, source: str, model: str) -> Labels:
    """The labels, if there is one for each of the model's classes.

    Raises:
        UsageError: there are more or fewer.
    """
    if len(labels) != count:
        raise UsageError(f"{source} names {len(labels)} classes and {model} has {count}; give one name for each")
    return labels


def known_labels(settings: ModelSettings) -> Labels | None:
    """The class names as far as they are known before the model is loaded, without TensorFlow.

    Raises:
        UsageError: the labels file cannot be read, or no such model.
    """
    if settings.labels is not None:
        return read_labels(settings.labels)
    if settings.is_file:
        return None
    return named_model(settings.model).labels()


def model_name(settings: ModelSettings) -> str:
    """What the manifest calls the model: the catalogue's spelling, or the file as given."""
    return settings.model if settings.is_file else named_model(settings.model).name


def weights_name(settings: ModelSettings) -> str:
    """What the manifest calls the weights: `imagenet`, `random (seed 0)` or the file."""
    if settings.is_file:
        return "file"
    return f"random (seed {settings.seed})" if settings.weights == "random" else settings.weights
