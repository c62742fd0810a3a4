"""Which bytes a model file holds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.inspect import require_file
from scorecam_cli.inspection.saved_model import is_saved_model, saved_model_sha256


def model_file_sha256(path: Path) -> str:
    """Identify the bytes of a model or weights file: 64 hexadecimal digits.

    Raises:
        ModelError: not a file that can be read.
    """
    if is_saved_model(path):
        return saved_model_sha256(path)
    require_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
