"""What is to be doubted of every map of a loaded model: its weights, and how its photos are scaled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.first_statistics import strange_variance
from scorecam_cli.keras_engine.layers import LayerCall

# What a layer makes of the 255 steps of a photo: 1 to 5 where it was made for these; hundreds where its training code
# had scaled them to [0, 1] or [-1, 1] before.
WIDEST = 20.0


def model_doubts(classifier: Classifier) -> tuple[str, ...]:
    """Sentences about what holds for every photo; none for a model that is as it should be."""
    return tuple(_doubts(classifier))


def _doubts(classifier: Classifier) -> Iterator[str]:
    random = classifier.weights.startswith("random")
    if random:
        yield "the weights are random: maps are for timing and checks, and tell nothing of the photo"
    if classifier.head.supposed:
        yield (
            f"{classifier.name} has one output without an activation, which is taken for the logit of class 1: "
            "--head sigmoid says that it is, --head linear that it is a quantity"
        )
    scaling, preparation = classifier.network.own_scaling, classifier.preparation.name
    if scaling is not None and preparation != "none" and _is_for_bytes(scaling):
        yield (
            f"{classifier.name} scales photos itself (layer {scaling.path}), and --preprocess {preparation} has scaled "
            "them before, so that it sees others than it was trained on: leave out --preprocess"
        )
    strange = None if random else strange_variance(classifier)
    if strange is not None:
        path, factor = strange
        yield (
            f"with --preprocess {preparation} the first batch normalisation of {classifier.name} (layer {path}) is "
            f"given {factor:,.0f} times the variance that it remembers of its training: photos were scaled in another "
            "way there, or it has met too few batches"
        )


def _is_for_bytes(call: LayerCall) -> bool:
    """Whether a scaling layer was made for photos of 0-255; where its numbers are not known, most are."""
    scale = getattr(call.operation, "scale", None) if call.kind == "Rescaling" else None
    if call.kind == "Normalization" and getattr(call.operation, "variance", None) is not None:
        scale = 1 / np.sqrt(np.maximum(np.asarray(call.operation.variance), 1e-12))
    return scale is None or float(np.max(np.abs(np.asarray(scale)))) * 255 <= WIDEST
