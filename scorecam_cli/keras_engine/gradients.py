"""Gradients of one logit, with respect to the target layer and to photos; compiled once per classifier.

Letters: H W model input, c its colours, h w feature grid, K channels of the target layer, N photos, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ClassError, ModelError, NumericsError
from scorecam_cli.keras_engine.batches import BUSY_BYTES, MEMORY_SHARE
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.hardware import free_memory
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import Observer, as_grid, observing

Against = tuple[int, float]  # another class, and what its logit is multiplied by before it is taken off
KEPT_COPIES = 2  # the backward pass holds what every layer made, and as much again in gradients


class Gradients:
    """The gradients of a classifier's logits, always in float32.

    The class is an argument of the compiled passes, so that one trace serves all classes.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def of_target(
        self, image: NDArray[np.float32], index: int, against: Against | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The target layer's activations, and how the logit of a class changes with each of them.

        Args:
            image: float32 [H, W, c] in model units.
            index: of the class, in 0 .. C - 1.
            against: another class, whose logit is taken off, and times what.

        Returns:
            activations and gradient, float32 [h, w, K] both.

        Raises:
            ModelError: the model shows probabilities only. ClassError: no such class.
            NumericsError: a value is not finite. PhotoError: memory runs out, or the model stops.
        """
        derived = self._derived(index, against)
        with tf.device(self._classifier.device):
            ((activations, gradient),) = self._classifier.batches.run(
                1, lambda _first, _last: self._target_pass(tf.constant(image), *derived)
            )
        return self._finite(activations.numpy()[0]), self._finite(gradient.numpy()[0])

    def of_photos(
        self,
        images: NDArray[np.float32],
        index: int,
        against: Against | None = None,
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """How the logit of a class changes with each number of each photo.

        Args:
            images: float32 [N, H, W, c] in model units, N at least 1.
            index: of the class, in 0 .. C - 1. against: as `of_target`.
            batch_size: photos in one pass, see `batch_for`; it changes memory and time, not the result.
            on_passes: called after each pass with the number of photos it held.

        Returns:
            float32 [N, H, W, c].

        Raises:
            As `of_target`.
        """
        derived = self._derived(index, against)
        with tf.device(self._classifier.device):
            parts = self._classifier.batches.run(
                len(images),
                lambda first, last: self._photo_pass(tf.constant(images[first:last]), *derived),
                batch_size=self.batch_for(batch_size),
                on_passes=on_passes,
            )
        return self._finite(np.concatenate([part.numpy() for part in parts]))

    def batch_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for; None asks for the automatic one.

        It is smaller than that of the masked passes, because the backward pass needs what every layer made.
        """
        wanted = self._classifier.batch_for(batch_size)
        fitting = wanted if "GPU" in self._classifier.device else int(free_memory() * MEMORY_SHARE) // self._bytes_each
        busy = BUSY_BYTES // self._bytes_each if batch_size is None else wanted
        return max(1, min(wanted, fitting, busy))

    @cached_property
    def _bytes_each(self) -> int:
        numbers = sum(call.numbers for call in self._classifier.network.calls)
        return KEPT_COPIES * numbers * 4  # float32

    def _derived(self, index: int, against: Against | None) -> tuple[Any, Any, Any]:
        """What is derived, as the passes take it: class, the other one, and what its logit is multiplied by."""
        other, strength = against or (index, 0.0)
        for each in (index, other):
            self._check(each)
        return tf.constant(index), tf.constant(other), tf.constant(strength, tf.float32)

    def _check(self, index: int) -> None:
        check_logits(self._classifier, "a gradient")
        classes = self._classifier.head.classes
        if not 0 <= index < classes:
            raise ClassError(f"class {index} does not exist; {self._classifier.name} has classes 0-{classes - 1}")

    def _finite(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if not np.isfinite(values).all():
            raise NumericsError(f"{self._classifier.name} has gradients that are not finite for this photo")
        return values

    @cached_property
    def _target_pass(self) -> Any:
        """Compiled: image [H, W, c], index, other, strength -> activations, gradient [1, h, w, K]."""
        target = self._classifier.target

        def target_pass(image: Any, index: Any, other: Any, strength: Any) -> tuple[Any, ...]:
            observer = Observer(
                capture=target.number, capture_input=target.made_outside, bare_head=self._classifier.head.bare_call
            )
            with tf.GradientTape() as tape:
                tape.watch(image)
                logits = self._logits(image[None], observer)
                logit = tf.gather(logits[0], index) - strength * tf.gather(logits[0], other)
            captured = observer.captured
            gradient = tape.gradient(logit, captured, unconnected_gradients="zero")
            return tuple(tf.cast(as_grid(each, target), tf.float32) for each in (captured, gradient))

        return self._compiled(target_pass, [*self._classifier.size, self._classifier.channels])

    @cached_property
    def _photo_pass(self) -> Any:
        """Compiled: images [B, H, W, c], index, other, strength -> gradients [B, H, W, c]."""

        def photo_pass(images: Any, index: Any, other: Any, strength: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(images)
                logits = self._logits(images, Observer(bare_head=self._classifier.head.bare_call))
                own, taken_off = (tf.gather(logits, each, axis=1) for each in (index, other))
                logit = tf.reduce_sum(own - strength * taken_off)  # no photo touches the logits of another
            return tape.gradient(logit, images, unconnected_gradients="zero")

        return self._compiled(photo_pass, [None, *self._classifier.size, self._classifier.channels])

    def _logits(self, images: Any, observer: Observer) -> Any:
        """float32 [B, C], inside a compiled pass."""
        with observing(observer):
            output = self._classifier.called(images)
        return self._classifier.head.read(output)[0]

    def _compiled(self, function: Callable[..., Any], shape: list[int | None]) -> Any:
        signature = [
            tf.TensorSpec(shape, tf.float32),
            *[tf.TensorSpec([], tf.int32)] * 2,
            tf.TensorSpec([], tf.float32),
        ]
        return tf.function(function, input_signature=signature, autograph=False)


def check_logits(classifier: Classifier, what: str) -> None:
    """Raise ModelError unless the model shows logits, or quantities; `what` is said to need them."""
    if not (classifier.head.shows_logits or classifier.head.is_regression):
        raise ModelError(
            f"{classifier.name} shows probabilities only, and {what} needs logits; use score-cam, rise or occlusion"
        )
