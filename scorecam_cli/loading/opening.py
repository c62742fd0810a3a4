"""A user's model file, looked into before TensorFlow is started: what is refused is refused at once."""

from __future__ import annotations

from pathlib import Path

from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.inspect import Inspected, inspect
from scorecam_cli.inspection.limits import SAVE_WHOLE


def look_into(settings: ModelSettings) -> Inspected | None:
    """What the user's own model file holds; None for a named model.

    Raises:
        ModelError: no such model, weights only, or a file that no model should be.
    """
    return inspect_whole(Path(settings.model)) if settings.is_file else None


def inspect_whole(path: Path) -> Inspected:
    """What a file of a whole model holds.

    Raises:
        ModelError: no such model, weights only, or a file that no model should be.
    """
    inspected = inspect(path)
    if inspected.facts is None:
        raise ModelError(
            f"{path} holds weights but no model; use `--model NAME --weights {path}` for a named model, or {SAVE_WHOLE}"
        )
    return inspected
