"""The passes of a Keras model, each compiled once: one photo, one photo under many masks, many photos.

Letters: H W model input, c its colours, h w feature grid, K channels of the target layer, B masks or photos in a pass,
C classes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from scorecam_cli.keras_engine.calling import Called
from scorecam_cli.keras_engine.head import Head
from scorecam_cli.keras_engine.layers import LayerCall, Network
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import Observer, as_grid, observing
from scorecam_cli.models.answers import MASK_EPSILON

FOLDED_PARAMETERS = 30_000_000  # folding 26 M (ResNet50) takes 2 GB meanwhile and saves 11 %; 138 M (VGG16) take 40 s


class Passes:
    """What `Classifier` runs; see there for the arguments.

    shared: passes of the same model with another target, whose masks and photos are run by the same compiled functions.
    """

    def __init__(
        self,
        called: Called,
        *,
        size: tuple[int, int],
        channels: int,
        network: Network,
        target: LayerCall,
        head: Head,
        frozen: bool,
        shared: Passes | None = None,
    ) -> None:
        self._called, self._network, self._target, self._head = called, network, target, head
        self._size, self._channels, self._frozen, self._shared = size, channels, frozen, shared

    @cached_property
    def observe(self) -> Any:
        """Compiled: float32 [H, W, c] -> scores [1, C], probabilities [1, C], activations [1, h, w, K]."""

        def observe(image: Any) -> tuple[Any, ...]:
            observer = Observer(
                capture=self._target.number, capture_input=self._target.made_outside, bare_head=self._head.bare_call
            )
            with observing(observer):
                output = self._called(image[None])
            activations = tf.cast(as_grid(observer.captured, self._target), tf.float32)
            return (*self._head.read(output), activations)

        return tf.function(observe, input_signature=[self._image_spec], autograph=False)

    @cached_property
    def masked(self) -> Any:
        """`masked_traced` in the form that is fastest."""
        return self._folded(self.masked_traced) if self._shared is None else self._shared.masked

    @cached_property
    def filled(self) -> Any:
        """The same with what is seen behind closed masks as its second argument, [H, W, c]."""
        return self._folded(self._traced(filled=True)) if self._shared is None else self._shared.filled

    @cached_property
    def photos(self) -> Any:
        """Compiled: images float32 [B, H, W, c] -> scores, probabilities [B, C]."""
        if self._shared is not None:
            return self._shared.photos

        def photo_pass(images: Any) -> tuple[Any, ...]:
            with observing(Observer(bare_head=self._head.bare_call)):
                output = self._called(images)
            return self._head.read(output)

        spec = tf.TensorSpec([None, *self._size, self._channels], tf.float32)
        return self._folded(tf.function(photo_pass, input_signature=[spec], autograph=False))

    def _folded(self, compiled: Any) -> Any:
        """Where it pays, the function with its weights as constants, which TensorFlow's optimiser folds."""
        if not self._frozen or self._called.model.count_params() > FOLDED_PARAMETERS:
            return compiled
        if not any(call.kind == "BatchNormalization" for call in self._network.calls):
            return compiled
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        return convert_variables_to_constants_v2(compiled.get_concrete_function())

    @cached_property
    def masked_traced(self) -> Any:
        """Compiled: image [H, W, c], grids [N, h, w], first, last -> scores, probabilities [B, C], lows, highs [B]."""
        return self._traced(filled=False)

    def _traced(self, *, filled: bool) -> Any:
        """`masked` or `filled` before it is folded; the first, which multiplies only, is one operation shorter."""

        def masked_pass(image: Any, grids: Any, first: Any, last: Any, filling: Any = None) -> tuple[Any, ...]:
            upsampled = tf.image.resize(grids[first:last, :, :, None], self._size)  # [B, H, W, 1]
            lows = tf.reduce_min(upsampled, axis=[1, 2, 3], keepdims=True)
            highs = tf.reduce_max(upsampled, axis=[1, 2, 3], keepdims=True)
            masks = (upsampled - lows) / (highs - lows + MASK_EPSILON)
            masked = image[None] * masks if filling is None else filling + (image - filling)[None] * masks
            with observing(Observer(bare_head=self._head.bare_call)):
                output = self._called(masked)
            return (*self._head.read(output), tf.reshape(lows, [-1]), tf.reshape(highs, [-1]))

        def filled_pass(image: Any, filling: Any, grids: Any, first: Any, last: Any) -> tuple[Any, ...]:
            return masked_pass(image, grids, first, last, filling)

        number = tf.TensorSpec([], tf.int32)
        grid_spec = tf.TensorSpec([None, None, None], tf.float32)  # of whichever layer
        images = [self._image_spec] * (2 if filled else 1)
        signature = [*images, grid_spec, number, number]
        return tf.function(filled_pass if filled else masked_pass, input_signature=signature, autograph=False)

    @property
    def _image_spec(self) -> Any:
        return tf.TensorSpec([*self._size, self._channels], tf.float32)
