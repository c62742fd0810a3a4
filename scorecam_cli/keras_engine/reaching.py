"""Which tensors the output hangs on, position by position: behind the last attention patches reach no class token."""

from __future__ import annotations

from typing import Any

import numpy as np

from scorecam_cli.errors import ModelError
from scorecam_cli.keras_engine.calling import Called
from scorecam_cli.keras_engine.head import read_head
from scorecam_cli.keras_engine.layers import Network
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import Observer, as_grid, observing

SHARE = 0.5  # of the positions: a dead ReLU stops some gradients, a class token all


def reaching(called: Called, network: Network, *, input_shape: tuple[int, int, int]) -> frozenset[str] | None:
    """Identities of the targets of which most positions reach the output; None where that cannot be told.

    One forward and one backward pass for an image of noise: a slice leaves gradients of exactly zero, wherever it was
    taken, and no graph has to be understood for that.

    Args:
        called: a model as a function of photos. network: its layer calls, with targets.
        input_shape: (H, W, c).
    """
    try:
        bare = read_head(called, network=network, name="the model", input_shape=input_shape).bare_call
    except ModelError:  # no classifier: whoever needs one says so
        bare = -1
    observer = Observer(bare_head=bare, watched=network.targets)

    def gradients(images: Any, weights: Any) -> list[Any]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            with observing(observer):
                output = called(images)
            told = tf.reduce_sum(tf.cast(output, tf.float32) * weights)
        found = tape.gradient(
            told, [observer.found[call.key] for call in network.targets], unconnected_gradients="zero"
        )
        return [
            tf.reduce_any(as_grid(each, call) != 0, axis=[0, 3])
            for each, call in zip(found, network.targets, strict=True)
        ]

    noise = np.random.default_rng(0)
    image = noise.uniform(-1, 1, (1, *input_shape)).astype(np.float32)
    weights = noise.normal(size=[side or 1 for side in (1, *network.output_shape)]).astype(np.float32)
    try:
        reached = tf.function(gradients, autograph=False)(tf.constant(image), tf.constant(weights))
    except (tf.errors.OpError, LookupError, ValueError, TypeError, MemoryError):  # an operation without a gradient
        return None
    shares = {call.output: float(each.numpy().mean()) for call, each in zip(network.targets, reached, strict=True)}
    return frozenset(output for output, share in shares.items() if share >= SHARE)
