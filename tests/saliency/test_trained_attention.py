"""Networks with attention that were trained here: their maps point at what they were trained to see."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import pytest

import scorecam_cli
from tests.loading import transformers
from tests.saliency import squares

PHOTOS = 45  # of which about 30 have a square


def of(**settings):
    """A transformer that knows no places, which the colours do not hang on."""
    model = transformers.vit(classes=3, **settings)
    model.get_layer("places").trainable = False
    return model


class Network(NamedTuple):
    """How one is built and trained, its target layer, and the share of peaks that is asked of it."""

    build: Callable[[], keras.Model]
    layer: str
    steps: int = 160
    spots: bool = False
    peaks: float = 0.9


NETWORKS = {
    "convolutions and attention": Network(lambda: transformers.cnn_with_attention(classes=3), "conv3"),
    "vit": Network(of, "block1_norm1"),
    "deit": Network(lambda: of(prefix=2, head="two"), "block1_norm1"),
    "vit, mean of the tokens": Network(lambda: of(prefix=0, head="mean"), "norm", 200, True),
    "swin": Network(lambda: transformers.swin(classes=3), "norm", 200, True, peaks=0.85),
}


def judged(model, spots, **how):
    """Share of the photos whose peak is in the square, and how often more of the map is in it than by chance."""
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    asked = squares.squares(PHOTOS, 3, spots=spots)
    peaks, energies = [], []
    for image, kind, (top, left, side) in zip(*asked, strict=True):
        if kind == squares.NEITHER:
            continue
        rgb = (image * 255).round().astype(np.uint8)
        found = scorecam_cli.explain(rgb, classifier, classes=[int(kind)], **how).classes[0].map
        row, column = np.unravel_index(found.argmax(), found.shape)
        peaks.append(top <= row < top + side and left <= column < left + side)
        inside = found[top : top + side, left : left + side].sum() / found.sum()
        energies.append(inside * found.size / side**2)
    return classifier.layer, float(np.mean(peaks)), float(np.mean(energies))


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_map_of_a_trained_network_points_at_the_square(name):
    network = NETWORKS[name]
    model, accuracy = squares.trained(network.build, steps=network.steps, spots=network.spots)
    assert accuracy >= 0.98
    layer, peaks, energy = judged(model, network.spots)
    _, *fitted = judged(model, network.spots, variant="fitted")
    figures = (accuracy, peaks, energy, *fitted)
    print("|", name, "|", layer, *(f"| {figure:.2f}" for figure in figures), "|")
    assert layer == network.layer
    assert peaks >= network.peaks
    assert fitted[0] >= 0.9
    assert fitted[1] >= 4
