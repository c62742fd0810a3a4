"""From a catalogue's entry to its Keras model: built, and given its weights."""

from __future__ import annotations

import importlib
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from scorecam_cli.errors import ModelError, WeightsError
from scorecam_cli.keras_engine.initial_weights import drawn_by_numpy, read_from_file
from scorecam_cli.keras_engine.start import keras
from scorecam_cli.loading.weights_files import load_weights_file
from scorecam_cli.models.catalogue import NamedModel
from scorecam_cli.models.weights_sources import DOWNLOAD_TIMEOUT, WITHOUT_DOWNLOAD, Download

IMAGENET_STD_RGB = np.array([0.229, 0.224, 0.225], np.float32)


def build_named(named: NamedModel, *, weights: str, seed: int, offline: bool) -> Any:
    """The Keras model, returning logits.

    Args:
        named: which.
        weights: `imagenet`, `random` or a weights file.
        seed: of the random weights.
        offline: never download.

    Raises:
        WeightsError: the weights are not at hand, damaged or made for another model; the message says what to do.
    """
    fetched = named.source.fetch(named.name, offline=offline) if weights == "imagenet" else None
    if weights == "random":
        keras.utils.set_random_seed(seed)
    with drawn_by_numpy(seed) if weights == "random" else read_from_file():
        model = _build(named, fetched)
    if weights not in ("imagenet", "random"):
        load_weights_file(model, Path(weights), name=named.name)
        if named.scaled_stem and isinstance(named.source, Download) and named.source.is_whole(Path(weights)):
            _scale_stem(model)
    return model


def _build(named: NamedModel, weights: Path | None) -> Any:
    """The network; with its ImageNet weights where their file is given."""
    if named.network is None:
        return _build_application(named, imagenet=weights is not None)
    network = importlib.import_module(named.network)
    model = network.build()
    if weights is not None:
        network.load_weights(model, weights)
    return model


def _scale_stem(model: Any) -> None:
    """Fold into the first convolution the division that Keras puts before it for the weights that it downloads.

    Keras adds that layer only for `weights="imagenet"`; the same file given by its path would go without.
    """
    stem = model.get_layer("stem_conv")
    (kernel,) = stem.get_weights()  # [k, k, 3, K], no bias
    stem.set_weights([kernel / np.sqrt(IMAGENET_STD_RGB)[:, None]])


def _build_application(named: NamedModel, *, imagenet: bool) -> Any:
    build = getattr(keras.applications, named.name)
    try:
        with _progress_on_stderr():
            return build(
                weights="imagenet" if imagenet else None,
                input_shape=(named.size, named.size, 3),  # MobileNetV3 would leave its size open
                classifier_activation=None,
            )
    except Exception as error:
        if not imagenet or not isinstance(named.source, Download):
            raise ModelError(f"Keras {keras.__version__} cannot build {named.name}: {error}") from error
        raise WeightsError(_why_unread(named.name, named.source)) from error


def _why_unread(model: str, source: Download) -> str:
    """Keras deletes a file that has not the digest it expects when it cannot download it anew."""
    if source.path.is_file():
        return (
            f"the weights of {model} at {source.path} cannot be read: the file is damaged or incomplete; "
            f"delete it and run again to download it from {source.url}, or {WITHOUT_DOWNLOAD}"
        )
    return (
        f"the weights of {model} at {source.path} were damaged, so Keras removed them, and could not be downloaded "
        f"again: put the file from {source.url} there, or {WITHOUT_DOWNLOAD}"
    )


@contextmanager
def _progress_on_stderr() -> Iterator[None]:
    """Keep Keras's progress bar off stdout, and off everything that is no terminal; give up on a dead network."""
    interactive = keras.config.is_interactive_logging_enabled()
    timeout = socket.getdefaulttimeout()
    if not sys.stderr.isatty():
        keras.config.disable_interactive_logging()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(timeout)
        if interactive:
            keras.config.enable_interactive_logging()
