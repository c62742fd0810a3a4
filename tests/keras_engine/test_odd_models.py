"""Networks put together oddly: what is looked at is a picture of the photo, the right way round, or none is."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ModelError
from tests.loading import odd_models

REFUSED = None
# Worked out from how each is put together: the target layer and its grid.
TARGETS = {
    "channels put first": ("conv2", (6, 6)),
    "grid turned over its diagonal": ("conv2", (6, 6)),
    "grid turned and turned back": ("back", (6, 6)),
    "grid mirrored": ("conv2", (6, 6)),
    "grid rolled by half": ("conv2", (6, 6)),
    "half of the grid cut off": ("conv2", (6, 6)),
    "every second position": ("second", (3, 3)),
    "pooled to one row": ("conv2", (6, 6)),
    "squeezed to half the height": ("conv2", (6, 6)),
    "tokens column by column": ("conv2", (6, 6)),
    "tokens shuffled": ("conv2", (6, 6)),
    "grid made of a dense layer": ("conv2", (6, 6)),
    "no grid at all": REFUSED,
    "channels first inside": REFUSED,
    "learned queries only": ("conv2", (6, 6)),
    "clusters of features": ("conv2", (6, 6)),
    "cut into patches by an operation": ("norm", (6, 6)),
    "attention along rows and columns": ("add1", (6, 6)),
    "attention without a way around it": ("conv2", (6, 6)),
    "attention between convolutions": ("after", (6, 6)),
    "attention of channels": ("conv2", (6, 6)),
    "channels gated": ("excite", (6, 6)),
    "pixels shuffled to a finer grid": ("finer", (12, 12)),
    "convolution along tokens": ("along", (6, 6)),
    "every second token": ("conv2", (6, 6)),
    "tokens mixed by a dense layer": ("add", (6, 6)),
    "two class tokens, averaged": ("block1_norm1", (6, 6)),
}


@pytest.mark.parametrize("name", odd_models.MODELS)
def test_odd_model_is_looked_at_rightly_or_refused(name):
    model = odd_models.build(name)
    if TARGETS[name] is REFUSED:
        with pytest.raises(ModelError, match="no layer with a spatial grid"):
            scorecam_cli.wrap(model, preprocess="none")
        return
    classifier = scorecam_cli.wrap(model, preprocess="none")
    assert (classifier.layer, classifier.grid) == TARGETS[name]
    assert_the_right_way_round(classifier)


def assert_the_right_way_round(classifier):
    """What changes in the lower left of the photo changes most in the lower left of the grid."""
    noise = np.random.default_rng(1)
    before = noise.uniform(-1, 1, (odd_models.SIZE, odd_models.SIZE, 3)).astype(np.float32)
    after = before.copy()
    after[-8:, :8] = noise.uniform(-3, 3, (8, 8, 3))
    change = np.abs(classifier.observe(after).activations - classifier.observe(before).activations).sum(axis=2)
    row, column = np.unravel_index(change.argmax(), change.shape)
    h, w = classifier.grid
    assert row >= (h - 1) / 2
    assert column <= (w - 1) / 2
    assert row > column
