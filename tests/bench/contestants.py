"""One contestant of `tests.bench.speed`, in a process of its own: build the model, warm up, time one whole map.

    python -m tests.bench.contestants setup VGG16 FOLDER PHOTO          once per model: weights, class, layer, image
    python -m tests.bench.contestants scorecam VGG16 FOLDER PHOTO MAP   one timed map, JSON on the last line of stdout

What a process does only once is outside the time, for all of them alike: imports, building the model, tracing and
compiling, and the first pass of each batch size. What every photo costs is inside.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli import explain
from scorecam_cli.keras_engine.building import build_classifier
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.start import start
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.models.catalogue import named_model
from scorecam_cli.models.labels import numbered_labels
from scorecam_cli.models.preparation import PREPARATIONS
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency.question import live_channels

BATCH = 32  # the default of tf-keras-vis
SEED = 0  # of random weights
WEIGHTS = "model.weights.h5"


@dataclass(frozen=True)
class Setup:
    """What all contestants share, beside the weights and the prepared image: found once per model.

    layer: the target layer. class_index: the predicted class. channels, live: K and N of the target layer.
    batch: masks in one pass of scorecam.
    """

    layer: str
    class_index: int
    channels: int
    live: int
    batch: int


@dataclass(frozen=True)
class Timed:
    """One whole map. passes: masked photos the model saw. saliency: float32 [H, W]; None where nothing is mapped."""

    seconds: float
    passes: int
    saliency: NDArray[np.float32] | None


def main(arguments: list[str]) -> None:
    """Do what the arguments say: `setup`, or a name of CONTESTANTS."""
    who, name, folder, photo, *map_path = arguments
    if who == "setup":
        _set_up(name, Path(folder), Path(photo))
        return
    setup = Setup(**json.loads((Path(folder) / "setup.json").read_text()))
    model = _load(name, folder=Path(folder))
    timed = CONTESTANTS[who](model, setup, name=name, folder=Path(folder), photo=Path(photo))
    if timed.saliency is not None:
        np.save(map_path[0], timed.saliency)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_bytes = peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB
    print(json.dumps({"seconds": timed.seconds, "passes": timed.passes, "peak_bytes": peak_bytes}))


def time_scorecam(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """This project, exact, as its Python API is used for photo after photo."""
    del folder
    classifier = _classifier(model, name=name)
    rgb = read_photo(photo).rgb
    image = classifier.prepare(rgb)
    activations = classifier.observe(image).activations  # [h, w, K]
    grids = activations[:, :, live_channels(activations)].transpose(2, 0, 1)  # [N, h, w]
    classifier.masked_answers(image, grids[: setup.batch + setup.live % setup.batch], batch_size=setup.batch)
    started = time.perf_counter()
    found = explain(rgb, classifier, classes=setup.class_index, batch_size=setup.batch)
    return Timed(time.perf_counter() - started, found.passes, found.classes[0].map)


def time_tf_keras_vis(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """tf-keras-vis with its defaults, but that it keeps to the target layer.

    Left to itself it would take the convolution before that layer, ahead of normalisation and activation. It puts a
    softmax on the softmax of the model, as it does for everyone. Its `max_N` serves to warm up with one batch only.
    """
    del name, photo
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    image = np.load(folder / "image.npy")  # [H, W, c]
    score, scorecam = CategoricalScore([setup.class_index]), Scorecam(model)
    layer = {"penultimate_layer": setup.layer, "seek_penultimate_conv_layer": False}
    for size in _batch_sizes(setup.channels, BATCH):
        scorecam(score, image, max_N=size, **layer)
    started = time.perf_counter()
    maps = scorecam(score, image, **layer)  # [1, H, W]
    return Timed(time.perf_counter() - started, setup.channels, np.asarray(maps[0], np.float32))


def time_floor(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """The model alone, compiled, on as many unmasked photos as scorecam masks, in the same batches: no map."""
    del name, photo
    _, tf = start()
    image = np.load(folder / "image.npy")
    photos = tf.constant(np.repeat(image[None], setup.batch, axis=0))  # [B, H, W, c]
    forward = tf.function(
        lambda batch: model(batch, training=False),
        input_signature=[tf.TensorSpec([None, *image.shape], tf.float32)],
        autograph=False,
    )
    for size in _batch_sizes(setup.live, setup.batch):
        forward(photos[:size])
    started = time.perf_counter()
    for first in range(0, setup.live, setup.batch):
        forward(photos[: min(setup.batch, setup.live - first)]).numpy()
    return Timed(time.perf_counter() - started, setup.live, None)


CONTESTANTS: dict[str, Callable[..., Timed]] = {
    "scorecam": time_scorecam,
    "tf-keras-vis": time_tf_keras_vis,
    "floor": time_floor,
}


def _set_up(name: str, folder: Path, photo: Path) -> None:
    """Write the weights, the prepared image and the Setup of a model into the folder."""
    if not name.endswith(".keras"):
        weights = "random" if named_model(name).network is None else "imagenet"  # what needs no download
        _build(name, weights=weights).save_weights(folder / WEIGHTS)
    classifier = _classifier(_load(name, folder=folder), name=name)
    image = classifier.prepare(read_photo(photo).rgb)
    np.save(folder / "image.npy", image)
    seen = classifier.observe(image)
    (class_index,) = classifier.choose_classes(seen, asked=(), top=1)
    channels, live = seen.activations.shape[2], len(live_channels(seen.activations))
    setup = Setup(
        layer=classifier.layer,
        class_index=class_index,
        channels=channels,
        live=live,
        batch=classifier.batch_for(None),
    )
    (folder / "setup.json").write_text(json.dumps(asdict(setup)))


def _build(name: str, *, weights: str) -> Any:
    return build_named(named_model(name), weights=weights, seed=SEED, offline=True)


def _load(name: str, *, folder: Path) -> Any:
    """The model that all contestants get, with a softmax at its end, as it is in use: a `.keras` file has its own."""
    keras, _ = start()
    if name.endswith(".keras"):
        return keras.saving.load_model(name, compile=False)
    logits = _build(name, weights=str(folder / WEIGHTS))
    softmax = keras.layers.Activation("softmax", name="softmax")
    return keras.Model(logits.inputs, softmax(logits.outputs[0]), name=logits.name)


def _classifier(model: Any, *, name: str) -> Classifier:
    """As `scorecam_cli.wrap` makes it, with the preparation of the named model; a file takes its photos as they are."""
    preparation = "none" if name.endswith(".keras") else named_model(name).preparation
    return build_classifier(
        model,
        name=name,
        weights="in memory",
        labels=numbered_labels,
        preparation=lambda own: PREPARATIONS[preparation],
        frozen=True,  # as the command loads it
    )


def _batch_sizes(passes: int, batch: int) -> Iterator[int]:
    """The sizes of the batches that so many passes make: whole ones, and a last one that is smaller."""
    yield from (size for size in (min(batch, passes), passes % batch) if size)


if __name__ == "__main__":
    main(sys.argv[1:])
