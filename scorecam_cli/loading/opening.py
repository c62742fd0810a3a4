"""A user's model file, looked into before TensorFlow is started: what is refused is refused at once."""

from __future__ import annotations

from pathlib import Path

from scorecam_cli.choices import Precision
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.inspection.inspect import FileKind, Inspected, inspect
from scorecam_cli.inspection.limits import SAVE_WHOLE


def look_into(settings: ModelSettings) -> Inspected | None:
    """What the user's own model file holds; None for a named model.

    Raises:
        ModelError: no such model, weights only, or a file that no model should be; a SavedModel without `unsafe`.
        UsageError: what is asked for is of Keras models alone.
    """
    if not settings.is_file:
        return None
    path = Path(settings.model)
    inspected = inspect(path)
    if not inspected.kind.from_outside:
        return _whole(path, inspected)
    if inspected.kind is FileKind.SAVED_MODEL and not settings.unsafe:
        raise ModelError(
            f"{path} is a TensorFlow SavedModel, a program with all that TensorFlow can do; if you trust it, "
            "give --unsafe-model, else convert it to .tflite or .onnx where it was made"
        )
    _check_outside(settings)
    return inspected


def _check_outside(settings: ModelSettings) -> None:
    """Refuse what is of Keras models alone.

    Raises:
        UsageError: it is asked for.
    """
    if settings.layers:
        named = " --layer ".join(settings.layers)
        raise UsageError(f"--layer {named}: {settings.model} is seen from outside, without its layers")
    if settings.imports:
        raise UsageError(f"--import is for Keras models; {settings.model} has no Python classes: leave it out")
    if settings.precision != Precision.FLOAT32:
        raise UsageError(
            f"--precision {settings.precision} is for Keras models; {settings.model} has its own: leave it out"
        )
    if settings.device not in ("auto", "cpu"):
        raise UsageError(f"--device {settings.device} is for Keras models; {settings.model} runs on the CPU")


def inspect_whole(path: Path) -> Inspected:
    """What a file of a whole model holds.

    Raises:
        ModelError: no such model, weights only, or a file that no model should be.
    """
    return _whole(path, inspect(path))


def _whole(path: Path, inspected: Inspected) -> Inspected:
    if inspected.kind.from_outside:
        raise ModelError(f"{path} holds a {inspected.kind.value}, not a Keras model")
    if inspected.facts is None:
        raise ModelError(
            f"{path} holds weights but no model; use `--model NAME --weights {path}` for a named model, or {SAVE_WHOLE}"
        )
    return inspected
