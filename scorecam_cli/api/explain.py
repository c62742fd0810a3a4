"""The Python API: maps of photos, by models in memory, on disk or of a name."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scorecam_cli.config import ModelSettings, Precision, Preprocess, Variant, check_budget, chosen
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.keras_engine.building import build_classifier
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.start import device_name
from scorecam_cli.loading.load import check_labels, load_classifier
from scorecam_cli.models.labels import Labels, numbered_labels
from scorecam_cli.models.preparation import choose_preparation
from scorecam_cli.photos.colour import write_srgb
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassLabel, Explanation
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import check, explain_with
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    import keras


ModelLike: TypeAlias = "keras.Model | Classifier | str | PathLike[str]"
PhotoLike = str | PathLike[str] | Image.Image | NDArray[np.uint8]
Classes = int | str | np.integer[Any] | NDArray[np.integer[Any]] | Sequence[int | str | np.integer[Any]]


def wrap(
    model: keras.Model | str | PathLike[str],
    *,
    labels: Sequence[str] | PathLike[str] | None = None,
    preprocess: str = "auto",
    layer: str | None = None,
    input_size: tuple[int, int] | None = None,
    device: str = "auto",
    precision: str = "float32",
    weights: str = "imagenet",
) -> Classifier:
    """Make a classifier of a model, to be handed to `explain` as often as needed.

    A Keras model is not changed. The passes are compiled once, at the first photo.

    Args:
        model: a Keras model with one input [batch, H, W, 1 or 3] and one output [batch, classes]: softmax, sigmoid, a
            sigmoid unit, logits; or the path of one (.keras, .h5, .hdf5); or a name that `scorecam models` lists.
        labels: a name for each class, for a Keras model; a file of them, for a path or a name; None: those known for
            the name, else `class 0`, `class 1`, ...
        preprocess: how its training code scaled photos: `caffe`, `tf`, `torch`, `unit`, `none`; `auto` where the model
            does it itself.
        layer: the target layer by name or path (`backbone/conv5_block3_out`); None: the last spatial one.
        input_size: (H, W) in pixels, for a model that leaves it open.
        device: `auto`, `cpu`, `gpu` or `gpu:1`.
        precision: of the masked passes: `float32`, `bfloat16` (CPU), `float16` (GPU).
        weights: of a named model: `imagenet`, `random` or a weights file.

    Raises:
        ModelError: it is no image classifier.
        UsageError: preprocess, layer or labels do not fit it.
    """
    number_format = chosen(Precision, precision, what="precision")
    scaling = chosen(Preprocess, preprocess, what="preprocess")
    if isinstance(model, str | PathLike):
        if labels is not None and not isinstance(labels, str | PathLike):
            raise UsageError(f"labels of {model}: give the path of a file, one name on each line, or nothing")
        return load_classifier(
            ModelSettings(
                model=fspath(model),
                weights=weights,
                labels=None if labels is None else Path(labels),
                preprocess=scaling,
                layer=layer,
                input_size=input_size,
                device=device,
                precision=number_format,
            )
        )
    return _wrap_keras(model, _given_labels(labels), layer, input_size, scaling, device, number_format)


def _given_labels(labels: Sequence[str] | PathLike[str] | None) -> Labels | None:
    if labels is None:
        return None
    if isinstance(labels, str | PathLike):
        raise UsageError("labels of a model in memory: give a list of names, one for each class")
    return Labels(tuple(ClassLabel(index, label) for index, label in enumerate(labels)))


def _wrap_keras(
    model: keras.Model,
    labels: Labels | None,
    layer: str | None,
    size: tuple[int, int] | None,
    scaling: Preprocess,
    device: str,
    precision: Precision,
) -> Classifier:
    name = str(model.name)
    return build_classifier(
        model,
        name=name,
        weights="in memory",
        labels=lambda count: (
            check_labels(labels, count, source="labels", model=name) if labels else numbered_labels(count)
        ),
        preparation=lambda own: choose_preparation(scaling, named=None, prepares_itself=own, model=f"model {name!r}"),
        layer=layer,
        wanted_size=size,
        device=device_name(device),
        precision=precision,
    )


@overload
def explain(photo: PhotoLike, model: ModelLike, **options: Any) -> Explanation: ...


@overload
def explain(photo: Sequence[PhotoLike], model: ModelLike, **options: Any) -> list[Explanation]: ...


def explain(
    photo: PhotoLike | Sequence[PhotoLike],
    model: ModelLike,
    *,
    classes: Classes | None = None,
    top: int | None = None,
    method: str = "score-cam",
    variant: str = "article",
    batch_size: int | None = None,
    passes: int | None = None,
    fidelity: float = 1.0,
    seed: int = 0,
    **settings: Any,
) -> Explanation | list[Explanation]:
    """Explain what a model sees in a photo: one map for each class, by Score-CAM all from the same passes.

    Args:
        photo: a file, a PIL image, or uint8 [H0, W0, 3] sRGB, upright; or a list of any of these.
        model: a Keras model, a path or a name as for `wrap`, or what `wrap` made of one: then nothing is loaded or
            compiled anew for the next photo.
        classes: index, name or WordNet id, one or several; None: the `top` most probable, by default one.
        top: also the N most probable classes.
        method: a name that `scorecam methods` lists.
        variant: `article`, `official` or `paper`, see `scorecam_cli.config.Variant`; of score-cam alone.
        batch_size: masked photos in one pass; None: as many as suit the model and the memory.
        passes: masks, samples or points, as the method counts them; of score-cam the rest is inferred.
        fidelity: pass as many masks as it takes to estimate this correlation with the exact map; of score-cam alone.
        seed: of methods that draw by chance.
        settings: of `wrap`, where it made nothing yet.

    Returns:
        An Explanation, or a list of them for a list of photos: `.classes[i].map` is float32 [H, W] >= 0, of the model's
        input size, before any display scaling; `.classes[i].score` has label, probability and logit.

    Raises:
        PhotoError: the photo cannot be read, or the model returns values that are not finite.
        UsageError: unknown class, layer, method, variant or preparation, or settings that the method does not take.
        ModelError: the model is no image classifier, or does not suit the method.

    Source: Wang et al. 2020, arXiv:1910.01279.

    Example:
        >>> import scorecam_cli
        >>> made = scorecam_cli.explain("dog.jpg", model, preprocess="caffe", classes=242)  # doctest: +SKIP
        >>> made.classes[0].map.shape  # doctest: +SKIP
        (224, 224)
    """
    if isinstance(model, Classifier) and settings:
        raise UsageError(f"{', '.join(settings)}: give these to wrap(), which made this classifier")
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"batch_size {batch_size} must be at least 1")
    check_budget(passes, fidelity)
    how = MethodSettings(passes, batch_size, seed, chosen(Variant, variant, what="variant"), fidelity)
    check(method, how)
    classifier = model if isinstance(model, Classifier) else wrap(model, **settings)
    photos = photo if isinstance(photo, list | tuple) else [photo]
    explanations = [
        explain_with(method, Question.about(classifier, _pixels(each), asked=_asked(classes), top=top or 0), how)
        for each in photos
    ]
    return explanations if isinstance(photo, list | tuple) else explanations[0]


def _asked(classes: Classes | None) -> list[str]:
    """Each class as text: one or several, as numbers of Python or NumPy, names or ids."""
    if classes is None:
        return []
    if isinstance(classes, int | str | np.integer):
        return [str(classes)]
    return [str(each) for each in (classes.ravel() if isinstance(classes, np.ndarray) else classes)]


def _pixels(photo: Any) -> NDArray[np.uint8]:
    """uint8 [H0, W0, 3], sRGB, upright."""
    if isinstance(photo, str | PathLike):
        return read_photo(Path(photo)).rgb
    if isinstance(photo, Image.Image):
        upright = ImageOps.exif_transpose(photo)
        rgb = np.empty((upright.height, upright.width, 3), np.uint8)
        write_srgb(upright, rgb)
        return rgb
    if not isinstance(photo, np.ndarray):
        raise PhotoError(f"the photo is a {type(photo).__name__}; give a file, a PIL image or an array")
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or not photo.size:
        raise PhotoError(f"the photo is {photo.dtype} {list(photo.shape)}; give uint8 [height, width, 3] or a file")
    return photo
