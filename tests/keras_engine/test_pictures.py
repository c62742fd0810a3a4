"""Which tensors of transformers, and of networks put together oddly, are pictures of the photo."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import LayerError
from scorecam_cli.keras_engine.building import examine
from scorecam_cli.keras_engine.layers import Folding
from scorecam_cli.keras_engine.pictures import is_like_photo
from tests.loading import transformers

BEFORE, LAST = "block1_norm1", "norm"  # the last attention; of all


def network_of(model):
    return examine(model, name=model.name, wanted_size=None)[2]


@pytest.mark.parametrize(
    ("settings", "layer", "folding"),
    [
        ({}, BEFORE, Folding(8, 8, 1)),
        ({"prefix": 2, "head": "two"}, BEFORE, Folding(8, 8, 2)),
        ({"prefix": 5}, BEFORE, Folding(8, 8, 5)),
        ({"prefix": 1, "head": "mean"}, LAST, Folding(8, 8, 1)),
        ({"prefix": 0, "head": "mean"}, LAST, Folding(8, 8, 0)),
        ({"prefix": 0, "head": "flat"}, LAST, Folding(8, 8, 0)),
        ({"prefix": 0, "head": "pool"}, LAST, Folding(8, 8, 0)),
        ({"size": (24, 40)}, BEFORE, Folding(6, 10, 1)),
        ({"blocks": 0, "head": "mean"}, LAST, Folding(8, 8, 1)),
        ({"behind": True, "head": "last"}, "patches", None),  # tokens of its own come last
    ],
    ids=str,
)
def test_target_of_a_transformer_is_the_last_tensor_whose_patches_reach_the_head(settings, layer, folding):
    target = network_of(transformers.vit(**settings)).default_target
    assert (target.path, target.folding) == (layer, folding)


@pytest.mark.parametrize("settings", [{}, {"residual": False}, {"prefix": 1}], ids=str)
def test_convolutional_network_with_an_attention_in_its_head_gets_its_last_grid(settings):
    assert network_of(transformers.cnn_with_attention(**settings)).default_target.path == "conv3"


def test_windows_are_no_target_and_the_tokens_between_them_are():
    network = network_of(transformers.swin())
    assert (network.default_target.path, network.default_target.folding) == (LAST, Folding(8, 8, 0))
    assert {call.grid_shape[:2] for call in network.targets} == {(8, 8)}


def test_nothing_inside_an_attention_is_a_target():
    targets = network_of(transformers.vit()).targets
    assert not [call.path for call in targets if "attention" in call.path]
    assert all(call.grid_shape == (8, 8, call.shape[-1]) for call in targets)


def test_tokens_reach_the_methods_as_a_grid_without_their_prefix():
    model = transformers.vit(prefix=2, head="two")
    classifier = scorecam_cli.wrap(model, preprocess="none")
    image = np.random.default_rng(0).uniform(0, 1, (32, 32, 3)).astype(np.float32)
    inner = keras.Model(model.inputs[0], model.get_layer(BEFORE).output)
    tokens = np.asarray(inner(image[None]))[0]  # [66, 32]
    activations = classifier.observe(image).activations
    assert classifier.grid_shape == activations.shape == (8, 8, 32)
    for row, column in ((0, 0), (0, 7), (3, 5), (7, 7)):
        np.testing.assert_allclose(activations[row, column], tokens[2 + 8 * row + column], atol=1e-5)


def test_what_the_user_says_of_tokens_must_fit_them():
    network = network_of(transformers.vit(behind=True, head="last"))
    with pytest.raises(LayerError, match=r"'norm'.*output \[65, 32\].*no grid.*default is 'patches'"):
        network.target("norm")
    target = network.target("norm", Folding(8, 8, 1))
    assert (target.grid_shape, target.folding) == ((8, 8, 32), Folding(8, 8, 1))
    with pytest.raises(LayerError, match=r"'norm' has output \[65, 32\].*8 \* 9 \+ 1 = 73"):
        network.target("norm", Folding(8, 9, 1))
    assert network.target("patches", Folding(8, 8)).folding is None


@pytest.mark.parametrize(
    ("grid", "size", "like"),
    [
        ((7, 7), (224, 224), True),
        ((1, 1), (224, 224), False),
        ((1, 7), (224, 224), False),
        ((1, 3), (64, 64), False),
        ((14, 7), (224, 224), False),
        ((11, 19), (24, 40), True),
        ((6, 14), (24, 40), True),  # five convolutions of 5 x 5 without padding, then every second
        ((3, 6), (24, 24), False),
        ((1, 7), (32, 224), True),
        ((4, 3), (32, 24), True),
        ((3, 4), (32, 24), False),
        ((6, 2), (24, 40), False),
    ],
)
def test_sides_of_a_grid_are_those_of_the_photo_give_or_take_rounding(grid, size, like):
    assert is_like_photo(*grid, size) == like
