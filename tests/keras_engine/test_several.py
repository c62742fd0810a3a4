"""Several target layers: which are meant, in which order, and which cannot be."""

import keras
import pytest

from scorecam_cli.errors import LayerError
from scorecam_cli.keras_engine.building import examine
from scorecam_cli.keras_engine.several import targets_of
from tests.loading import model_zoo, transformers


def network_of(model):
    return examine(model, name=model.name, wanted_size=None)[2]


@pytest.fixture(scope="module")
def network():
    """Grids of 48, 24, 12 and 6: a padding in front of the last, and two branches beside each other on it."""
    image = keras.Input((48, 48, 3))
    x = image
    for name in ("large", "middle", "small"):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(x)
        if name != "small":
            x = keras.layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name="pad")(x)
    left, right = (keras.layers.Conv2D(4, 3, strides=2, activation="relu", name=name)(x) for name in ("left", "right"))
    x = keras.layers.Conv2D(4, 1, activation="relu", name="last")(keras.layers.Concatenate()([left, right]))
    head = keras.layers.Dense(3, name="head")(keras.layers.GlobalAveragePooling2D()(x))
    return network_of(keras.Model(image, head))


def names(calls):
    return [call.path for call in calls]


@pytest.mark.parametrize("asked", [("last", "middle"), ("middle", "last")])
def test_finest_grid_comes_first_however_layers_are_named(network, asked):
    assert names(targets_of(network, asked)) == ["middle", "last"]


def test_one_layer_or_none_is_what_it_was(network):
    assert names(targets_of(network, ())) == ["last"]
    assert names(targets_of(network, ("left",))) == ["left"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("last", "smal"), "layer 'smal' does not exist in this model; nearest: small"),
        (("last", "head"), r"layer 'head' \(Dense\) has output \[3\], no grid"),
        (("last", "last#1"), "layers 'last' and 'last#1' are the same, 'last'; leave out one"),
        (("left", "right"), "layers 'left' and 'right' lie beside each other: neither is made of the other"),
        (("left", "middle", "right"), "layers 'left' and 'right' lie beside each other"),
    ],
    ids=" ".join,
)
def test_layers_that_make_no_map_together_are_refused(network, asked, sentence):
    with pytest.raises(LayerError, match=sentence):
        targets_of(network, asked)


def test_branch_and_what_both_branches_are_made_of_are_one_path(network):
    assert names(targets_of(network, ("right", "small", "last"))) == ["small", "right", "last"]


def test_auto_takes_the_last_of_each_grid_up_to_400_cells(network):
    # 6 x 6 and 12 x 12, no padding; 24 x 24 has 576 cells.
    assert names(targets_of(network, ("auto",))) == ["small", "last"]


def test_auto_of_a_transformer_whose_tokens_have_one_grid_is_its_default():
    network = network_of(transformers.vit())
    assert targets_of(network, ("auto",)) == (network.default_target,)


def test_layers_inside_models_inside_models_are_on_one_path():
    network = network_of(model_zoo.nested())
    assert len(targets_of(network, ("backbone/relu_1", "backbone/relu_2"))) == 2
