"""The models that can be asked for by name: what they are, where their weights come from, how they are built.

Reading the catalogue needs no TensorFlow; the facts in `data/keras_applications.csv` are checked against Keras by a
test.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from scorecam_cli.errors import ModelError, UsageError, WeightsError
from scorecam_cli.keras_engine import efficientnet_lite
from scorecam_cli.keras_engine.initial_weights import drawn_by_numpy, read_from_file
from scorecam_cli.keras_engine.start import start
from scorecam_cli.loading.weights_files import load_weights_file

PACKAGED = "EfficientNetLite0"
DOUBLY_SCALED = frozenset(f"EfficientNetB{number}" for number in range(8))
IMAGENET_STD_RGB = np.array([0.229, 0.224, 0.225], np.float32)
DOWNLOAD_TIMEOUT = 30  # seconds without a byte before a download counts as failed


@dataclass(frozen=True)
class NamedModel:
    """An ImageNet classifier that scorecam knows by name.

    size: side of its square input, pixels. layer: its target layer, [h, w, channels]; channels = masked passes at most.
    preparation: key of `preparation.PREPARATIONS`. cache_name, url: its ImageNet weights; empty url: in a package.
    file_hash: MD5 or SHA-256 of that file, hexadecimal; empty where Keras knows none.
    """

    name: str
    size: int
    parameters: int
    layer: str
    h: int
    w: int
    channels: int
    preparation: str
    cache_name: str
    url: str
    file_hash: str = ""

    def weights_file(self) -> Path | None:
        """Where the ImageNet weights are on this machine; None where they are not."""
        if not self.url:
            try:
                path = efficientnet_lite.weights_path()
            except WeightsError:
                return None
        else:
            path = self.cache_path()
        return path if path.is_file() else None

    def cache_path(self) -> Path:
        """Where Keras keeps the downloaded weights, or would."""
        return keras_cache() / "models" / self.cache_name


@cache
def catalogue() -> tuple[NamedModel, ...]:
    """Every named model: EfficientNet-Lite0 first, for it needs no download, then those of keras.applications."""
    text = (resources.files("scorecam_cli.data") / "keras_applications.csv").read_text("utf-8")
    packaged = NamedModel(PACKAGED, 224, 4694024, "top_activation", 7, 7, 1280, "lite", "", "")
    return (packaged, *(_of_row(row) for row in csv.DictReader(text.splitlines())))


def _of_row(row: dict[str, str]) -> NamedModel:
    numbers: dict[str, Any] = {key: int(row[key]) for key in ("size", "parameters", "h", "w", "channels")}
    return NamedModel(**{**row, **numbers})


def named_model(text: str) -> NamedModel:
    """The model of that name, in any case, with or without dashes.

    Raises:
        UsageError: there is none; the message lists the nearest.
    """
    known = {model.name.casefold(): model for model in catalogue()}
    plain = text.casefold().replace("-", "").replace("_", "").replace(" ", "")
    if plain in known:
        return known[plain]
    near = difflib.get_close_matches(plain, known, n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(known[name].name for name in near)}; " if near else ""
    raise UsageError(
        f"model {text!r} is not known; {hint}`scorecam models` lists the names; "
        "a file of your own must end in .keras, .h5 or .hdf5"
    )


def build_named(named: NamedModel, *, weights: str, seed: int, offline: bool) -> Any:
    """The Keras model, returning logits.

    Args:
        named: which. weights: `imagenet`, `random` or a weights file.
        seed: of the random weights. offline: never download.

    Raises:
        WeightsError: the weights are not at hand, damaged or made for another model; the message says what to do.
    """
    keras, _ = start()
    if weights == "imagenet" and named.url:
        _fetch(named, offline=offline)
    if weights == "random":
        keras.utils.set_random_seed(seed)
    with drawn_by_numpy(seed) if weights == "random" else read_from_file():
        model = _build_application(named, imagenet=weights == "imagenet") if named.url else efficientnet_lite.build()
    if weights == "imagenet" and not named.url:
        efficientnet_lite.load_imagenet_weights(model)
    if weights not in ("imagenet", "random"):
        load_weights_file(model, Path(weights), name=named.name)
        if named.name in DOUBLY_SCALED and _is_whole(Path(weights), named.file_hash):
            _scale_stem(model)
    return model


def _scale_stem(model: Any) -> None:
    """Fold into the first convolution the division that Keras puts before it for the weights that it downloads.

    Keras adds that layer only for `weights="imagenet"`; the same file given by its path would go without.
    """
    stem = model.get_layer("stem_conv")
    (kernel,) = stem.get_weights()  # [k, k, 3, K], no bias
    stem.set_weights([kernel / np.sqrt(IMAGENET_STD_RGB)[:, None]])


def keras_cache() -> Path:
    """Keras's own folder: KERAS_HOME or ~/.keras, and as Keras does, one under /tmp where that cannot be written."""
    user = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.expanduser fails for a user without a home
    if not os.access(user, os.W_OK):
        user = Path("/tmp")
    home = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or user / ".keras"))  # noqa: PTH111
    nearest = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if os.access(nearest, os.W_OK):
        return home
    return Path("/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()) / ".keras"


def _fetch(named: NamedModel, *, offline: bool) -> None:
    """Make sure that the weights are in Keras's cache before the model is built: a failure takes no time then.

    A damaged file is left to Keras, which downloads it anew; offline, where it must not, it is refused here.
    """
    path = named.cache_path()
    here = path.is_file()
    if here and (not offline or _is_whole(path, named.file_hash)):
        return
    wanted = f"the weights of {named.name} " + (f"at {path} are damaged" if here else "are not on this machine")
    ways = f"put the file from {named.url} at {path}, or use --model {PACKAGED}, which works without a download"
    if offline:
        raise WeightsError(f"{wanted} and --offline forbids the download: {ways}")
    try:
        _download(named, path)
    except Exception as error:  # get_file raises a bare Exception
        reason = getattr(error.__context__, "reason", error)
        raise WeightsError(f"{wanted} and could not be downloaded ({reason}): {ways}") from error


def _is_whole(path: Path, file_hash: str) -> bool:
    """Whether a file has the digest that Keras expects, where it expects one."""
    if not file_hash:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256" if len(file_hash) == 64 else "md5").hexdigest() == file_hash


def _download(named: NamedModel, path: Path) -> None:
    """Download under a name of this process alone: what stands at `path` is whole, whoever else downloads or stops."""
    keras, _ = start()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with _progress_on_stderr():
            keras.utils.get_file(
                part.name,
                named.url,
                cache_dir=str(keras_cache()),
                cache_subdir="models",
                file_hash=named.file_hash or None,
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _build_application(named: NamedModel, *, imagenet: bool) -> Any:
    keras, _ = start()
    build = getattr(keras.applications, named.name)
    try:
        with _progress_on_stderr():
            return build(
                weights="imagenet" if imagenet else None,
                input_shape=(named.size, named.size, 3),  # MobileNetV3 would leave its size open
                classifier_activation=None,
            )
    except Exception as error:
        if not imagenet:
            raise ModelError(f"Keras {keras.__version__} cannot build {named.name}: {error}") from error
        raise WeightsError(_why_unread(named)) from error


def _why_unread(named: NamedModel) -> str:
    """Keras deletes a file that has not the digest it expects when it cannot download it anew."""
    path, ways = named.cache_path(), f"or use --model {PACKAGED}, which works without a download"
    if path.is_file():
        return (
            f"the weights of {named.name} at {path} cannot be read: the file is damaged or incomplete; "
            f"delete it and run again to download it from {named.url}, {ways}"
        )
    return (
        f"the weights of {named.name} at {path} were damaged, so Keras removed them, and could not be downloaded "
        f"again: put the file from {named.url} there, {ways}"
    )


@contextmanager
def _progress_on_stderr() -> Iterator[None]:
    """Keep Keras's progress bar off stdout, and off everything that is no terminal; give up on a dead network."""
    keras, _ = start()
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
