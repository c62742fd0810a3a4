"""What results depend on beside the photos: read off the configuration, files by their bytes, as JSON values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from scorecam_cli.config import NEXT, EvaluateConfig, ExplainConfig, ModelSettings
from scorecam_cli.dependence import CHANGES_THE_RESULT
from scorecam_cli.files.small_files import CONSTANT, IMPORT, small_sha256
from scorecam_cli.inspection.digest import model_file_sha256
from scorecam_cli.models.constants import number_in, split
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.requested import model_name
from scorecam_cli.models.truth import Truth
from scorecam_cli.runs.current import DIGEST
from scorecam_cli.runs.regions import Regions
from scorecam_cli.saliency.methods import method_named

_UNORDERED = ("save", "measures", "layers")


def model_settings(config: ModelSettings, labels: Labels | None) -> dict[str, Any]:
    """What a classifier depends on that was loaded so, as `explain_settings` has it.

    Raises:
        UsageError: a file of code cannot be read. ModelError: the model or weights file cannot be.
    """
    return _settings(config, _of_labels(labels))


def explain_settings(
    config: ExplainConfig, labels: Labels | None, *, loaded: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the maps and pictures of a photo depend on; no TensorFlow.

    Classes are told by index where their names are known, and the seed is null where nothing is drawn by chance. Truth
    is null: what it says of a photo is of that photo's settings, see `ExplainRequest.settings_of`.

    Args:
        config: of the command.
        labels: of the model, see `known_labels`.
        loaded: what `model_settings` said when the model was loaded; None: its files are read now.

    Raises:
        UsageError: an unknown class or model name, or a file of code that cannot be read.
        ModelError: the model or weights file cannot be read.
    """
    settings = _settings(config, {**_of_labels(labels), "truth": None}, loaded)
    if labels is not None:
        settings["classes"] = [labels.find(text, model=config.model.model) for text in config.classes]
        if config.against is not None and config.against.casefold() != NEXT:
            settings["against"] = labels.find(config.against, model=config.model.model)
    if not method_named(config.method).draws and settings["weights"] != "random":
        settings["seed"] = None
    return settings


def evaluate_settings(
    config: EvaluateConfig, *, labels: Labels | None, regions: Regions | None, truth: Truth | None
) -> dict[str, Any]:
    """What the rows of an evaluation depend on; truth, boxes and masks by the bytes that were read. No TensorFlow.

    Args:
        config: of the command.
        labels: of the model, see `known_labels`.
        regions: what boxes and masks say, noted.
        truth: what the file of classes says.

    Raises:
        UsageError: a file of code cannot be read. ModelError: the model or weights file cannot be.
    """
    read = _of_labels(labels)
    read["truth"] = None if truth is None else truth.sha256
    for name in ("boxes", "masks"):
        found = None if regions is None else getattr(regions, name)
        read[name] = None if found is None else found.sha256
    return _settings(config, read)


def _of_labels(labels: Labels | None) -> dict[str, str | None]:
    return {"labels": None if labels is None else labels.sha256}


def _settings(config: Any, read: Mapping[str, str | None], loaded: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Each field on the first list of `config`, in its order; those of the model among them.

    read: of each file that was parsed the digest of its bytes, by the field that names it. loaded: those of the model,
    where they are known but for the seed.
    """
    found: dict[str, Any] = {}
    for name in CHANGES_THE_RESULT[type(config)]:
        value = getattr(config, name)
        if isinstance(value, ModelSettings) and loaded is not None:
            found |= {**loaded, "seed": value.seed}
        elif is_dataclass(value):
            found |= _settings(value, read)
        elif name in read:
            digest = read[name]
            found[name] = None if digest is None else _digest(digest)
        elif value is not None and name in _BY_BYTES:
            found[name] = _BY_BYTES[name](value)
        elif isinstance(config, ModelSettings) and name in ("model", "weights"):
            found[name] = _model_value(config, name)
        elif isinstance(value, tuple):
            found[name] = sorted(value) if name in _UNORDERED else list(value)
        elif isinstance(value, Path):
            raise TypeError(f"{name} names a file, and nothing says how its bytes are read")
        else:
            found[name] = value
    return found


def _model_value(settings: ModelSettings, name: str) -> str:
    """A file by its bytes, wherever it lies; a name in the catalogue's spelling."""
    if name == "model":
        return _digest(model_file_sha256(Path(settings.model))) if settings.is_file else model_name(settings)
    named = settings.weights in ("imagenet", "random")
    return settings.weights if named else _digest(model_file_sha256(Path(settings.weights)))


def _digest(sha256: str) -> str:
    return f"{DIGEST}{sha256}"


def _of_constant(text: str) -> tuple[str, Any]:
    """The name of an input and its number, or its file by its bytes."""
    name, value = split(text)
    number = number_in(value)
    return name, _digest(small_sha256(Path(value), CONSTANT)) if number is None else number


_BY_BYTES: Mapping[str, Callable[[Any], Any]] = {
    "imports": lambda paths: [_digest(small_sha256(path, IMPORT)) for path in paths],
    "constant_inputs": lambda given: dict(map(_of_constant, given)) or None,
}
