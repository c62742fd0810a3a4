"""Any model to a classifier: in memory, on disk or of a name.

What starts TensorFlow is imported where it is used, so that looking at the names of the API does not start it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from scorecam_cli.api.numbers import whole
from scorecam_cli.api.sentences import in_python_words
from scorecam_cli.choices import HeadKind, Precision, Preprocess, chosen
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.models.constants import Constant, constants_of
from scorecam_cli.models.labels import Labels, numbered_labels, numbered_outputs
from scorecam_cli.models.preparation import choose_preparation
from scorecam_cli.models.requested import check_labels, known_labels
from scorecam_cli.records import ClassLabel
from scorecam_cli.relations import AUTO_LAYERS, check_layers
from scorecam_cli.runs.current import DIGEST
from scorecam_cli.runs.settings import model_settings

if TYPE_CHECKING:
    import keras
    from numpy.typing import ArrayLike

    from scorecam_cli.keras_engine.classifier import Classifier
    from scorecam_cli.keras_engine.layers import Folding

ModelLike: TypeAlias = "keras.Model | PhotoClassifier | str | PathLike[str]"


@in_python_words()
def wrap(
    model: keras.Model | str | PathLike[str],
    *,
    labels: Sequence[str] | PathLike[str] | None = None,
    preprocess: str = "auto",
    layer: str | None = None,
    layers: Sequence[str] | str | None = None,
    grid: tuple[int, int] | None = None,
    prefix: int = 0,
    input_size: tuple[int, int] | None = None,
    device: str = "auto",
    precision: str = "float32",
    weights: str = "imagenet",
    head: str = "auto",
    output: str | None = None,
    constant_inputs: Mapping[str, ArrayLike] | None = None,
    unsafe: bool = False,
    seed: int = 0,
) -> PhotoClassifier:
    """Make a classifier of a model, to be handed to `explain` as often as needed.

    A Keras model is not changed. The passes are compiled once, at the first photo.

    Args:
        model: a Keras model with an input [batch, H, W, 1 or 3] and an output [batch, classes]: softmax, sigmoid, a
            sigmoid unit, logits; or the path of one (.keras, .h5, .hdf5), or of one seen
            from outside (.tflite, .onnx, the folder of a SavedModel); or a name that `scorecam models` lists.
        labels: a name for each class, for a Keras model; a file of them, for a path or a name; None: those known for
            the name, else `class 0`, `class 1`, ...
        preprocess: how its training code scaled photos: `caffe`, `tf`, `torch`, `unit`, `none`; `auto` where the model
            does it itself.
        layer: the target layer by name or path (`backbone/conv5_block3_out`); None: the last that is a
            picture of the photo and reaches the head.
        layers: several target layers, which make one map: a list of names; or `auto`, the last of each of the two or
            three coarsest grids.
        grid: (h, w) that the layer's tokens fold into, where that cannot be found out; prefix: tokens before those.
        input_size: (H, W) in pixels, for a model that leaves it open.
        device: `auto`, `cpu`, `gpu` or `gpu:1`.
        precision: of the masked passes: `float32`, `bfloat16` (CPU), `float16` (GPU).
        weights: of a named model: `imagenet`, `random` or a weights file.
        head: what the numbers are that it returns: of a `softmax` or of `sigmoid`s, probabilities or logits; `linear`,
            quantities of a regression; `auto` where its last layer tells.
        output: of a model with several outputs, the one that says the class: by name, or its number from 0.
        constant_inputs: what each input beside the photo is given, by its name: a number, or an array without the
            batch axis.
        unsafe: run the Python code that a model file brings with it, or a SavedModel, which is a program: for files
            that you trust.
        seed: of `random` weights.

    Raises:
        ModelError: it is no image classifier.
        UsageError: preprocess, head, layer or labels do not fit it.
    """
    number_format = chosen(Precision, precision, what="precision")
    scaling = chosen(Preprocess, preprocess, what="preprocess")
    kind = chosen(HeadKind, head, what="head")
    constants = constants_of(constant_inputs or {})
    targets = _targets(layer, layers)
    if isinstance(model, str | PathLike):
        if labels is not None and not isinstance(labels, str | PathLike):
            raise UsageError(f"labels of {model}: give the path of a file, one name on each line, or nothing")
        from scorecam_cli.loading.outside import load_any

        asked = ModelSettings(
            model=fspath(model),
            weights=weights,
            labels=None if labels is None else Path(labels),
            preprocess=scaling,
            layers=targets,
            grid=grid,
            prefix=prefix,
            input_size=input_size,
            output=output,
            device=device,
            precision=number_format,
            head=kind,
            unsafe=bool(unsafe),
            seed=whole(seed, "seed", least=0),
        )
        names = known_labels(asked)
        noted = model_settings(asked, names)
        classifier = load_any(asked, labels=names, constants=constants)
        classifier.noted = {**noted, "constant_inputs": _noted_constants(constants)}
        return classifier
    if not callable(model) or not hasattr(model, "layers"):
        raise UsageError(
            f"the model is of type {type(model).__name__}; give a Keras model, a path, a name or what wrap() made"
        )
    if weights != "imagenet":
        raise UsageError(f"weights {weights}: a model in memory has its own; leave it out")
    if unsafe:
        raise UsageError("unsafe: a model in memory is there already; leave it out")
    from scorecam_cli.keras_engine.start import device_name

    names = _given_labels(labels)
    classifier = _wrap_keras(
        model,
        names,
        scaling,
        layers=targets,
        folding=_folding(targets, grid, prefix),
        wanted_size=input_size,
        output=output,
        constants=constants,
        device=device_name(device),
        precision=number_format,
        head=kind,
    )
    how = ModelSettings(
        preprocess=scaling, layers=targets, grid=grid, prefix=prefix, precision=number_format, head=kind
    )
    classifier.noted = {
        **model_settings(how, None),
        **{"model": classifier.name, "weights": classifier.weights, "input_size": input_size, "output": output},
        "labels": None if names is None else [label.name for label in names.classes],
        "constant_inputs": _noted_constants(constants),
    }
    return classifier


def classifier_of(model: ModelLike, settings: Mapping[str, Any], *, seed: int = 0) -> PhotoClassifier:
    """What `wrap` makes of the model, or what it made already.

    Args:
        model: a Keras model, a path, a name, or a classifier.
        settings: of `wrap`; none beside a classifier.
        seed: of what is drawn by chance, random weights among it.

    Raises:
        UsageError: settings beside a classifier, or no model. ModelError: it is no image classifier.
    """
    if isinstance(model, str | PathLike) or not hasattr(model, "photo_answers"):
        return wrap(model, **{"seed": seed, **settings})
    if settings:
        raise UsageError(f"{', '.join(settings)}: give these to wrap(), which made this classifier")
    return model


def _noted_constants(constants: Mapping[str, Constant]) -> dict[str, Any] | None:
    """Each by its number, or its array by its bytes; None where there are none."""
    return {
        name: given.value.item() if given.value.ndim == 0 else f"{DIGEST}{sha256(given.value.tobytes()).hexdigest()}"
        for name, given in constants.items()
    } or None


def _targets(layer: str | None, layers: Sequence[str] | str | None) -> tuple[str, ...]:
    """The names of the target layers; none for the default.

    Raises:
        UsageError: both are given, or no name.
    """
    if layers is None:
        return () if layer is None else (layer,)
    if layer is not None:
        raise UsageError(f"layer {layer!r} and layers {layers!r} say the same; give one of them")
    named = (layers,) if isinstance(layers, str) else tuple(layers)
    if not named or not all(isinstance(each, str) for each in named):
        raise UsageError(f"layers {layers!r} is no list of names; give names, or {AUTO_LAYERS!r}")
    return named


def _folding(layers: tuple[str, ...], grid: tuple[int, int] | None, prefix: int) -> Folding | None:
    from scorecam_cli.keras_engine.layers import folding_of

    check_layers(layers, grid, prefix)
    return folding_of(grid, prefix)


def _given_labels(labels: Sequence[str] | PathLike[str] | None) -> Labels | None:
    if labels is None:
        return None
    if isinstance(labels, str | PathLike):
        raise UsageError("labels of a model in memory: give a list of names, one for each class")
    return Labels(tuple(ClassLabel(index, str(label)) for index, label in enumerate(labels)))


def _wrap_keras(model: keras.Model, labels: Labels | None, scaling: Preprocess, **how: Any) -> Classifier:
    """how: what `build_classifier` takes beside the model, its labels and its preparation."""
    from scorecam_cli.keras_engine.building import build_classifier

    name = str(model.name)

    def labels_of(count: int) -> Labels:
        if labels:
            return check_labels(labels, count, source="labels", model=name)
        return numbered_outputs(count) if how["head"] == HeadKind.LINEAR else numbered_labels(count)

    return build_classifier(
        model,
        name=name,
        weights="in memory",
        labels=labels_of,
        preparation=lambda own: choose_preparation(scaling, named=None, prepares_itself=own, model=f"model {name!r}"),
        **how,
    )
