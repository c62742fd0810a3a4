"""Finding the target layer, the head and the model's own preparation, on models of every kind."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import scorecam_cli
from scorecam_cli.errors import LayerError, ModelError
from scorecam_cli.keras_engine.building import examine
from scorecam_cli.keras_engine.head import Activation, read_head
from scorecam_cli.keras_engine.passing import unmixed
from scorecam_cli.keras_engine.tracing import look_at
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.models.catalogue import catalogue
from tests.loading import model_zoo, transformers

# Worked out from how each model of the zoo is put together: target layer, and whether it scales photos itself.
TARGETS = {
    "functional": ("conv_2", False),
    "sequential": ("conv_2", False),
    "nested": ("backbone/relu_2", True),
    "nested_sequential": ("features/conv_2", False),
    "shared_layers": ("after", False),
    "subclassed": ("last", False),
    "listed_blocks": ("pool:input", False),
    "custom_layer": ("scaled_tanh", False),
    "residual": ("out", False),
    "batch_norm": ("relu", False),
    "mobilenet_inside": ("mobilenetv2_0.35_32/block_13_expand_relu", True),
    "mixed_bfloat16": ("conv", False),
    "sigmoid_labels": ("conv_2", False),
    "sigmoid_unit": ("conv_2", False),
    "logits": ("conv_2", False),
    "activation_head": ("conv_2", False),
    "softmax_head": ("conv_2", False),
    "non_square": ("conv_2", False),
    "one_channel": ("conv_2", False),
    "open_size": ("conv_2", False),
    "rescaling": ("conv_2", True),
    "normalization": ("conv_2", True),
}
SMALL = 6_000_000  # parameters; smaller named models make a whole map in the test
QUICK = 3_000_000  # parameters of a named model that every run of the tests tries


def network_of(model, size=None):
    return examine(model, name=model.name, wanted_size=size)[2]


@pytest.mark.parametrize("build", model_zoo.MODELS, ids=lambda build: build.__name__)
def test_default_target_layer_and_own_preparation(build):
    network = network_of(build())
    assert (network.default_target.path, network.prepares_itself) == TARGETS[build.__name__]


def test_pooling_right_after_a_convolution_gives_the_convolution():
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    assert network_of(model).default_target.path == "conv"


def test_grids_of_one_position_and_squeezed_side_branches_are_no_target():
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="gate")(gate)
    x = layers.Multiply(name="excite")([x, gate])
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Flatten()(layers.Conv2D(3, 1, name="conv_head")(x))
    network = network_of(keras.Model(image, x))
    assert [call.path for call in network.targets] == ["conv", "excite"]


@pytest.mark.slow
def test_layer_that_no_attention_has_mixed_is_the_last_of_the_targets_grid_before_the_first():
    expected = [
        (transformers.vit(), "block0_norm1", "places"),
        (transformers.vit(prefix=0, head="mean", blocks=3), "block0_norm1", "places"),
        (transformers.swin(), "block0_norm1", "patches"),
        (transformers.cnn_with_attention(), "conv3", "conv3"),
        (model_zoo.functional(), "conv_2", "conv_2"),
        (two_resolutions(), "coarse_norm1", "merging"),
    ]
    for model, *names in expected:
        network = network_of(model)
        found = [unmixed(network, network.default_target, undivided=undivided) for undivided in (False, True)]
        assert [call.path for call in found] == names


def two_resolutions():
    """Attention on a grid of 8 x 8, then on one of 4 x 4: the second sees what the first has made of its places."""
    image = keras.Input((32, 32, 3))
    x = layers.Reshape((64, 16))(layers.Conv2D(16, 4, strides=4)(image))
    x = layers.Reshape((8, 8, 16))(transformers.block(x, "fine"))
    x = layers.Reshape((16, 16))(layers.Conv2D(16, 2, strides=2, name="merging")(x))
    x = transformers.block(transformers.block(x, "coarse"), "last")
    return keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def test_branch_that_the_head_does_not_use_is_no_target():
    class Distracted(keras.Model):
        def __init__(self):
            super().__init__()
            self.seen = layers.Conv2D(4, 3, name="seen")
            self.unused = layers.Conv2D(4, 3, name="unused")
            self.head = layers.Dense(2, name="head")

        def call(self, inputs):
            x = self.seen(inputs)
            self.unused(inputs)
            return self.head(keras.ops.mean(x, axis=(1, 2)))

    model = Distracted()
    model(np.zeros((1, 8, 8, 3), np.float32))
    assert [call.path for call in look_at(model, (8, 8, 3)).targets] == ["seen"]


@pytest.mark.parametrize("scale", ["divide", "preprocess_input", "minus_one"])
def test_arithmetic_on_the_photo_counts_as_its_own_preparation(scale):
    image = keras.Input((16, 16, 3))
    x = {
        "divide": lambda: image / 255.0,
        "preprocess_input": lambda: keras.applications.resnet.preprocess_input(image),
        "minus_one": lambda: keras.applications.mobilenet_v2.preprocess_input(image),
    }[scale]()
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(x))
    network = network_of(keras.Model(image, layers.Dense(2)(x)))
    assert network.prepares_itself
    assert [call.path for call in network.targets] == ["conv"]


def test_layer_is_named_by_name_by_path_and_by_call():
    network = network_of(model_zoo.nested())
    assert network.target("relu_2").path == network.target("backbone/relu_2").path == "backbone/relu_2"
    shared = network_of(model_zoo.shared_layers())
    assert shared.target("shared#1").number < shared.target("shared#2").number == shared.target("shared").number


def test_unknown_layer_is_answered_with_the_nearest_and_the_default():
    network = network_of(model_zoo.nested())
    with pytest.raises(LayerError, match=r"'relu2'.*nearest: backbone/relu_2.*default is 'backbone/relu_2'"):
        network.target("relu2")
    with pytest.raises(LayerError, match=r"'head' \(Dense\) has output \[3\]"):
        network.target("head")
    with pytest.raises(LayerError, match="does not exist"):
        network.target("relu_2#7")


def test_model_without_convolutions_is_refused_with_a_sentence():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(ModelError, match="no layer with a spatial grid"):
        _ = network_of(model).default_target


def test_models_that_are_no_image_classifiers_are_refused_with_a_sentence():
    image = keras.Input((8, 8, 3))
    grid = layers.Conv2D(4, 3)(image)
    pooled = layers.GlobalAveragePooling2D()(grid)
    two_outputs = keras.Model(image, [layers.Dense(2)(pooled), layers.Dense(3)(pooled)])
    text = keras.Input((12,))
    refused = {
        "2 outputs": two_outputs,
        r"returns \[batch, 6, 6, 4\]": keras.Model(image, grid),
        r"takes \[None, 12\]": keras.Model(text, layers.Dense(2)(text)),
        "takes images of 65 channels": model_of_channels(65),
        "takes 2 inputs": keras.Model([image, text], layers.Dense(2)(layers.Concatenate()([pooled, text]))),
    }
    for sentence, model in refused.items():
        with pytest.raises(ModelError, match=sentence):
            scorecam_cli.wrap(model, preprocess="none")


def model_of_channels(channels):
    image = keras.Input((8, 8, channels))
    return keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(image))))


def test_open_size_follows_the_models_own_resizing_layer():
    image = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 255)(layers.Resizing(48, 32)(image))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(x))
    model = keras.Model(image, layers.Dense(2)(x))
    assert examine(model, name="m", wanted_size=None)[0] == (48, 32)
    assert examine(model_zoo.open_size(), name="m", wanted_size=None)[0] == (224, 224)
    assert examine(model_zoo.open_size(), name="m", wanted_size=(40, 64))[0] == (40, 64)
    with pytest.raises(ModelError, match="16 x 16 and no others"):
        examine(model_zoo.functional(), name="m", wanted_size=(40, 64))


@pytest.mark.parametrize(
    ("build", "activation", "logits_shown"),
    [
        (model_zoo.functional, Activation.SOFTMAX, True),
        (model_zoo.activation_head, Activation.SOFTMAX, True),
        (model_zoo.softmax_head, Activation.SOFTMAX, True),
        (model_zoo.logits, Activation.SOFTMAX, True),
        (model_zoo.sigmoid_labels, Activation.SIGMOID, True),
        (model_zoo.sigmoid_unit, Activation.SIGMOID, True),
        (model_zoo.mixed_bfloat16, Activation.SOFTMAX, True),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_head_is_read_so_that_its_activation_is_applied_once(build, activation, logits_shown):
    model = build()
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    assert (classifier.head.activation, classifier.head.shows_logits) == (activation, logits_shown)
    image = np.random.default_rng(0).uniform(0, 1, (*classifier.size, 3)).astype(np.float32)
    seen = classifier.observe(image).answers
    output = np.asarray(model(image[None], training=False), np.float64)[0]
    if build is model_zoo.logits:
        output = np.exp(output) / np.exp(output).sum()
    if build is model_zoo.sigmoid_unit:
        output = np.array([1 - output[0], output[0]])
    np.testing.assert_allclose(seen.probabilities, output, atol=1e-2 if build is model_zoo.mixed_bfloat16 else 1e-6)
    if activation is Activation.SOFTMAX:
        back = np.exp(seen.logits.astype(np.float64))
        np.testing.assert_allclose(seen.probabilities, back / back.sum(), atol=1e-6)
    else:
        np.testing.assert_allclose(seen.probabilities, 1 / (1 + np.exp(-seen.logits.astype(np.float64))), atol=1e-6)


def test_head_of_the_users_own_layer_is_told_by_its_numbers():
    class Own(keras.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, inputs):
            return self.function(inputs)

    expected = {
        keras.ops.softmax: (Activation.SOFTMAX, False),
        keras.ops.sigmoid: (Activation.SIGMOID, False),
        lambda x: 3 * x: (Activation.SOFTMAX, True),
    }
    for function, (activation, logits_shown) in expected.items():
        image = keras.Input((8, 8, 3))
        x = layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(image)))
        model = keras.Model(image, Own(function)(x))
        head = read_head(model, network=look_at(model, (8, 8, 3)), name="m", input_shape=(8, 8, 3))
        assert (head.activation, head.shows_logits) == (activation, logits_shown)


def test_the_model_is_left_as_it_was():
    model = model_zoo.functional()
    call = keras.Operation.__call__
    scorecam_cli.explain(np.full((20, 20, 3), 9, np.uint8), model, preprocess="unit")
    assert keras.Operation.__call__ is call
    assert model.get_layer("head").activation is keras.activations.softmax


def named_models():
    return [
        pytest.param(named, id=named.name, marks=[] if named.parameters < QUICK else [pytest.mark.slow])
        for named in catalogue()
    ]


@pytest.mark.parametrize("named", named_models())
def test_named_model_has_the_size_layer_and_channels_of_the_catalogue_and_runs_a_masked_pass(named):
    keras.backend.clear_session()  # so that automatic layer names are those of a fresh process
    model = build_named(named, weights="random", seed=0, offline=True)
    classifier = scorecam_cli.wrap(model, preprocess="none", input_size=(named.size, named.size))
    assert model.count_params() == named.parameters
    assert classifier.size == (named.size, named.size)
    assert (classifier.layer, classifier.target.shape) == (named.layer, (named.h, named.w, named.channels))
    assert classifier.network.prepares_itself == (named.preparation == "none")
    assert classifier.head.shows_logits
    rgb = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    image = classifier.prepare(rgb)
    grids = np.ascontiguousarray(classifier.observe(image).activations[:, :, :2].transpose(2, 0, 1))
    answers = classifier.masked_answers(image, grids, batch_size=2).answers
    assert answers.probabilities.shape == (2, 1000)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, atol=1e-4)
    if named.parameters < SMALL:
        found = scorecam_cli.explain(rgb, classifier, passes=16)
        assert np.isfinite(found.classes[0].map).all()
        assert found.classes[0].map.any()
    print(json.dumps([named.name, list(classifier.size), classifier.layer, list(classifier.target.shape)]))
