"""What the user can choose by a word, each list of choices written once."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from scorecam_cli.errors import UsageError

METHOD_FILES = {  # what --method can name, in the order of every list, and the file of saliency/ that is it
    "score-cam": "score_cam",
    "faster-score-cam": "faster_score_cam",
    "ss-cam": "ss_cam",
    "is-cam": "is_cam",
    "opti-cam": "opti_cam",
    "vit-cx": "vit_cx",
    "recipro-cam": "recipro_cam",
    "ablation-cam": "ablation_cam",
    "cam": "cam",
    "grad-cam": "grad_cam",
    "grad-cam++": "grad_cam_plus_plus",
    "layer-cam": "layer_cam",
    "hires-cam": "hires_cam",
    "xgrad-cam": "xgrad_cam",
    "eigen-cam": "eigen_cam",
    "gradient": "gradient",
    "smoothgrad": "smoothgrad",
    "integrated-gradients": "integrated_gradients",
    "occlusion": "occlusion",
    "rise": "rise",
    "random": "random_map",
}


class Variant(StrEnum):
    """What Score-CAM sums, and with which weights; papers and code confuse them, so every output names its own.

    ARTICLE: softmax probability of the class times scaled masks M_k.
    OFFICIAL: softmax probability of the class times upsampled raw activations U(A_k), as the authors' code does.
    PAPER: softmax over the K channels of `logit_c(X * M_k) - logit_c(0)`, times U(A_k), as Algorithm 1 says.
    CENTRED: how far the probability is from its mean over the masks, times M_k.
    FITTED: the same solved for: what each position contributes, by ridge regression of the probability on the masks.
    """

    ARTICLE = "article"
    OFFICIAL = "official"
    PAPER = "paper"
    CENTRED = "centred"
    FITTED = "fitted"


class Engine(StrEnum):
    """Who does the work.

    LOCAL: processes of this machine. RAY: actors on a cluster of Ray.
    """

    LOCAL = "local"
    RAY = "ray"


class Joining(StrEnum):
    """How several target layers make one map.

    FIT: their masks are data of one regression, on the finest grid.
    PRODUCT: the maps of all, scaled to [0, 1], multiplied (RefineCAM).
    """

    FIT = "fit"
    PRODUCT = "product"


class Role(StrEnum):
    """What a class is to a photo of which it is known what it shows; BOTH: the prediction is right."""

    PREDICTED = "predicted"
    EXPECTED = "expected"
    BOTH = "predicted as expected"


OF_DIFFERENCES = (Variant.CENTRED, Variant.FITTED)  # their weights sum to 0: the sign says for or against the class


class Selection(StrEnum):
    """Which masks are passed where not all are.

    REPRESENTATIVES: medoids of the masks, then those that tell most of the map; the weights of the others are inferred.
    FASTER: the channels of largest spread; the others are left out (Faster-Score-CAM).
    """

    REPRESENTATIVES = "representatives"
    FASTER = "faster"


class Precision(StrEnum):
    """Number format of the masked passes; softmax and sums are float32 in each, and so is the unmasked pass."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Preprocess(StrEnum):
    """How the training code scaled its photos; AUTO: known for named models, or done inside the model."""

    AUTO = "auto"
    CAFFE = "caffe"
    TF = "tf"
    TORCH = "torch"
    UNIT = "unit"
    NONE = "none"


class HeadKind(StrEnum):
    """What the numbers that a model returns are.

    AUTO: told by the last layer, and where that does not tell, by the numbers.
    SOFTMAX: one class of several: probabilities that sum to 1, or the logits of such.
    SIGMOID: each class by itself: a probability, or the logit of one.
    LINEAR: quantities, not classes: a regression, whose outputs are explained as they are.
    """

    AUTO = "auto"
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LINEAR = "linear"


class Fill(StrEnum):
    """What a pixel is that the model must not see.

    ZERO: 0 in model units, what Score-CAM's closed masks leave. MEAN: the photo's own mean colour.
    BLUR: the photo behind a Gaussian blur.
    """

    ZERO = "zero"
    MEAN = "mean"
    BLUR = "blur"


class Measure(StrEnum):
    """What `scorecam evaluate` measures of a map."""

    DROP = "drop"
    CURVES = "curves"
    POINTING = "pointing"
    SHAPE = "shape"
    ROAD = "road"
    COHERENCY = "coherency"
    STABILITY = "stability"
    SANITY = "sanity"


Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], value: str, *, what: str) -> Choice:
    """The choice that a user's word names.

    Args:
        kind: the choices.
        value: the word.
        what: it is of, for the message.

    Raises:
        UsageError: it names none; the message lists them.
    """
    if value not in list(kind):
        raise UsageError(f"{what} {value!r} is none of {', '.join(kind)}")
    return kind(value)
