"""A translated network computes what the Keras network computes. Needs torch: `make bench` installs it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make bench installs it")

from scorecam_cli.keras_engine.start import keras  # noqa: E402
from tests.bench.contest import read_image, read_setup  # noqa: E402
from tests.bench.contestants import load  # noqa: E402
from tests.bench.torch_contestants import TranslationError, check_translation  # noqa: E402
from tests.bench.translated import NotTranslatedError, part_name, translate  # noqa: E402

layers = keras.layers


def photos(side, count=3):
    return np.random.default_rng(1).uniform(0, 255, (count, side, side, 3)).astype(np.float32)


def answers(module, given):
    with torch.inference_mode():
        return module(torch.from_numpy(given.transpose(0, 3, 1, 2).copy())).numpy()


def unsteady(model):
    """All weights drawn anew, so that no scale is 1 and no offset 0."""
    chance = np.random.default_rng(2)
    for weight in model.weights:
        weight.assign(chance.uniform(0.1 if "variance" in weight.name else -0.5, 0.5, weight.shape))
    return model


def every_kind():
    photo = keras.Input((17, 17, 3))
    x = layers.Rescaling(1 / 255, offset=-0.5)(photo)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="even")(x)  # [B, 9, 9, 8]
    x = layers.BatchNormalization(epsilon=0.1)(x)
    x = layers.ReLU(6.0)(x)
    around = x
    x = layers.DepthwiseConv2D(5, padding="same", dilation_rate=2)(x)
    x = layers.Activation("hard_swish")(x)
    x = layers.Add()([x, around])
    gate = layers.Conv2D(8, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, layers.ReLU(6.0)(gate + 3.0) * (1.0 / 6.0)])
    x = layers.ReLU(name="grid")(layers.ZeroPadding2D(((0, 1), (1, 2)))(x))  # [B, 10, 12, 8]
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))  # [B, 5, 6, 8]
    x = layers.Conv2D(4, 3, groups=2, use_bias=False)(layers.ZeroPadding2D((1, 0))(x))  # [B, 5, 4, 4]
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(photo, layers.Dense(5, activation="softmax")(layers.Dense(6, activation="elu")(x)))


def test_every_kind_of_layer_is_translated():
    model, given = unsteady(every_kind()), photos(17)

    apart = check_translation(model, translate(model), given)

    assert apart < 1e-4
    assert np.ptp(answers(translate(model), given)) > 1  # of logits: a softmax would stay below


def test_padding_is_inside_the_convolution_where_it_is_the_same_on_both_sides():
    photo = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="both")(layers.ZeroPadding2D(1)(photo))
    model = keras.Model(photo, layers.Conv2D(4, 3, strides=2, padding="same", name="one")(x))

    translated = translate(model)

    assert translated.parts["both"].padding == (1, 1)
    assert [type(part).__name__ for part in translated.parts["one"]] == ["ZeroPad2d", "Conv2d"]
    np.testing.assert_allclose(
        answers(translated, photos(8)).transpose(0, 2, 3, 1), np.asarray(model(photos(8))), rtol=1e-4, atol=1e-3
    )


def test_what_two_layers_read_is_not_overwritten():
    photo = keras.Input((4, 4, 3))
    x = layers.Conv2D(2, 1)(photo)
    model = keras.Model(photo, layers.Add()([x, layers.ReLU()(x)]))
    given = photos(4) - 128

    np.testing.assert_allclose(
        answers(translate(model), given).transpose(0, 2, 3, 1), np.asarray(model(given)), rtol=1e-4, atol=1e-3
    )


def test_another_network_is_found_out():
    model, given = unsteady(every_kind()), photos(17)
    translated = translate(model)
    with torch.no_grad():
        translated.parts["even"][0].weight *= 1.01

    with pytest.raises(TranslationError, match="apart"):
        check_translation(model, translated, given)


@pytest.mark.parametrize(
    ("layer", "message"), [(layers.LayerNormalization(), "LayerNormalization"), (layers.Activation("gelu"), "gelu")]
)
def test_what_has_no_counterpart_is_refused(layer, message):
    photo = keras.Input((4, 4, 3))

    with pytest.raises(NotTranslatedError, match=message):
        translate(keras.Model(photo, layer(photo)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["VGG16", "ResNet18", "ResNet50", "MobileNetV3Small", "MobileNetV3Large"])
def test_the_networks_of_the_bench_are_translated(tmp_path, name):
    from tests.bench import contestants
    from tests.bench.speed import PHOTO

    keras.utils.clear_session()
    contestants.main(["setup", name, str(tmp_path), str(PHOTO), "cpu"])
    keras.utils.clear_session()  # as in another process
    model = load(name, folder=tmp_path)
    translated = translate(model)

    assert check_translation(model, translated, read_image(tmp_path)[None]) < 1e-4
    assert part_name(read_setup(tmp_path).layer) in translated.parts
