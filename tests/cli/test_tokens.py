"""Layers of tokens on the command line: listed, explained, said how they fold."""

import json

import keras
import pytest

from tests.loading import transformers


@pytest.fixture(scope="module")
def token_model(tmp_path_factory):
    """A model file of Keras's own layers: [32, 32, 3] -> grid 8 x 8 -> 64 tokens -> one attention -> 2 classes."""
    path = tmp_path_factory.mktemp("model") / "tokens.keras"
    transformers.cnn_with_attention().save(path)
    return path


def test_layers_of_tokens_are_listed_with_the_grid_they_fold_into(scorecam, token_model):
    done = scorecam("models", token_model)
    (row,) = (line for line in done.paths if " add " in line)
    assert "8 x 8 of 64 tokens" in row
    objects = [json.loads(line) for line in scorecam("models", token_model, "--json").paths]
    assert [
        (each["layer"], each["shape"], each["prefix"]) for each in objects if each["layer"] in ("conv3", "add")
    ] == [
        ("conv3", [8, 8, 32], None),
        ("add", [8, 8, 32], 0),
    ]


def test_what_is_said_of_tokens_is_used_and_noted(scorecam, token_model, photo, tmp_path):
    said = ("-l", "add", "--grid", "7x9", "--prefix", "1")
    done = scorecam("explain", photo, "-m", token_model, "--preprocess", "unit", *said, "--json", "-o", tmp_path)
    noted = json.loads(done.out)
    assert (noted["layer"], noted["grid"], noted["prefix"]) == ("add", [7, 9], 1)
    assert (noted["settings"]["grid"], noted["settings"]["prefix"]) == ([7, 9], 1)
    done = scorecam("explain", photo, "-m", token_model, "--preprocess", "unit", "--json", "-o", tmp_path)
    noted = json.loads(done.out)
    assert (noted["layer"], noted["grid"], noted["prefix"]) == ("conv3", [8, 8], None)


@pytest.fixture(scope="module")
def two_blocks(tmp_path_factory):
    """A model file of 8 x 8 tokens, two blocks of attention and a mean."""
    image = keras.Input((32, 32, 3))
    x = keras.layers.Reshape((64, 16))(keras.layers.Conv2D(16, 4, strides=4, name="conv2d")(image))
    x = transformers.block(transformers.block(x, "first"), "second")
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(x)))
    path = tmp_path_factory.mktemp("model") / "blocks.keras"
    model.save(path)
    return path


@pytest.mark.slow
def test_methods_that_look_behind_the_layer_take_one_that_no_attention_has_mixed(scorecam, two_blocks, photo, tmp_path):
    done = scorecam("models", two_blocks)
    assert ", + that of recipro-cam and ablation-cam, ~ that of methods by gradients" in done.out
    marked = [line.split()[:2] for line in done.paths if line[:1] in "*+~"]
    assert marked == [["~", "conv2d"], ["+", "first_norm1"], ["*", "second_add2"]]
    explain = ("explain", photo, "-m", two_blocks, "--preprocess", "unit", "--json", "-o", tmp_path, "--method")
    for method, more, layer in (
        ("grad-cam", (), "conv2d"),
        ("recipro-cam", (), "first_norm1"),
        ("grad-cam", ("-l", "second_norm1"), "second_norm1"),
        ("score-cam", (), "second_add2"),
    ):
        done = scorecam(*explain, method, *more)
        noted = json.loads(done.out)
        assert (noted["method"], noted["layer"], noted["grid"], noted["prefix"]) == (
            method,
            layer,
            [8, 8],
            0 if "_" in layer else None,
        )
        assert ("--variant fitted shows the class better" in done.err) == (method == "score-cam")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--grid", "8x8"), 2, "--grid 8x8 says how the output of a layer is a picture of the photo: give --layer"),
        (("--prefix", "1"), 2, "--prefix 1 says which tokens are not of the grid: give --grid"),
        (("-l", "add", "--grid", "8"), 2, "'8' is not ROWSxCOLUMNS"),
        (("-l", "add", "--grid", "1x1"), 2, "--grid 1x1 is no grid"),
        (("-l", "add", "--grid", "8x9"), 2, "'add' has output [64, 32]; --grid 8x9 --prefix 0 needs tokens [72, K]"),
        (("-l", "head", "--grid", "1x2"), 2, "'head' has output [2]; --grid 1x2 --prefix 0 needs tokens [2, K]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_is_said_with_its_numbers(scorecam, token_model, photo, arguments, code, sentence):
    done = scorecam("explain", photo, "-m", token_model, "--preprocess", "unit", *arguments)
    assert done.code == code
    assert sentence in " ".join(done.err.split())
