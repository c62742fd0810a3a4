"""Find out what a Keras model takes and returns, and make a classifier of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scorecam_cli.choices import HeadKind, Precision
from scorecam_cli.errors import ModelError
from scorecam_cli.keras_engine.calling import Called, called_on_photos
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.hardware import check_precision
from scorecam_cli.keras_engine.head import read_head
from scorecam_cli.keras_engine.layers import Folding, Network
from scorecam_cli.keras_engine.reaching import reaching
from scorecam_cli.keras_engine.several import targets_of
from scorecam_cli.keras_engine.tracing import look_at
from scorecam_cli.models.constants import Constant
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation
from scorecam_cli.records import MOST_BANDS
from scorecam_cli.relations import AUTO_LAYERS

DEFAULT_SIZE = (224, 224)  # of a model that takes any size and does not say which it wants


def examine(model: Any, *, name: str, wanted_size: tuple[int, int] | None) -> tuple[tuple[int, int], int, Network]:
    """What a model takes and does: (H, W), colour channels c, and its layer calls on that input.

    Args:
        model: a Keras model with one input and one output, or any as a function of photos.
        name: what the user calls it.
        wanted_size: (H, W) for a model that leaves its size open; None: its own Resizing layer, else 224 x 224.

    Raises:
        ModelError: it does not take one batch of images [batch, H, W, c].
    """
    called = model if isinstance(model, Called) else called_on_photos(model, name=name)
    shape = _image_shape(called.image.shape if called.image else (), name)
    if not 1 <= shape[2] <= MOST_BANDS:
        raise ModelError(
            f"{name} takes images of {shape[2]} channels; scorecam reads photos of up to {MOST_BANDS} bands"
        )
    fixed = (shape[0], shape[1])
    if wanted_size is not None and any(
        side not in (None, wanted) for side, wanted in zip(fixed, wanted_size, strict=True)
    ):
        raise ModelError(f"{name} takes images of {fixed[0]} x {fixed[1]} and no others; leave out --input-size")
    start_size = wanted_size or DEFAULT_SIZE
    size = (fixed[0] or start_size[0], fixed[1] or start_size[1])
    network = look_at(called, (*size, shape[2]))
    if wanted_size is None and None in fixed and network.own_input_size not in (None, size):
        size = network.own_input_size or size
        network = look_at(called, (*size, shape[2]))
    if network.attentions and network.targets:
        network = replace(network, reaching=reaching(called, network, input_shape=(*size, shape[2])))
    return size, shape[2], network


def _image_shape(shape: tuple[int | None, ...], name: str) -> tuple[int | None, int | None, int]:
    """(H, W, c) with None for an open side."""
    if len(shape) != 4 or shape[3] is None:
        shown = ", ".join(str(side) for side in shape)
        raise ModelError(f"{name} takes [{shown}]; scorecam explains classifiers of images [batch, H, W, c]")
    return shape[1], shape[2], int(shape[3])


def build_classifier(
    model: Any,
    *,
    name: str,
    weights: str,
    labels: Callable[[int], Labels],
    preparation: Callable[[bool], Preparation],
    layers: Sequence[str] = (),
    folding: Folding | None = None,
    wanted_size: tuple[int, int] | None = None,
    output: str | None = None,
    constants: Mapping[str, Constant] | None = None,
    device: str = "/CPU:0",
    precision: Precision = Precision.FLOAT32,
    head: HeadKind = HeadKind.AUTO,
    frozen: bool = False,
) -> Classifier:
    """Put a model in memory together with what is known of it.

    Args:
        model: a Keras model with an image input and an output [batch, C].
        labels: from the number of classes to their names.
        preparation: from "the model prepares the photo itself" to the preparation to use.
        layers: the target layers, see `targets_of`; none: the last picture of the photo that reaches the head.
        folding: how the output of the only one is such a picture, where the user says so.
        output: name of the output that says the class; None: there is one.
        constants: of its inputs beside the photo, by name.
        precision: number format of the masked passes. head: what the numbers are that it returns.
        frozen: nobody will change the weights.

    Raises:
        ModelError: it is no image classifier. LayerError: no such layer.
        UsageError: preparation, labels or head do not fit.
    """
    check_precision(precision, device=device)
    called = called_on_photos(model, name=name, constants=constants, output=output)
    size, channels, network = examine(called, name=name, wanted_size=wanted_size)
    read = read_head(called, network=network, name=name, input_shape=(*size, channels), asked=head)
    targets = targets_of(network, layers, folding)
    return Classifier(
        called,
        name=name,
        weights=weights,
        size=size,
        channels=channels,
        network=network,
        target=targets[0],
        several=targets if len(layers) > 1 or tuple(layers) == (AUTO_LAYERS,) else (),
        head=read,
        labels=labels(read.classes),
        preparation=preparation(network.prepares_itself),
        device=device,
        precision=precision,
        frozen=frozen,
        layer_given=bool(layers),
    )
