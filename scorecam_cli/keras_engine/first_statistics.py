"""Whether photos reach a network as they did in training, as far as its first batch normalisation remembers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import Observer, observing

# Variance of what the first batch normalisation is given, as a share of what it remembers. 20 photos, one at a time,
# EfficientNetLite0: 0.15 to 1.2 as it was trained (`lite`, `tf`), 0.04 to 0.3 with `unit`, 0.8 to 6 with `torch`, 2400
# to 20,000 with `none` and `caffe`. So only the last can be told; a photo of one colour has 0 with all.
LARGEST_SHARE = 150.0
DEAD = 1e-6  # variance; a channel that never answered tells nothing
MEAN, DEVIATION = 118.0, 60.0  # of photos, 0-255


class _ReachedError(BaseException):
    """The model need not run further; no Exception, which Keras would wrap."""


class _UpTo(Observer):
    """Ends the run of the model at the call that is looked at."""

    def keep(self, value: Any) -> Any:
        """Keep what the call is given, and stop."""
        self.captured = value
        raise _ReachedError


def strange_variance(classifier: Classifier) -> tuple[str, float] | None:
    """The first batch normalisation, where it is given far more variance than in training, and how many times as much.

    The network is shown a picture of noise with the spectrum, mean and deviation of photos, prepared as these are, and
    run no further than there.

    Returns:
        Path of the layer and the factor; None where it is nothing strange, or there is no such layer.
    """
    call = next((call for call in classifier.network.calls if call.kind == "BatchNormalization"), None)
    remembered = None if call is None else getattr(call.operation, "moving_variance", None)
    if call is None or remembered is None:
        return None
    observer = _UpTo(capture=call.number, capture_input=True)
    image = classifier.prepare(photo_like(classifier.size))
    try:
        with tf.device(classifier.device), observing(observer):
            classifier.model(tf.constant(image[None]), training=False)
    except _ReachedError:
        given = np.asarray(tf.cast(observer.captured, tf.float32), np.float64)
        axes = tuple(axis for axis in range(given.ndim) if axis != call.operation.axis % given.ndim)
        variances = np.asarray(remembered, np.float64)
        alive = variances > DEAD
        if alive.any():
            factor = float(np.median(given.var(axis=axes)[alive] / variances[alive]))
            return (call.path, factor) if factor > LARGEST_SHARE else None
    return None


def photo_like(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Noise whose amplitude falls with its frequency, as that of photos does: uint8 [H, W, 3], always the same."""
    rows, columns = (np.fft.fftfreq(side)[:, None] for side in size)
    frequency = np.hypot(rows, columns.T)
    frequency[0, 0] = np.inf  # no mean
    drawn = np.random.default_rng(0).standard_normal((3, *size))
    waves = np.fft.ifft2(np.fft.fft2(drawn) / frequency).real  # [3, H, W]
    scaled = MEAN + DEVIATION * waves / np.maximum(waves.std(axis=(1, 2), keepdims=True), 1e-9)
    return np.asarray(np.moveaxis(np.clip(np.rint(scaled), 0, 255), 0, 2), np.uint8)
