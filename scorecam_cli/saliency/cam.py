"""CAM: the map that a network with global average pooling shows by itself.

Letters: h w feature grid, K channels of the target layer, C classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError
from scorecam_cli.saliency.contrast import STRENGTH, less
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import Method, Need, Source
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier
    from scorecam_cli.keras_engine.layers import LayerCall

POOLING = "GlobalAveragePooling2D"
RESHAPING = frozenset({"Reshape", "Flatten", "Squeeze"})
PASSING = frozenset({"Dropout", "SpatialDropout2D", "Identity"})  # they change nothing outside training
LAST = frozenset({"linear", "softmax", "sigmoid"})


def cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`ReLU(sum_k w_k * A_k)`, w the weights of the class in the last layer.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; no pass beside the unmasked one.

    Raises:
        ModelError: between target layer and output there is more than a global average pooling and one dense layer or
            1x1 convolution.

    Source: Zhou et al. 2016, arXiv:1512.04150, equation 2.
    """
    rows = head_weights(asked.classifier)  # [K, C]
    weights = less(rows, asked.class_indices, asked.others, strength=STRENGTH)  # [K, classes]
    grids = asked.observation.activations.astype(np.float64) @ weights  # [h, w, classes]
    return Maps(from_grids(np.moveaxis(grids, 2, 0), asked.size, settings), 0)


def head_weights(classifier: Classifier) -> NDArray[np.float32]:
    """What each channel's mean adds to each logit, float32 [K, C].

    Raises:
        ModelError: as `cam`.
    """
    calls = _calls_back(classifier)
    pooled = [at for at, call in enumerate(calls) if call.kind == POOLING]
    weighted = [at for at, call in enumerate(calls) if call.kind in ("Dense", "Conv2D")]
    if len(pooled) != 1 or len(weighted) > 1:
        raise _no_cam(classifier, f"{len(pooled)} of {POOLING} and {len(weighted)} weighted layers")
    end = min([*pooled, *weighted])  # what follows it sees logits
    for at, call in enumerate(calls):
        if not _allowed(call, pooled=at < pooled[0], at_end=at <= end):
            raise _no_cam(classifier, f"the layer {call.path} ({call.kind})")
    channels = classifier.grid_shape[2]
    if not weighted:
        kernel = np.eye(channels, dtype=np.float32)  # the channels are the classes
    else:
        kernel = np.asarray(calls[weighted[0]].operation.get_weights()[0]).reshape(channels, -1)  # [K, units]
    return np.concatenate([-kernel, kernel], axis=1) if kernel.shape[1] < classifier.head.classes else kernel


def _calls_back(classifier: Classifier) -> list[LayerCall]:
    """The layers between target and output, the last one first.

    Raises:
        ModelError: they are no chain.
    """
    network, tensor = classifier.network, classifier.network.output
    calls: list[LayerCall] = []
    while tensor != classifier.target.output:
        made = [call for call in network.calls if call.output == tensor and not getattr(call.operation, "layers", None)]
        made = [call for call in made if call.inputs != (tensor,)]  # a layer that hands on what it was given
        if not made or len(made[0].inputs) != 1:
            raise _no_cam(classifier, f"the layer {made[0].path}" if made else "a computation outside Keras layers")
        calls.append(made[0])
        tensor = made[0].inputs[0]
    return calls


def _allowed(call: LayerCall, *, pooled: bool, at_end: bool) -> bool:
    """Whether the logits stay a weighted mean of the grid through this layer.

    pooled: it comes after the pooling. at_end: neither pooling nor a weighted layer follows.
    """
    operation = call.operation
    if not type(operation).__module__.startswith("keras."):
        return False
    if call.kind in RESHAPING:
        return pooled
    if call.kind in ("Softmax", "Sigmoid"):
        return at_end
    if call.kind in ("Dense", "Conv2D", "Activation"):
        one_position = call.kind != "Conv2D" or (
            tuple(operation.kernel_size) == tuple(operation.strides) == (1, 1) and operation.groups == 1
        )
        return one_position and _activation(operation) in (LAST if at_end else {"linear"})
    return call.kind == POOLING or call.kind in PASSING


def _activation(operation: Any) -> str:
    return str(getattr(operation.activation, "__name__", "linear"))


def _no_cam(classifier: Classifier, what: str) -> ModelError:
    return ModelError(
        f"cam needs a global average pooling and one dense layer or 1x1 convolution after layer {classifier.layer}; "
        f"{classifier.name} has {what} there: use grad-cam or score-cam"
    )


METHOD = Method(
    name="cam",
    summary="weights of the last layer, for global average pooling",
    run=cam,
    planned=lambda work: 0,
    passes="none",
    source=Source("Zhou et al.", 2016, "arXiv:1512.04150"),
    needs=frozenset({Need.POOLED_HEAD}),
    takes=frozenset({"signed"}),
    of_outputs=True,
)
