"""What a stranger's model takes while Keras builds it and when it runs, judged before it is taken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.declared import most_weights, numbers_in, too_many_weights
from scorecam_cli.inspection.limits import CALLS, FROM_ITS_MAKER
from scorecam_cli.keras_engine.start import keras

# Numbers in one array of one photo, 4 bytes each: EfficientNetB7 takes 17 million of 600 x 600 x 3.
SMALL_ARRAY = 1 << 26  # what any model may make
TIMES_INPUT = 128  # the numbers of the photo: a first convolution of 64 filters makes 21 times as many
LARGEST_ARRAY = 1 << 29  # 2 GB


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


@contextmanager
def calls_within(name: str) -> Iterator[None]:
    """While a model is built or run inside, its layers are called no more often than CALLS allows.

    Exact where the inspection counts what a description says: a loop over the rows of a photo calls a layer for each.

    Args:
        name: what the model is called.

    Raises:
        ModelError: they are called more often.
    """
    original = keras.Operation.__call__
    too_many = ModelError(f"{name} calls its layers more than {CALLS} times; {FROM_ITS_MAKER}")
    calls = 0

    def count_first(operation: Any, *arguments: Any, **settings: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > CALLS:
            raise too_many
        return original(operation, *arguments, **settings)

    keras.Operation.__call__ = count_first
    try:
        yield
    except Exception as error:  # Keras may have put the refusal into other words
        if calls > CALLS:
            raise too_many from error
        raise
    finally:
        keras.Operation.__call__ = original


def check_sizes(graph: Any, *, photo: int) -> int:
    """Refuse a model that makes far larger arrays of one photo than the photo is, before it runs.

    Args:
        graph: the traced model, of TensorFlow, whose first input is the batch; an open axis counts as one.
        photo: how many numbers a photo has.

    Returns:
        How many numbers the largest array has that one photo becomes.

    Raises:
        ModelError: it makes such an array.
    """
    most = min(max(SMALL_ARRAY, TIMES_INPUT * photo), LARGEST_ARRAY)
    batch = graph.inputs[0].shape[0] or 1
    largest = photo
    of_photo = {graph.inputs[0].name}  # the tensors that it goes into; weights may be large
    for operation in graph.get_operations():  # in the order in which they were made
        if of_photo.isdisjoint(tensor.name for tensor in operation.inputs):
            continue
        for output in operation.outputs:
            of_photo.add(output.name)
            numbers = math.prod(side or 1 for side in output.shape) // batch if output.shape.rank is not None else 0
            if numbers > most:
                raise ModelError(
                    f"the model makes an array of {numbers} numbers of one photo, above {most}; "
                    f"give a smaller --input-size if the model takes any, or {FROM_ITS_MAKER}"
                )
            largest = max(largest, numbers)
    return largest
