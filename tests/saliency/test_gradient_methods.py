"""CAM and the gradient methods against values worked out by hand, and in what must never change."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.saliency.integrated_gradients import attributions
from scorecam_cli.saliency.maps import MethodSettings
from tests.loading import model_zoo
from tests.saliency import oracle, tiny

BY_GRADIENT = ("grad-cam", "grad-cam++", "layer-cam", "gradient", "smoothgrad", "integrated-gradients")
BUILDS = (model_zoo.nested, model_zoo.shared_layers, model_zoo.subclassed, model_zoo.listed_blocks)


def at(values):
    grid = np.zeros((4, 4))
    for place, value in values.items():
        grid[place] = value
    return grid


# Class 0 weighs red by 3 and green by -2, class 1 red by -1 and green by 5 (tiny.V); red is 8 at (0, 0) and (1, 1),
# green 4 at (1, 1) and (3, 3). The gradient at a position is the weight over 16 positions.
BY_HAND = {
    "cam": (at({(0, 0): 24, (1, 1): 24 - 8}), at({(1, 1): 20 - 8, (3, 3): 20})),
    "grad-cam": (at({(0, 0): 24 / 16, (1, 1): 16 / 16}), at({(1, 1): 12 / 16, (3, 3): 20 / 16})),
    "layer-cam": (at({(0, 0): 24 / 16, (1, 1): 24 / 16}), at({(1, 1): 20 / 16, (3, 3): 20 / 16})),
    # Channel sums are 16 and 8: alpha is 1 / (2 + 3 / 16 * 16) = 1 / 5 and 1 / (2 + 5 / 16 * 8) = 1 / 4.5;
    # 16 positions of weight / 16 each give 3 / 5 and 5 / 4.5; the negative weights are left out.
    "grad-cam++": (at({(0, 0): 8 * 3 / 5, (1, 1): 8 * 3 / 5}), at({(1, 1): 4 * 5 / 4.5, (3, 3): 4 * 5 / 4.5})),
    "gradient": (
        at({(0, 0): 3 / 16, (1, 1): 3 / 16, (3, 3): 2 / 16}),
        at({(0, 0): 1 / 16, (1, 1): 5 / 16, (3, 3): 5 / 16}),
    ),
    # The way from 0 is straight and ReLU bends only in 0, where its gradient is 0: of 49 intervals half a one is lost.
    "integrated-gradients": (
        (1 - 0.5 / 49) * at({(0, 0): 24 / 16, (1, 1): 16 / 16}),
        (1 - 0.5 / 49) * at({(1, 1): 12 / 16, (3, 3): 20 / 16}),
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_maps_of_the_model_solved_by_hand(name):
    found = tiny.maps(name, tiny.lamps(), tiny.lit(), [0, 1], layer="seen")
    for each, expected in zip(found, BY_HAND[name], strict=True):
        np.testing.assert_allclose(each, expected, rtol=1e-5, atol=1e-6)


def test_smoothgrad_of_a_linear_model_is_its_gradient():
    image = keras.Input((4, 4, 3))
    flat = keras.layers.Flatten()(keras.layers.Conv2D(2, 1, name="seen")(image))
    model = keras.Model(image, keras.layers.Dense(3)(flat))
    photo = tiny.photo(shape=(4, 4, 3))
    (smooth,), (plain,) = (tiny.maps(name, model, photo, [1]) for name in ("smoothgrad", "gradient"))
    np.testing.assert_allclose(smooth, plain, rtol=1e-5)


def test_smoothgrad_sees_through_a_bend_of_relu():
    # At 0 the gradient of ReLU is 0; half of the noisy copies are above it, so the mean gradient is about 1/2 of 3/16.
    image = tiny.lit()
    found = tiny.maps("smoothgrad", tiny.lamps(), image, [0], layer="seen", passes=400)[0]
    assert found[0, 3] == pytest.approx(0.5 * 3 / 16, rel=0.2)
    assert found[0, 0] == pytest.approx(3 / 16, rel=0.01)  # 8 is far from the bend: six deviations of 0.15 * 8


@pytest.mark.parametrize("build", [*BUILDS, model_zoo.residual], ids=lambda build: build.__name__)
def test_grad_cam_behind_a_mean_is_cam_over_the_positions(build):
    model = build()
    image = model_zoo.example_images(model)[0]
    classifier = scorecam_cli.wrap(model, preprocess="none")
    h, w, _ = classifier.grid_shape
    cams, grad_cams = (tiny.explain_on(name, classifier, image, [0, 1, 2]).classes for name in ("cam", "grad-cam"))
    assert any(each.map.any() for each in cams)
    for cam, grad_cam in zip(cams, grad_cams, strict=True):
        np.testing.assert_allclose(cam.map, grad_cam.map * h * w, rtol=1e-4, atol=1e-6)


def test_cam_equals_plain_loops():
    model = model_zoo.shared_layers()
    image = model_zoo.example_images(model)[0]
    grid = np.asarray(keras.Model(model.inputs[0], model.get_layer("after").output)(image[None])[0], np.float64)
    kernel = model.get_layer("head").get_weights()[0]
    summed = np.zeros(grid.shape[:2])
    for k in range(grid.shape[2]):
        summed += kernel[k, 0] * grid[:, :, k]
    expected = oracle.upsample(np.maximum(summed, 0), 16, 16)
    assert tiny.difference(tiny.maps("cam", model, image, [0])[0], expected, "cam, plain loops") <= 1e-5


def head_of(*layers, grid=4):
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(grid, 3, activation="relu", name="seen")(image)
    for layer in layers:
        x = layer(x)
    return keras.Model(image, x, name="headed")


L = keras.layers
FIT = {
    "convolution behind the mean": lambda: (
        L.GlobalAveragePooling2D(keepdims=True),
        L.Dropout(0.5),
        L.Conv2D(3, 1),
        L.Reshape((3,)),
        L.Activation("softmax"),
    ),
    "convolution before the mean": lambda: (L.Conv2D(3, 1), L.GlobalAveragePooling2D(), L.Softmax()),
    "flat": lambda: (L.GlobalAveragePooling2D(keepdims=True), L.Flatten(), L.Dense(3, activation="linear")),
    "two classes in a unit": lambda: (L.GlobalAveragePooling2D(), L.Dense(1, activation="sigmoid")),
}


@pytest.mark.parametrize("name", FIT)
def test_cam_reads_every_head_of_mean_and_one_weighted_layer(name):
    model = head_of(*FIT[name]())
    classifier = scorecam_cli.wrap(model, preprocess="none", layer="seen")
    image = tiny.photo(3, (8, 8, 3))
    for index in range(classifier.head.classes):
        cam, grad_cam = (
            tiny.explain_on(each, classifier, image, [index]).classes[0].map for each in ("cam", "grad-cam")
        )
        np.testing.assert_allclose(cam, grad_cam * 36, rtol=1e-4, atol=1e-6)  # 6 x 6 positions


def test_cam_of_channels_that_are_the_classes_is_the_channel():
    model = head_of(L.GlobalAveragePooling2D(), L.Softmax(), grid=3)
    image = tiny.photo(3, (8, 8, 3))
    classifier = scorecam_cli.wrap(model, preprocess="none")
    found = tiny.explain_on("cam", classifier, image, [2]).classes[0].map
    channel = classifier.observe(image).activations[:, :, 2]
    np.testing.assert_allclose(found, oracle.upsample(channel, 8, 8), rtol=1e-4, atol=1e-6)


NO_CAM = {
    "two weighted layers": lambda: (L.GlobalAveragePooling2D(), L.Dense(4), L.Dense(3)),
    "no mean": lambda: (L.Flatten(), L.Dense(3)),
    "maximum": lambda: (L.GlobalMaxPooling2D(), L.Dense(3)),
    "bend between": lambda: (L.GlobalAveragePooling2D(), L.Activation("relu"), L.Dense(3)),
    "softmax between": lambda: (L.GlobalAveragePooling2D(), L.Softmax(), L.Dense(3)),
    "bend in the convolution": lambda: (L.Conv2D(3, 1, activation="relu"), L.GlobalAveragePooling2D()),
    "wide convolution": lambda: (L.Conv2D(3, 3), L.GlobalAveragePooling2D()),
    "normalisation": lambda: (L.GlobalAveragePooling2D(), L.BatchNormalization(), L.Dense(3)),
}


@pytest.mark.parametrize("name", NO_CAM)
def test_cam_refuses_other_heads_and_says_what_to_use(name):
    with pytest.raises(ModelError, match=r"cam needs .* after layer seen; headed has .* use grad-cam or score-cam"):
        tiny.explained("cam", head_of(*NO_CAM[name]()), tiny.photo(3, (8, 8, 3)), [0], layer="seen")


@pytest.mark.parametrize("build", [tiny.seeing, *BUILDS], ids=lambda build: build.__name__)
def test_integrated_gradients_add_up_to_the_rise_of_the_logit(build):
    model = build()
    image = model_zoo.example_images(model)[0]
    classifier = scorecam_cli.wrap(model, preprocess="none")
    at_photo, at_zeros = (
        classifier.observe(each).answers.logits.astype(np.float64) for each in (image, np.zeros_like(image))
    )
    rises = at_photo - at_zeros  # [C]
    asked = tiny.question(classifier, image)
    sums = np.array([attributions(asked, index, MethodSettings(), lambda _: None).sum() for index in range(3)])
    print(f"{model.name}: sums {sums}, rises {rises}")
    assert np.abs(sums - rises).max() <= 0.01 * np.abs(rises).max()


def test_integrated_gradients_need_two_points():
    with pytest.raises(UsageError, match="--passes 1 is too few for integrated-gradients: it needs at least 2"):
        tiny.explained("integrated-gradients", tiny.seeing(), tiny.photo(), [0], passes=1)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
@pytest.mark.parametrize("name", BY_GRADIENT)
def test_methods_work_on_models_of_every_build(build, name):
    model = build()
    image = model_zoo.example_images(model)[0]
    passes = []
    found = tiny.explained(name, model, image, [0, 1, 2], on_passes=passes.append)
    assert sum(passes) == found.passes
    assert any(each.map.any() for each in found.classes)
    for each in found.classes:
        assert each.map.shape == image.shape[:2]
        assert each.map.dtype == np.float32
        assert np.isfinite(each.map).all()
        assert each.map.min() >= 0


@pytest.mark.parametrize("name", BY_GRADIENT)
def test_batch_size_changes_nothing(name):
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    one, many = (
        tiny.explain_on(name, classifier, tiny.photo(), [0, 2], batch_size=size, seed=3).classes for size in (1, 7)
    )
    assert any(each.map.any() for each in one)
    for first, second in zip(one, many, strict=True):
        assert np.abs(first.map - second.map).max() <= 1e-5 * first.map.max()


def test_seed_chooses_the_noise_of_smoothgrad():
    first, again, other = (
        tiny.maps("smoothgrad", tiny.seeing(), tiny.photo(), [0], seed=seed)[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
