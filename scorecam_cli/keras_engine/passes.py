"""The passes of a Keras model: one photo, one photo under many masks, many photos.

All three run one function of photos, traced once; masking is a small one in front of it.

Letters: H W model input, c its colours, h w feature grid, K channels of the target layer, B masks or photos in a pass,
C classes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from scorecam_cli.keras_engine.calling import Called
from scorecam_cli.keras_engine.head import Head
from scorecam_cli.keras_engine.layers import LayerCall, Network
from scorecam_cli.keras_engine.start import keras, tf
from scorecam_cli.keras_engine.tracing import Observer, as_grid, observing
from scorecam_cli.models.answers import MASK_EPSILON

FOLDED_PARAMETERS = 30_000_000  # folding 26 M (ResNet50) takes 2 GB meanwhile and saves 11 %; 138 M (VGG16) take 40 s


class Passes:
    """What `Classifier` runs; see there for the arguments.

    shared: passes of the same model with another target, whose masks and photos are run by the same compiled function.
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
        self._ahead: threading.Thread | None = None

    def observe(self, image: Any) -> tuple[Any, ...]:
        """Image float32 [H, W, c] -> scores [1, C], probabilities [1, C], activations [1, h, w, K].

        Not folded, which would round activations otherwise than the model does.
        """
        if not self.folded:
            return tuple(self.traced(image[None]))
        return tuple(self.traced(image[None], self._values))

    def photos(self, images: Any) -> tuple[Any, ...]:
        """Images float32 [B, H, W, c] -> scores, probabilities [B, C]."""
        passes = self if self._shared is None else self._shared
        passes.wait_for_compiling()
        scores, probabilities, _ = passes.answering(images)
        return scores, probabilities

    def masked(self, image: Any, grids: Any, first: Any, last: Any) -> tuple[Any, ...]:
        """Image [H, W, c], grids [N, h, w], first, last -> scores, probabilities [B, C], lows, highs [B]."""
        images, lows, highs = self._masking(image, grids, first, last)
        return *self.photos(images), lows, highs

    def filled(self, image: Any, filling: Any, grids: Any, first: Any, last: Any) -> tuple[Any, ...]:
        """The same with what is seen behind closed masks as its second argument, [H, W, c]."""
        images, lows, highs = self._filling(image, filling, grids, first, last)
        return *self.photos(images), lows, highs

    def compile_ahead(self, device: str) -> None:
        """Begin to compile the passes of masks in another thread, while this one observes the first photo.

        That takes as long as what `observe` compiles; where both are one function there is nothing to begin with. It
        traces nothing of Keras, and whoever asks for a pass first waits for it.

        Args:
            device: TensorFlow's name of where they will run.
        """
        if self.folded and self._shared is None and self._ahead is None:
            self.traced.get_concrete_function()
            compiler = threading.Thread(target=self._compile, args=(device,), name="scorecam compiler")
            with suppress(RuntimeError):  # no thread is to be had: compiled when a pass is asked for
                compiler.start()
                self._ahead = compiler

    def wait_for_compiling(self) -> None:
        """Return when nothing is compiled ahead any more."""
        if self._ahead is not None:
            self._ahead.join()
            self._ahead = None

    def _compile(self, device: str) -> None:
        """Run one mask over an empty photo; what goes wrong will go wrong again, and is told then."""
        with suppress(Exception), tf.device(device):
            image = tf.zeros([*self._size, self._channels])
            images, _, _ = self._masking(image, tf.zeros([1, 1, 1]), tf.constant(0), tf.constant(1))
            self.answering(images)

    @property
    def folded(self) -> bool:
        """Whether the weights are constants, which TensorFlow's optimiser folds: where nobody changes them and it pays.

        What is folded is mostly batch normalisation, into the convolution before it.
        """
        if not self._frozen or self._called.model.count_params() > FOLDED_PARAMETERS:
            return False
        return any(call.kind == "BatchNormalization" for call in self._network.calls)

    @cached_property
    def answering(self) -> Any:
        """Compiled: images float32 [B, H, W, c] -> scores [B, C], probabilities [B, C], activations [B, h, w, K].

        In the form that is fastest: folded where it pays.
        """
        if not self.folded:
            return self.traced
        values = [each.numpy() for each in self._weights]

        def answer(images: Any) -> tuple[Any, ...]:
            return tuple(self.traced(images, [tf.constant(value) for value in values]))

        return tf.function(answer, input_signature=[self._images_spec], autograph=False)

    @cached_property
    def traced(self) -> Any:
        """The same not folded; where it is to be, the weights are its second argument, in the order of `_weights`."""

        def answer(images: Any, weights: Sequence[Any] = ()) -> tuple[Any, ...]:
            observer = Observer(
                capture=self._target.number, capture_input=self._target.made_outside, bare_head=self._head.bare_call
            )
            with _holding(self._weights, weights), observing(observer):
                output = self._called(images)
            return (*self._head.read(output), tf.cast(as_grid(observer.captured, self._target), tf.float32))

        signature = [self._images_spec]
        if self.folded:
            signature.append([tf.TensorSpec(each.shape, each.dtype) for each in self._weights])
        return tf.function(answer, input_signature=signature, autograph=False)

    @cached_property
    def _weights(self) -> list[Any]:
        """The variables that are folded: weights, not counters or seeds; none where nothing is."""
        return [each for each in self._called.model.variables if "float" in each.dtype] if self.folded else []

    @cached_property
    def _values(self) -> list[Any]:
        """What these hold at first, in the memory that they have it in."""
        return [tf.convert_to_tensor(each) for each in self._weights]

    @cached_property
    def _masking(self) -> Any:
        """Compiled: image, grids, first, last -> masked images [B, H, W, c], lows, highs [B]."""

        def mask(image: Any, grids: Any, first: Any, last: Any) -> tuple[Any, ...]:
            masks, lows, highs = self._masks(grids[first:last])
            return image[None] * masks, lows, highs

        return tf.function(mask, input_signature=[self._image_spec, *_GRIDS], autograph=False)

    @cached_property
    def _filling(self) -> Any:
        """The same with a filling behind the image; apart, so that multiplying alone costs no more than that."""

        def fill(image: Any, filling: Any, grids: Any, first: Any, last: Any) -> tuple[Any, ...]:
            masks, lows, highs = self._masks(grids[first:last])
            return filling + (image - filling)[None] * masks, lows, highs

        return tf.function(fill, input_signature=[self._image_spec, self._image_spec, *_GRIDS], autograph=False)

    def _masks(self, grids: Any) -> tuple[Any, Any, Any]:
        """Grids [B, h, w] -> masks [B, H, W, 1] in [0, 1], and the lowest and highest value of each, [B]."""
        upsampled = tf.image.resize(grids[..., None], self._size)  # [B, H, W, 1]
        lows = tf.reduce_min(upsampled, axis=[1, 2, 3], keepdims=True)
        highs = tf.reduce_max(upsampled, axis=[1, 2, 3], keepdims=True)
        masks = (upsampled - lows) / (highs - lows + MASK_EPSILON)
        return masks, tf.reshape(lows, [-1]), tf.reshape(highs, [-1])

    @property
    def _images_spec(self) -> Any:
        return tf.TensorSpec([None, *self._size, self._channels], tf.float32)

    @property
    def _image_spec(self) -> Any:
        return tf.TensorSpec([*self._size, self._channels], tf.float32)


_NUMBER = tf.TensorSpec([], tf.int32)
_GRIDS = (tf.TensorSpec([None, None, None], tf.float32), _NUMBER, _NUMBER)  # of whichever layer, first, last


@contextmanager
def _holding(variables: Sequence[Any], tensors: Sequence[Any]) -> Iterator[None]:
    """While a model runs inside, these variables hold these tensors."""
    if not variables:
        yield
        return
    with keras.StatelessScope(state_mapping=list(zip(variables, tensors, strict=True))):
        yield
