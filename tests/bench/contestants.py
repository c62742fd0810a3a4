"""One contestant of `tests.bench.speed` that runs on Keras, in a process of its own: load, warm up, time a whole map.

    python -m tests.bench.contestants setup VGG16 FOLDER PHOTO cpu          once per model: weights, class, layer, image
    python -m tests.bench.contestants scorecam VGG16 FOLDER PHOTO cpu MAP   one timed map, JSON on stdout's last line

What a process does only once is outside the time, for all of them alike: imports, building the model, tracing and
compiling, and the first pass of each batch size. What every photo costs is inside.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from scorecam_cli import explain
from scorecam_cli.errors import ModelError
from scorecam_cli.keras_engine.building import build_classifier
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.start import start
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.models.answers import MaskedAnswers
from scorecam_cli.models.catalogue import NamedModel, named_model
from scorecam_cli.models.labels import numbered_labels
from scorecam_cli.models.preparation import PREPARATIONS
from scorecam_cli.models.weights_sources import InPackage
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency.question import live_channels
from tests.bench.contest import ARTICLE, IMAGE, PAPER, SETUP, Setup, Timed, batch_sizes, read_image, read_setup, report
from tests.bench.resnet18 import RESNET18

BATCH = 32  # the default of tf-keras-vis
SEED = 0  # of random weights
WEIGHTS = "model.weights.h5"
FIDELITY = 0.99
FEW = 32  # passes from which the rest can be inferred


def main(arguments: list[str]) -> None:
    """Do what the arguments say: `setup`, or a name of CONTESTANTS."""
    who, name, folder, photo, device, *stem = arguments
    if who == "setup":
        _set_up(name, Path(folder), Path(photo))
        return
    if device == "gpu" and not start().tensorflow.config.list_physical_devices("GPU"):
        raise SystemExit("TensorFlow sees no GPU: pip install 'tensorflow[and-cuda]'")
    setup, model = read_setup(Path(folder)), load(name, folder=Path(folder))
    report(CONTESTANTS[who](model, setup, name=name, folder=Path(folder), photo=Path(photo)), Path(stem[0]))


def time_scorecam(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """This project, exact, as its Python API is used for photo after photo.

    The map of the variant `paper`, which is that of the torch programs, is made of the same answers afterwards.
    """
    del folder
    classifier, rgb = _classifier(model, name=name), read_photo(photo).rgb
    _warm_up(classifier, rgb, setup)
    with _remembered_answers() as answers:
        started = time.perf_counter()
        found = explain(rgb, classifier, classes=setup.class_index, batch_size=setup.batch)
        seconds = time.perf_counter() - started
    maps = {ARTICLE: found.classes[0].map}
    with suppress(ModelError), _told(answers):  # a file may show no logits
        maps[PAPER] = explain(rgb, classifier, classes=setup.class_index, variant=PAPER).classes[0].map
    return Timed(seconds, found.passes, maps)


def time_scorecam_inferred(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """This project with as few passes as it takes to estimate a correlation of FIDELITY with the exact map."""
    del folder
    classifier, rgb = _classifier(model, name=name), read_photo(photo).rgb
    _warm_up(classifier, rgb, setup)
    asked: dict[str, Any] = {"classes": setup.class_index, "batch_size": setup.batch}
    if setup.live > FEW:
        explain(rgb, classifier, passes=FEW, **asked)  # loads what infers the rest
    started = time.perf_counter()
    found = explain(rgb, classifier, fidelity=FIDELITY, **asked)
    return Timed(time.perf_counter() - started, found.passes, {ARTICLE: found.classes[0].map})


def time_tf_keras_vis(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """tf-keras-vis with its defaults, but that it keeps to the target layer.

    Left to itself it would take the convolution before that layer, ahead of normalisation and activation. It puts a
    softmax on the softmax of the model, as it does for everyone. Its `max_N` serves to warm up with one batch only.
    """
    del name, photo
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    image = read_image(folder)  # [H, W, c]
    score, scorecam = CategoricalScore([setup.class_index]), Scorecam(model)
    layer = {"penultimate_layer": setup.layer, "seek_penultimate_conv_layer": False}
    for size in batch_sizes(setup.channels, BATCH):
        scorecam(score, image, max_N=size, **layer)
    started = time.perf_counter()
    maps = scorecam(score, image, **layer)  # [1, H, W]
    return Timed(time.perf_counter() - started, setup.channels, {ARTICLE: np.asarray(maps[0], np.float32)})


def time_floor(model: Any, setup: Setup, *, name: str, folder: Path, photo: Path) -> Timed:
    """The model alone, compiled, on as many unmasked photos as scorecam masks, in the same batches: no map."""
    del name, photo
    _, tf = start()
    image = read_image(folder)
    photos = tf.constant(np.repeat(image[None], setup.batch, axis=0))  # [B, H, W, c]
    forward = tf.function(
        lambda batch: model(batch, training=False),
        input_signature=[tf.TensorSpec([None, *image.shape], tf.float32)],
        autograph=False,
    )
    for size in batch_sizes(setup.live, setup.batch):
        forward(photos[:size])
    started = time.perf_counter()
    for first in range(0, setup.live, setup.batch):
        forward(photos[: min(setup.batch, setup.live - first)]).numpy()
    return Timed(time.perf_counter() - started, setup.live, {})


CONTESTANTS: dict[str, Callable[..., Timed]] = {
    "scorecam": time_scorecam,
    f"scorecam-{FIDELITY}": time_scorecam_inferred,
    "tf-keras-vis": time_tf_keras_vis,
    "floor": time_floor,
}


def _warm_up(classifier: Classifier, rgb: NDArray[np.uint8], setup: Setup) -> None:
    """A pass of each batch size, and all that is compiled with it."""
    image = classifier.prepare(rgb)
    activations = classifier.observe(image).activations  # [h, w, K]
    grids = activations[:, :, live_channels(activations)].transpose(2, 0, 1)  # [N, h, w]
    classifier.masked_answers(image, grids[: setup.batch + setup.live % setup.batch], batch_size=setup.batch)


@contextmanager
def _remembered_answers() -> Iterator[list[MaskedAnswers]]:
    """What the model answers to masks inside, in order."""
    answers: list[MaskedAnswers] = []
    ask = Classifier.masked_answers

    def remembering(classifier: Classifier, *arguments: Any, **named: Any) -> MaskedAnswers:
        answers.append(ask(classifier, *arguments, **named))
        return answers[-1]

    with patch.object(Classifier, "masked_answers", remembering):
        yield answers


def _told(answers: list[MaskedAnswers]) -> Any:
    """Inside, these are the answers, in order, and the model is not asked."""
    return patch.object(Classifier, "masked_answers", side_effect=answers)


def _set_up(name: str, folder: Path, photo: Path) -> None:
    """Write the weights, the prepared image and the Setup of a model into the folder."""
    if not name.endswith(".keras"):
        weights = "imagenet" if isinstance(_named(name).source, InPackage) else "random"  # what needs no download
        _build(name, weights=weights).save_weights(folder / WEIGHTS)
        start().keras.utils.clear_session()  # layers are numbered from 0 again, as in the contestants
    classifier = _classifier(load(name, folder=folder), name=name)
    image = classifier.prepare(read_photo(photo).rgb)
    np.save(folder / IMAGE, image)
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
    (folder / SETUP).write_text(json.dumps(asdict(setup)))


def load(name: str, *, folder: Path) -> Any:
    """The model that all contestants get, with a softmax at its end, as it is in use: a `.keras` file has its own."""
    keras, _ = start()
    if name.endswith(".keras"):
        return keras.saving.load_model(name, compile=False)
    logits = _build(name, weights=str(folder / WEIGHTS))
    softmax = keras.layers.Activation("softmax", name="softmax")
    return keras.Model(logits.inputs, softmax(logits.outputs[0]), name=logits.name)


def _build(name: str, *, weights: str) -> Any:
    return build_named(_named(name), weights=weights, seed=SEED, offline=True)


def _named(name: str) -> NamedModel:
    return RESNET18 if name == RESNET18.name else named_model(name)


def _classifier(model: Any, *, name: str) -> Classifier:
    """As `scorecam_cli.wrap` makes it, with the preparation of the named model; a file takes its photos as they are."""
    preparation = "none" if name.endswith(".keras") else _named(name).preparation
    return build_classifier(
        model,
        name=name,
        weights="in memory",
        labels=numbered_labels,
        preparation=lambda own: PREPARATIONS[preparation],
        frozen=True,  # as the command loads it
    )


if __name__ == "__main__":
    main(sys.argv[1:])
