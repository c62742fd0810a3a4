"""KerasHub, started only for a model file that is made of its classes."""

from __future__ import annotations

import importlib
from pathlib import Path

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.hub import PACKAGE
from scorecam_cli.keras_engine.quiet import quiet_stderr


def start_hub(path: Path) -> None:
    """Import KerasHub, which makes its classes known to Keras; that takes 2 s beside the start of TensorFlow.

    Args:
        path: of the model, for messages.

    Raises:
        ModelError: it is not installed, or does not start.
    """
    try:
        with quiet_stderr():
            importlib.import_module(PACKAGE)
    except ModuleNotFoundError as error:
        raise ModelError(f"{path} is made of KerasHub's classes; install them with `pip install keras-hub`") from error
    except Exception as error:  # a half installed or an old one raises what it likes
        raise ModelError(
            f"{path} is made of KerasHub's classes, which do not start here ({type(error).__name__}); "
            "update them with `pip install -U keras-hub`"
        ) from error
