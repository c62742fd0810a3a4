"""The network from the target layer to the output, run alone on activations that are handed in; compiled once.

Letters: H W model input, c its colours, h w feature grid, K channels of the target layer, p prefix tokens, N grids, C
classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError, NumericsError
from scorecam_cli.keras_engine.batches import Batches
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.layers import LayerCall
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import Observer, observing
from scorecam_cli.models.answers import Answers

BUSY_BYTES = (
    2**26
)  # 64 tensors of EfficientNetLite0 in a pass; with 512, whose memory is new each time, it took 4 x as long
ASKING_SHAPES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})  # of a tensor, not its values


class Tail:
    """What a classifier says of activations of its target layer, always in float32.

    The model runs on the photo, what the target layer makes is replaced by a batch, and TensorFlow leaves out what
    nothing needs any more. What goes around the target layer, as a skip connection may, is what the photo makes of it.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def answers(
        self,
        image: NDArray[np.float32],
        count: int,
        activations: Callable[[int, int], NDArray[np.float32]],
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> Answers:
        """Ask the rest of the model about any number of activations of the target layer, a batch at a time.

        Args:
            image: float32 [H, W, c] in model units, for what goes around the target layer.
            count: N, at least 1.
            activations: called with first and last, gives those of first .. last - 1, float32 [last - first, h, w, K];
                it may be called again with other limits where memory runs out. Where these are tokens, the prefix
                (class, distillation, registers) is the photo's.
            batch_size: in one pass, see `batch_for`; it changes memory and time, not the result.
            on_passes: called after each pass with the number of activations it held.

        Returns:
            Of N, [N, C].

        Raises:
            ModelError: what the target layer makes is used outside Keras layers, where nothing can take its place.
            NumericsError: a value is not finite. PhotoError: memory runs out, or the model stops.
        """
        classifier = self._classifier
        with tf.device(classifier.device):
            photo = tf.constant(image)
            ((prefix,),) = self.batches.run(1, lambda _first, _last: (self._prefix(photo),))
            parts = self.batches.run(
                count,
                lambda first, last: self._traced(photo, prefix, tf.constant(activations(first, last))),
                batch_size=batch_size,
                on_passes=on_passes,
            )
        scores, probabilities = (
            np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)
        )
        if not (np.isfinite(probabilities).all() and np.isfinite(scores).all()):
            raise NumericsError(f"{classifier.name} returns probabilities that are not finite for this photo")
        return Answers(probabilities, scores if classifier.head.shows_logits else None)

    def batch_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for; None asks for the automatic one.

        It is larger than that of the masked passes where the tail's arrays are smaller than the network's.
        """
        return self.batches.size_for(batch_size)

    @cached_property
    def batches(self) -> Batches:
        """The batches of the tail, by the arrays that it makes."""
        classifier = self._classifier
        target = classifier.target
        behind = [call for call in classifier.network.calls if call.number >= target.number]
        network = replace(classifier.network, calls=(target, *behind), largest=0)
        size = classifier.grid_shape[:2]
        return Batches(network, name=classifier.name, size=size, device=classifier.device, busy_bytes=BUSY_BYTES)

    @cached_property
    def _prefix(self) -> Any:
        """Image [H, W, c] -> the prefix tokens [p, K] that the photo makes; compiled, where there are any."""
        target, model = self._classifier.target, self._classifier.called
        if target.folding is None or not target.folding.prefix:
            return lambda _image: tf.zeros([0, self._classifier.grid_shape[2]])
        count = target.folding.prefix

        def prefix(image: Any) -> Any:
            observer = Observer(capture=target.number, capture_input=target.made_outside)
            with observing(observer):
                model(image[None])
            return tf.cast(observer.captured[0, :count], tf.float32)

        return tf.function(prefix, input_signature=[self._image_spec], autograph=False)

    @property
    def _image_spec(self) -> Any:
        return tf.TensorSpec([*self._classifier.size, self._classifier.channels], tf.float32)

    @cached_property
    def _traced(self) -> Any:
        """Compiled: image [H, W, c], prefix [p, K], activations [B, h, w, K] -> scores, probabilities [B, C].

        Raises:
            ModelError: as `answers`.
        """
        classifier = self._classifier
        target, captured = classifier.target, []

        def tail_pass(image: Any, prefix: Any, activations: Any) -> tuple[Any, ...]:
            observer = Observer(
                capture=target.number,
                capture_input=target.made_outside,
                bare_head=classifier.head.bare_call,
                replacement=_as_made(activations, prefix, target),
            )
            with observing(observer):
                output = classifier.called(image[None])
            captured.append(observer.captured)
            return classifier.head.read(output)

        grid = classifier.grid_shape
        signature = [
            self._image_spec,
            *(tf.TensorSpec(shape, tf.float32) for shape in ([None, grid[2]], [None, *grid])),
        ]
        traced = tf.function(tail_pass, input_signature=signature, autograph=False).get_concrete_function()
        if _reaches(traced.outputs, captured[-1]):
            raise ModelError(
                f"{classifier.name} uses what layer {classifier.layer} makes outside Keras layers, so the network "
                "behind it cannot be run alone; use score-cam or grad-cam, or another --layer"
            )
        return traced


def _as_made(grids: Any, prefix: Any, target: LayerCall) -> Any:
    """Grids [B, h, w, K] as the target layer makes them: themselves, or tokens [B, p + h * w, K]."""
    if target.folding is None:
        return grids
    batch, channels = tf.shape(grids)[0], grids.shape[-1]
    tokens = tf.reshape(grids, [batch, target.folding.h * target.folding.w, channels])
    own = tf.broadcast_to(prefix[None], [batch, target.folding.prefix, channels])
    return tf.concat([own, tokens], axis=1)  # [B, p + h * w, K]


def _reaches(outputs: Any, tensor: Any) -> bool:
    """Whether an output in this graph is computed from the values of a tensor, and not from its shape alone."""
    waiting, seen = list(outputs), set()
    while waiting:
        found = waiting.pop()
        if found.name == tensor.name:
            return True
        if found.op.name not in seen and found.op.type not in ASKING_SHAPES:
            seen.add(found.op.name)
            waiting.extend(found.op.inputs)
    return False
