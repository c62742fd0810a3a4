"""What Keras takes while it builds a stranger's model, held against what the file stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.declared import most_weights, numbers_in, too_many_weights
from scorecam_cli.keras_engine.start import start


@contextmanager
def weights_within(path: Path, *, stored: int) -> Iterator[None]:
    """While Keras builds a model inside, it reserves no more weights than fit to what the file stores.

    Exact where the inspection has a lower bound: each weight is counted when Keras asks for it, before it exists.

    Args:
        path: what the user calls the file.
        stored: how many numbers its arrays hold.

    Raises:
        ModelError: the model declares far more.
    """
    keras, _ = start()
    original = keras.Variable.__init__
    declared = 0

    def count_first(variable: Any, initializer: Any, shape: Any = None, *arguments: Any, **settings: Any) -> None:
        nonlocal declared
        declared += numbers_in(shape) if shape is not None else 0
        if declared > most_weights(stored):
            raise ModelError(too_many_weights(path, declared, stored))
        original(variable, initializer, shape, *arguments, **settings)

    keras.Variable.__init__ = count_first
    try:
        yield
    except Exception as error:  # Keras may have put the refusal into other words
        if declared > most_weights(stored):
            raise ModelError(too_many_weights(path, declared, stored)) from error
        raise
    finally:
        keras.Variable.__init__ = original
