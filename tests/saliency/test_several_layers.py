"""One map of several target layers: one fit on the masks of all, or the product of their maps."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Joining, Selection, Variant
from scorecam_cli.errors import LayerError, UsageError
from scorecam_cli.saliency import stacked
from scorecam_cli.saliency.explaining import planned_passes
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import METHODS
from scorecam_cli.saliency.product import check_joining, multiplied
from scorecam_cli.saliency.representatives import medoid_order, medoids_in_turns, squared_distances
from scorecam_cli.saliency.stacked import on_grid
from tests.saliency import oracle, tiny

LAYERS = ("fine", "coarse")
PROFILE = np.array([1, 0.75, 0.25, 0])  # of a lamp on 2 cells seen on 4 pixels, half-pixel bilinear


def two_grids(channels=2, size=4, seed=None):
    """Photo -> `fine` on its own grid -> `coarse` on half of it -> mean -> head; lamps, or seeded weights."""
    image = keras.Input((size, size, 3))
    fine = keras.layers.Conv2D(channels, 1, use_bias=False, activation="relu", name="fine")(image)
    pooled = keras.layers.AveragePooling2D(2)(fine)
    coarse = keras.layers.Conv2D(channels, 1, use_bias=False, activation="relu", name="coarse")(pooled)
    mean = keras.layers.GlobalAveragePooling2D()(coarse)
    model = keras.Model(image, keras.layers.Dense(2, use_bias=False, name="head")(mean))
    if seed is None:
        model.get_layer("fine").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2)])
        model.get_layer("coarse").set_weights([np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2)])
        model.get_layer("head").set_weights([np.eye(2, dtype=np.float32)])
        return model
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.normal(0, 1.5 / np.prod(weight.shape[:-1]) ** 0.5, weight.shape))
    return model


def corners():
    """Red top left, green bottom right: 2 x 2 pixels each."""
    image = np.zeros((4, 4, 3), np.float32)
    image[:2, :2, 0] = image[2:, 2:, 1] = 8
    return image


def explained(model, image, *, layers=LAYERS, method="score-cam", **settings):
    classifier = scorecam_cli.wrap(model, preprocess="none", layers=list(layers))
    return tiny.explain_on(method, classifier, image, [0], **settings)


def logistic(x):
    return 1 / (1 + np.exp(-x))


# Of the lamps, the red mask of `fine` leaves a mean of 8 * 4 / 16 = 2 of red and nothing of green. That of `coarse` is
# the outer product of the profile: 8 * 1.75^2 / 16 of red and 8 * 0.25^2 / 16 of green, which is 1.5 more.
FINE, COARSE = np.zeros((4, 4)), np.outer(PROFILE, PROFILE)
FINE[:2, :2] = 1


def test_sum_over_two_layers_solved_by_hand():
    found = explained(two_grids(), corners(), variant=Variant.CENTRED)
    fine, coarse = logistic(2) - 0.5, logistic(1.5) - 0.5  # the mean is 1/2: the green masks answer 1 - p
    expected = fine * (FINE - FINE[::-1, ::-1]) + coarse * (COARSE - COARSE[::-1, ::-1])
    np.testing.assert_allclose(found.classes[0].map, np.maximum(expected, 0), atol=1e-4)
    assert [(each.name, each.grid, each.channels, each.passes) for each in found.layers] == [
        ("fine", (4, 4), 2, 2),
        ("coarse", (2, 2), 2, 2),
    ]
    assert (found.layer, found.joined, found.channels, found.passes) == ("fine + coarse", Joining.FIT, 4, 4)


def test_product_of_two_layers_solved_by_hand():
    found = explained(two_grids(), corners(), variant=Variant.ARTICLE)
    # Each sum, scaled to [0, 1], is its red mask and exp(-2), or exp(-1.5), times its green one.
    fine, coarse = FINE + np.exp(-2) * FINE[::-1, ::-1], COARSE + np.exp(-1.5) * COARSE[::-1, ::-1]
    np.testing.assert_allclose(found.classes[0].map, fine * coarse, atol=1e-4)
    assert (found.joined, found.passes, found.classes[0].steps) == (Joining.PRODUCT, 4, None)


def photo_of(size):
    return np.random.default_rng(5).uniform(0, 2, (size, size, 3)).astype(np.float32)


def fitted_by_oracle(model, image):
    """One ridge regression on the masks of both layers, a constant for each, by least squares, penalty as answers."""
    size = image.shape[0]
    parts = keras.Model(model.inputs, [model.get_layer(name).output for name in LAYERS])
    masks, answers, layers = [], [], []
    for layer, activations in enumerate(np.asarray(part[0]) for part in parts(image[None])):
        for k in range(activations.shape[2]):
            grid = activations[:, :, k]
            if grid.max() > grid.min():
                up = oracle.upsample(grid, size, size)
                opening = (up - up.min()) / (up.max() - up.min() + oracle.EPSILON)
                logits = np.asarray(model((image * opening[..., None]).astype(np.float32)[None])[0])
                answers.append(oracle.softmax(logits)[0])
                masks.append(opening.ravel())  # the finest grid is the photo's own
                layers.append(layer)
    masks, constants = np.array(masks), np.eye(2)[layers]  # [N, P], [N, 2]
    squares = sum(((part - part.mean(axis=0)) ** 2).sum() for part in (masks[constants[:, at] > 0] for at in (0, 1)))
    penalty = np.concatenate([np.sqrt(squares / 16) * np.eye(size * size), np.zeros((size * size, 2))], axis=1)
    rows = np.concatenate([np.concatenate([masks, constants], axis=1), penalty])
    solved = np.linalg.lstsq(rows, np.concatenate([answers, np.zeros(size * size)]), rcond=None)[0][: size * size]
    return len(answers), np.maximum(solved.reshape(size, size), 0)


def test_fit_on_two_layers_equals_the_oracle():
    model, image = two_grids(24, 8, seed=1), photo_of(8)
    count, expected = fitted_by_oracle(model, image)
    found = explained(model, image, variant=Variant.FITTED)
    assert found.passes == count > 24  # more than one layer has
    assert tiny.difference(found.classes[0].map, expected, "fitted on two layers") <= 1e-4


def test_order_in_which_layers_are_named_and_size_of_batches_change_nothing():
    model, image = two_grids(24, 8, seed=2), photo_of(8)
    first = explained(model, image, variant=Variant.FITTED)
    other = explained(model, image, layers=LAYERS[::-1], variant=Variant.FITTED, batch_size=3)
    assert [each.name for each in first.layers] == [each.name for each in other.layers] == list(LAYERS)
    np.testing.assert_allclose(other.classes[0].map, first.classes[0].map, atol=1e-6)


def test_layer_without_a_live_channel_leaves_the_fit_of_the_other():
    model, image = two_grids(24, 8, seed=3), photo_of(8)
    model.get_layer("coarse").set_weights([np.zeros((1, 1, 24, 24), np.float32)])
    both, alone = (explained(model, image, layers=each, variant="fitted") for each in (LAYERS, LAYERS[:1]))
    np.testing.assert_array_equal(both.classes[0].map, alone.classes[0].map)
    assert [each.live_channels > 0 for each in both.layers] == [True, False]


@pytest.mark.parametrize("variant", [Variant.FITTED, Variant.ARTICLE])
def test_fewer_passes_are_shared_out_and_their_sum_is_what_was_asked(variant):
    model, image = two_grids(60, 8, seed=4), photo_of(8)
    done = []
    found = explained(model, image, variant=variant, passes=24, on_passes=done.append)
    assert found.passes == sum(done) == sum(each.passes for each in found.layers) == 24
    assert [each.passes for each in found.layers] == [12, 12]
    assert 0 < found.classes[0].estimated_correlation < 1
    classifier = scorecam_cli.wrap(model, preprocess="none", layers=LAYERS)
    asked = tiny.question(classifier, image)
    assert planned_passes("score-cam", asked, MethodSettings(passes=24, variant=variant)) == 24
    every = planned_passes("score-cam", asked, MethodSettings(variant=variant))
    assert every == found.live_channels == sum(each.live_channels for each in found.layers)


def test_layers_take_turns_until_one_has_no_more_masks():
    masks = np.random.default_rng(7).uniform(size=(7, 3))
    distances, energies = squared_distances(masks), np.arange(7) + 1.0
    layers = np.array([0, 0, 1, 1, 1, 1, 1])
    fine, coarse = (
        medoid_order(distances[:2, :2], energies[:2], 2),
        2 + medoid_order(distances[2:, 2:], energies[2:], 5),
    )
    expected = [fine[0], coarse[0], fine[1], *coarse[1:]]
    np.testing.assert_array_equal(medoids_in_turns(distances, energies, 9, layers), expected)
    np.testing.assert_array_equal(medoids_in_turns(distances, energies, 4, layers), expected[:4])
    alone = medoids_in_turns(distances, energies, 7, np.zeros(7, int))
    np.testing.assert_array_equal(alone, medoid_order(distances, energies, 7))


def test_masks_that_weigh_most_keep_the_grid_and_the_number_of_their_layer():
    model, image = two_grids(24, 8, seed=1), photo_of(8)
    steps = explained(model, image, variant=Variant.FITTED).classes[0].steps
    assert {grid.shape for grid in steps.grids} == {(8, 8), (4, 4)}
    for name, side in (("fine", 8), ("coarse", 4)):
        made = np.asarray(keras.Model(model.inputs, model.get_layer(name).output)(image[None])[0])
        own = [at for at, grid in enumerate(steps.grids) if grid.shape == (side, side)]
        for at in own:
            np.testing.assert_allclose(steps.grids[at], made[:, :, steps.channels[at]], atol=1e-5)
            assert steps.called(at) == f"channel {steps.channels[at]} of {side} x {side}"


LOOKING = [name for name, method in METHODS.items() if method.by_target and name != "cam"]  # cam has one layer alone


@pytest.mark.parametrize("method", LOOKING)
def test_every_method_that_looks_at_layers_multiplies_their_maps(method):
    model, image = two_grids(6, 8, seed=6), photo_of(8)
    alone = [explained(model, image, layers=[layer], method=method).classes[0].map for layer in LAYERS]
    both = explained(model, image, method=method)
    assert both.joined == Joining.PRODUCT
    np.testing.assert_allclose(both.classes[0].map, multiplied(alone), atol=1e-5)


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if not method.by_target])
def test_method_that_looks_at_no_layer_makes_the_same_map_of_several(method):
    model, image = two_grids(6, 8, seed=6), photo_of(8)
    few = {"passes": 9} if method == "rise" else {}
    alone, both = (explained(model, image, layers=each, method=method, **few) for each in (LAYERS[:1], LAYERS))
    np.testing.assert_array_equal(both.classes[0].map, alone.classes[0].map)
    assert both.joined is None


def test_product_is_the_same_in_any_order_and_zero_where_one_map_is():
    rng = np.random.default_rng(0)
    maps = [rng.uniform(0, scale, (5, 7)).astype(np.float32) for scale in (1e-6, 1, 1e6)]
    product = multiplied(maps)
    assert (product.min(), product.max()) == (0, 1)
    np.testing.assert_allclose(multiplied(maps[::-1]), product, rtol=1e-5)
    plain = np.ones((5, 7))
    for each in maps:
        plain *= (each - each.min()) / (each.max() - each.min())
    np.testing.assert_allclose(product, (plain - plain.min()) / (plain.max() - plain.min()), rtol=1e-5)
    assert not multiplied([maps[0], np.zeros((5, 7), np.float32)]).any()


def test_coarser_layer_is_upsampled_to_the_finest_grid():
    grid = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
    found = on_grid(grid, (7, 9))
    for channel in range(2):
        np.testing.assert_allclose(found[:, :, channel], oracle.upsample(grid[:, :, channel], 7, 9), atol=1e-6)


def test_fit_that_would_take_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(stacked, "MOST_BYTES", 48 * 64 * 8 - 1)
    with pytest.raises(LayerError, match=r"one fit on 48 masks of 8 x 8, those of fine \+ coarse, takes 0.0 GiB"):
        explained(two_grids(24, 8, seed=1), photo_of(8), variant=Variant.FITTED)


@pytest.mark.parametrize(
    ("method", "settings", "sentence"),
    [
        ("rise", {}, "method rise looks at no layer: leave out --layer"),
        ("gradient", {}, "method gradient looks at no layer: leave out --layer"),
        ("grad-cam", {"signed": True}, "--signed is of one --layer with method grad-cam"),
        ("score-cam", {"selection": Selection.FASTER, "passes": 9}, "--selection faster compares activations"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_what_several_layers_have_not_is_refused(method, settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        check_joining(METHODS[method], MethodSettings(**settings))


def test_fewer_passes_than_every_layer_needs_are_refused():
    with pytest.raises(UsageError, match="--passes 7 is too few for score-cam of 2 layers: it needs at least 8"):
        explained(two_grids(24, 8, seed=1), photo_of(8), passes=7)
