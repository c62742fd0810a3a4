"""What two processes say to each other about arrays: a small JSON object, and after it the bytes of each array."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.black_box.tensors import DTYPES, MOST_AXES

HEAD_BYTES = 2**20
ARRAY_BYTES = 2**31 - 1  # the most of one array
MOST_ARRAYS = 64
Heard = tuple[dict[str, Any], list[NDArray[Any]]]


def say(connection: Connection, message: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
    """Say something, with arrays.

    Raises:
        OSError: the other side is gone.
    """
    described = [{"dtype": each.dtype.name, "shape": list(each.shape)} for each in arrays]
    connection.send_bytes(json.dumps({**message, "arrays": described}).encode())
    for each in arrays:
        connection.send_bytes(each.tobytes())


def hear(connection: Connection, seconds: float | None = None) -> Heard:
    """What the other side says next; nothing of it is believed.

    Args:
        seconds: how long to wait for it to begin; None for ever.

    Raises:
        TimeoutError: it said nothing. EOFError, OSError: it is gone. ValueError: it says what ours never would.
    """
    if seconds is not None and not connection.poll(seconds):
        raise TimeoutError
    message = json.loads(connection.recv_bytes(HEAD_BYTES))
    described = message.pop("arrays") if isinstance(message, dict) else None
    if not isinstance(described, list) or len(described) > MOST_ARRAYS:
        raise ValueError(message)
    return message, [_array(connection, each) for each in described]


def _array(connection: Connection, described: Any) -> NDArray[Any]:
    dtype, shape = described["dtype"], described["shape"]
    if dtype not in DTYPES or len(shape) > MOST_AXES or any(type(side) is not int or side < 0 for side in shape):
        raise ValueError(described)
    expected = math.prod(shape) * np.dtype(dtype).itemsize
    data = connection.recv_bytes(min(expected + 1, ARRAY_BYTES))
    if len(data) != expected:
        raise ValueError(described)
    return np.frombuffer(data, dtype).reshape(shape)
