"""The one place that starts TensorFlow and Keras, quietly, and says what they are."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from scorecam_cli import own_process
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.keras_engine.quiet import quiet_stderr

_OF_GALLERIES = ("matplotlib.pyplot", "matplotlib.patches")
NEEDED_BYTES = 2_100_000_000  # of address space; of TensorFlow 2.21, whose start did not end well below 2.08e9


class Frameworks(NamedTuple):
    """The imported modules."""

    keras: ModuleType
    tensorflow: ModuleType


@cache
def start() -> Frameworks:
    """Import Keras on TensorFlow without their start-up chatter, and wake the device once.

    Returns:
        The two modules.

    Raises:
        ModelError: Keras already runs on another backend in this process, or less address space is allowed than
            TensorFlow takes.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GLOG_minloglevel", "3")
    keras_is_ours = "keras" not in sys.modules
    if keras_is_ours:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        if not os.environ.get("KERAS_HOME", "unset"):
            del os.environ["KERAS_HOME"]  # empty, it would put keras.json into the working folder
    _check_memory()
    _load_unwinder()
    with quiet_stderr(), _without_galleries():
        import keras
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        tf.zeros([1]).numpy()  # the first operation prints once more
    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"Keras runs on the backend {keras.backend.backend()!r} here; "
            "scorecam needs TensorFlow: set KERAS_BACKEND=tensorflow before keras is imported"
        )
    if keras_is_ours:  # whatever the user's keras.json says
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
    return Frameworks(keras, tf)


def versions() -> dict[str, str]:
    """Name the versions that made a map, as the manifest keeps them."""
    from scorecam_cli import __version__

    return {"scorecam": __version__, "keras": str(keras.__version__), "tensorflow": str(tf.__version__)}


def device_name(device: str) -> str:
    """Turn `auto`, `cpu`, `gpu` or `gpu:1` into TensorFlow's name for it.

    Raises:
        UsageError: the device is unknown or not on this machine.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if device.lower() == "cpu":
        return "/CPU:0"
    if device.lower() == "auto":
        return "/GPU:0" if gpus else "/CPU:0"
    gpu = re.fullmatch(r"gpu(?::(\d{1,3}))?", device.lower())
    if gpu is None:
        raise UsageError(f"device {device} is not known; use --device auto, cpu, gpu or gpu:1")
    number = int(gpu[1] or 0)
    if number >= len(gpus):
        raise UsageError(
            f"device {device} is not on this machine: TensorFlow sees {len(gpus)} GPUs; use --device cpu or auto"
        )
    return f"/GPU:{number}"


def _check_memory() -> None:
    """Refuse to begin what would abort the process: TensorFlow's C++ ends it where an allocation fails."""
    with suppress(ImportError, OSError):  # where the system has no such limits
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY and limit < NEEDED_BYTES:
            raise ModelError(
                f"not enough memory: this process may take {limit / 1e6:,.0f} MB (ulimit -v), and TensorFlow alone "
                f"needs {NEEDED_BYTES / 1e6:,.0f}; raise the limit"
            )


@contextmanager
def _without_galleries() -> Iterator[None]:
    """Let Keras find no pyplot, where nobody else's code runs: it would import it for galleries that nobody asks for.

    That takes a tenth of the time of importing TensorFlow and Keras.
    """
    hidden = [name for name in _OF_GALLERIES if own_process.is_ours() and name not in sys.modules]
    loaded: dict[str, Any] = sys.modules
    loaded |= dict.fromkeys(hidden)
    try:
        yield
    finally:
        for name in hidden:
            del loaded[name]


def _load_unwinder() -> None:
    """Load libgcc while there is memory: glibc asks for it when a thread ends, and aborts where it cannot have it."""
    with suppress(OSError):  # where there is none
        ctypes.CDLL("libgcc_s.so.1")


keras, tf = start()  # whoever imports this room needs both: they are imported here first, quietly
