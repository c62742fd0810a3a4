"""The Python API: maps for photos and models that are already in memory."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import Precision, Preprocess, Variant, chosen
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.keras_engine.building import build_classifier
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.start import device_name
from scorecam_cli.loading.load import check_labels
from scorecam_cli.models.labels import Labels, numbered_labels
from scorecam_cli.models.preparation import choose_preparation
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassLabel, Explanation
from scorecam_cli.saliency.methods import explain_with

if TYPE_CHECKING:
    import keras

FEWEST_PASSES = 4  # with fewer nothing can be inferred


def wrap(
    model: keras.Model,
    *,
    labels: Sequence[str] | None = None,
    preprocess: str = "auto",
    layer: str | None = None,
    input_size: tuple[int, int] | None = None,
    device: str = "auto",
    precision: str = "float32",
) -> Classifier:
    """Make a classifier of a Keras model in memory, to be handed to `explain` as often as needed.

    The model is not changed. Its passes are compiled once, at the first photo.

    Args:
        model: one input [batch, H, W, 1 or 3], one output [batch, classes]: softmax, sigmoid, a sigmoid unit, logits.
        labels: a name for each class; None: `class 0`, `class 1`, ...
        preprocess: how its training code scaled photos: `caffe`, `tf`, `torch`, `unit`, `none`; `auto` where the model
            does it itself.
        layer: the target layer by name or path (`backbone/conv5_block3_out`); None: the last spatial one.
        input_size: (H, W) in pixels, for a model that leaves it open.
        device: `auto`, `cpu`, `gpu` or `gpu:1`.
        precision: of the masked passes: `float32`, `bfloat16` (CPU), `float16` (GPU).

    Raises:
        ModelError: it is no image classifier.
        UsageError: preprocess, layer or labels do not fit it.
    """
    name = str(model.name)
    given = None
    if labels is not None:
        given = Labels(tuple(ClassLabel(index, label) for index, label in enumerate(labels)))
    number_format = chosen(Precision, precision, what="precision")
    scaling = chosen(Preprocess, preprocess, what="preprocess")
    return build_classifier(
        model,
        name=name,
        weights="in memory",
        labels=lambda count: (
            check_labels(given, count, source="labels", model=name) if given else numbered_labels(count)
        ),
        preparation=lambda own: choose_preparation(scaling, named=None, prepares_itself=own, model=f"model {name!r}"),
        layer=layer,
        wanted_size=input_size,
        device=device_name(device),
        precision=number_format,
    )


def explain(
    photo: str | PathLike[str] | NDArray[np.uint8],
    model: keras.Model | Classifier,
    *,
    classes: Sequence[int | str] | int | str | None = None,
    top: int | None = None,
    method: str = "score-cam",
    variant: str = "article",
    batch_size: int | None = None,
    passes: int | None = None,
    fidelity: float = 1.0,
    seed: int = 0,
    **settings: Any,
) -> Explanation:
    """Explain what a model sees in a photo: one map for each class, by Score-CAM all from the same passes.

    Args:
        photo: a file, or uint8 [H0, W0, 3] sRGB, upright.
        model: a Keras model, or what `wrap` made of one (then nothing is compiled anew for the next photo).
        classes: index, name or WordNet id, one or several; None: the `top` most probable, by default one.
        top: also the N most probable classes.
        method: a name of `scorecam_cli.config.METHODS`; variant and fidelity are of score-cam alone.
        variant: `article`, `official` or `paper`, see `scorecam_cli.config.Variant`.
        batch_size: masked photos in one pass; None: as many as suit the model and the memory.
        passes: pass only so many masks and infer the rest. fidelity: pass as many as it takes to estimate this
            correlation with the exact map.
        seed: of methods that draw by chance.
        settings: of `wrap`, where a Keras model is given.

    Returns:
        An Explanation: `.classes[i].map` is float32 [H, W] >= 0, of the model's input size, before any display scaling;
        `.classes[i].score` has label, probability and logit.

    Raises:
        PhotoError: the photo cannot be read, or the model returns values that are not finite.
        UsageError: unknown class, layer, variant or preparation. ModelError: the model is no image classifier.

    Source: Wang et al. 2020, arXiv:1910.01279.

    Example:
        >>> import scorecam_cli
        >>> found = scorecam_cli.explain("dog.jpg", model, preprocess="caffe", classes=242)  # doctest: +SKIP
        >>> found.classes[0].map.shape  # doctest: +SKIP
        (224, 224)
    """
    if isinstance(model, Classifier) and settings:
        raise UsageError(f"{', '.join(settings)}: give these to wrap(), which made this classifier")
    chosen(Variant, variant, what="variant")
    if passes is not None and (passes < FEWEST_PASSES or fidelity < 1):
        raise UsageError(f"passes {passes}: give at least {FEWEST_PASSES}, and no fidelity beside it")
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"batch_size {batch_size} must be at least 1")
    classifier = model if isinstance(model, Classifier) else wrap(model, **settings)
    rgb = photo if isinstance(photo, np.ndarray) else read_photo(Path(photo)).rgb
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or not rgb.size:
        raise PhotoError(f"the photo is {rgb.dtype} {list(rgb.shape)}; give uint8 [height, width, 3] or a file")
    image = classifier.prepare(rgb)
    observation = classifier.observe(image)
    asked = [classes] if isinstance(classes, int | str) else list(classes or ())
    return explain_with(
        method,
        classifier,
        image,
        observation=observation,
        class_indices=classifier.choose_classes(observation, asked=[str(each) for each in asked], top=top or 0),
        variant=variant,
        batch_size=batch_size,
        passes=passes,
        fidelity=fidelity,
        seed=seed,
    )
