"""SS-CAM, IS-CAM, Faster-Score-CAM, occlusion, RISE, noise: by hand, against plain loops, what must not change."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ModelError
from scorecam_cli.saliency.occlusion import patches_of
from scorecam_cli.saliency.question import live_channels
from scorecam_cli.saliency.rise import RandomMasks
from tests.keras_engine.test_gradients import opaque
from tests.loading import model_zoo
from tests.saliency import oracle, tiny


def loop_parts(model):
    """Grid, logits and probabilities of one photo by sub-models: what the loops below ask."""
    grid = keras.Model(model.inputs[0], model.get_layer("conv_2").output)
    before = keras.Model(model.inputs[0], model.get_layer("head").input)
    kernel, bias = (np.asarray(each, np.float64) for each in model.get_layer("head").get_weights())

    def logits_of(image):
        return np.asarray(before(image[None].astype(np.float32))[0], np.float64) @ kernel + bias

    return (lambda image: np.asarray(grid(image[None])[0], np.float64)), logits_of


def looped_cam(model, image, index, altered_masks):
    """The softmax-weighted sum of channels [H, W]; altered_masks: mask [H, W], channel -> the masks to average over."""
    grid_of, logits_of = loop_parts(model)
    activations = grid_of(image)
    height, width, _ = image.shape
    means, grids = [], []
    for k in range(activations.shape[2]):
        grid = activations[:, :, k]
        if grid.max() == grid.min():
            continue
        up = oracle.upsample(grid, height, width)
        mask = (up - up.min()) / (up.max() - up.min() + oracle.EPSILON)
        rises = [
            logits_of(image * each[:, :, None])[index] - logits_of(image)[index] for each in altered_masks(mask, k)
        ]
        means.append(np.mean(rises))
        grids.append(grid)
    summed = sum(weight * grid for weight, grid in zip(oracle.softmax(means), grids, strict=True))
    return oracle.upsample(np.maximum(summed, 0), height, width)


@pytest.mark.parametrize("build", [model_zoo.functional, model_zoo.non_square], ids=lambda build: build.__name__)
def test_ss_cam_equals_plain_loops(build):
    model = build()
    image = model_zoo.example_images(model)[0]

    def noisy(mask, channel):
        for sample in range(4):
            yield mask + 2 * np.random.default_rng((9, channel, sample)).standard_normal(mask.shape, np.float32)

    found = tiny.maps("ss-cam", model, image, [1], passes=4, seed=9)[0]
    assert tiny.difference(found, looped_cam(model, image, 1, noisy), "ss-cam, plain loops") <= 1e-4


@pytest.mark.parametrize("build", [model_zoo.functional, model_zoo.non_square], ids=lambda build: build.__name__)
def test_is_cam_equals_plain_loops(build):
    model = build()
    image = model_zoo.example_images(model)[0]

    def opened(mask, channel):
        del channel
        return [mask * share for share in (0.2, 0.4, 0.6, 0.8, 1.0)]

    found = tiny.maps("is-cam", model, image, [1], passes=5)[0]
    assert tiny.difference(found, looped_cam(model, image, 1, opened), "is-cam, plain loops") <= 1e-4


def test_is_cam_of_one_step_is_score_cam_with_its_papers_weights():
    # One step shows each mask once, fully open: the softmax of the logits, as in Algorithm 1 of Score-CAM. Without
    # constant channels the two maps are the same.
    image = tiny.photo()
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    assert len(live_channels(classifier.observe(image).activations)) == 5
    one = tiny.explain_on("is-cam", classifier, image, [0, 1], passes=1)
    papers = tiny.explain_on("score-cam", classifier, image, [0, 1], variant="paper")
    for found, expected in zip(one.classes, papers.classes, strict=True):
        np.testing.assert_allclose(found.map, expected.map, rtol=1e-4, atol=1e-6)


def test_is_cam_of_the_model_solved_by_hand():
    # Alone, the red mask is 1 on both red pixels, the green mask on both green ones; M = A / max. Shown at s / 2:
    # the means over 16 positions are s / 2 / 16 of red 16 and green 4 under the red mask, 8 and 8 under the green one.
    # Both are linear in s, so the mean over s = 1, 2 is at 3 / 4.
    red = 0.75 * np.array([16, 4]) / 16 @ tiny.V
    green = 0.75 * np.array([8, 8]) / 16 @ tiny.V
    image = tiny.lit()
    found = tiny.maps("is-cam", tiny.lamps(), image, [0, 1], layer="seen", passes=2)
    for index, each in enumerate(found):
        share = oracle.softmax([red[index], green[index]])
        np.testing.assert_allclose(each, share[0] * image[:, :, 0] + share[1] * image[:, :, 1], rtol=1e-4)


@pytest.mark.parametrize("name", ["ss-cam", "is-cam"])
def test_logits_are_needed_where_their_mean_is_taken(name):
    with pytest.raises(ModelError, match=f"opaque shows probabilities only, and {name} needs logits; use score-cam"):
        tiny.explained(name, opaque(), tiny.photo(), [0])


def test_faster_score_cam_is_score_cam_of_the_channels_of_largest_spread():
    model = model_zoo.functional()
    image = model_zoo.example_images(model)[0]
    grid_of, logits_of = loop_parts(model)
    activations = grid_of(image)
    order = np.argsort(-activations.reshape(-1, 6).std(axis=0))[:2]
    expected = np.zeros((16, 16))
    for k in order:
        up = oracle.upsample(activations[:, :, k], 16, 16)
        mask = (up - up.min()) / (up.max() - up.min() + oracle.EPSILON)
        expected += oracle.softmax(logits_of(image * mask[:, :, None]))[1] * mask
    found = tiny.explained("faster-score-cam", model, image, [1], passes=2)
    assert found.passes == 2
    assert tiny.difference(found.classes[0].map, expected, "faster-score-cam, plain loops") <= 1e-4


def test_faster_score_cam_of_all_channels_is_score_cam():
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    exact = tiny.explain_on("score-cam", classifier, tiny.photo(), [0])
    found = tiny.explain_on("faster-score-cam", classifier, tiny.photo(), [0])  # 5 channels, fewer than 10
    np.testing.assert_allclose(found.classes[0].map, exact.classes[0].map, rtol=1e-5)


def test_occlusion_of_the_model_solved_by_hand():
    # Patches of one pixel: the map is the drop of the probability where that pixel is put out.
    image = tiny.lit()
    sums = np.array([16.0, 8.0])
    before = oracle.softmax(sums / 16 @ tiny.V)
    expected = np.zeros((2, 4, 4))
    for row, column in np.ndindex(4, 4):
        after = oracle.softmax((sums - image[row, column, :2]) / 16 @ tiny.V)
        expected[:, row, column] = np.maximum(before - after, 0)
    found = tiny.explained("occlusion", tiny.lamps(), image, [0, 1], layer="seen")
    assert found.passes == 17
    for each, drop in zip(found.classes, expected, strict=True):
        np.testing.assert_allclose(each.map, drop, atol=1e-6)


@pytest.mark.parametrize(("shape", "patch", "stride"), [((24, 40, 3), (3, 5), (1, 2)), ((16, 16, 3), (2, 2), (1, 1))])
def test_occlusion_equals_plain_loops(shape, patch, stride):
    model = model_zoo.non_square() if shape[0] == 24 else model_zoo.functional()
    image = tiny.photo(2, shape)
    _, logits_of = loop_parts(model)
    before = oracle.softmax(logits_of(image))[2]
    sums, covers = np.zeros(shape[:2]), np.zeros(shape[:2])
    tops, lefts = (
        sorted({*range(0, side - size + 1, step), side - size})
        for side, size, step in zip(shape[:2], patch, stride, strict=True)
    )
    for top in tops:
        for left in lefts:
            covered = image.copy()
            covered[top : top + patch[0], left : left + patch[1]] = 0
            drop = before - oracle.softmax(logits_of(covered))[2]
            sums[top : top + patch[0], left : left + patch[1]] += drop
            covers[top : top + patch[0], left : left + patch[1]] += 1
    found = tiny.maps("occlusion", model, image, [2])[0]
    assert tiny.difference(found, np.maximum(sums / covers, 0), "occlusion, plain loops") <= 1e-3


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (16, 24), (224, 224), (299, 331)])
def test_patches_cover_every_pixel_and_nothing_outside(size):
    covers = np.zeros(size, int)
    patches = patches_of(size)
    for place in patches:
        assert covers[place].size == max(1, round(size[0] / 8)) * max(1, round(size[1] / 8))
        covers[place] += 1
    assert covers.min() >= 1
    assert len(set(map(str, patches))) == len(patches)


def test_rise_equals_plain_loops():
    model = model_zoo.non_square()
    image = tiny.photo(2, (24, 40, 3))
    _, logits_of = loop_parts(model)
    drawn = RandomMasks(90, (24, 40), seed=5)
    sums = np.zeros((24, 40))
    for grid, (row, column) in zip(drawn.grids, drawn.shifts, strict=True):
        large = oracle.upsample(grid, 8 * 4, 8 * 6)  # 24 / 7 and 40 / 7, rounded up
        mask = large[row : row + 24, column : column + 40]
        sums += oracle.softmax(logits_of(image * mask[:, :, None]))[1] * mask
    found = tiny.maps("rise", model, image, [1], passes=90, seed=5)[0]
    assert tiny.difference(found, sums / (90 * 0.5), "rise, plain loops") <= 1e-5


def test_masks_of_rise_are_half_open_everywhere_and_shifted_by_less_than_a_cell():
    drawn = RandomMasks(4000, (24, 40), seed=1)
    assert set(np.unique(drawn.grids)) == {0, 1}
    assert drawn.shifts.min() == 0
    np.testing.assert_array_equal(drawn.shifts.max(axis=0), [3, 5])
    masks = drawn.between(0, 4000)
    assert masks.min() >= 0
    assert masks.max() <= 1
    np.testing.assert_allclose(masks.mean(axis=0), 0.5, atol=0.05)  # a deviation is 0.5 / sqrt(4000) = 0.008


def test_rise_of_a_model_that_ignores_the_photo_is_its_probability():
    model = model_zoo.functional()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel * 0, bias])
    found = tiny.maps("rise", model, tiny.photo(), [1], passes=4000)[0]
    np.testing.assert_allclose(found, oracle.softmax(bias)[1], rtol=0.1)


@pytest.mark.parametrize("name", ["faster-score-cam", "ss-cam", "is-cam", "occlusion", "rise"])
def test_batch_size_and_more_classes_change_nothing(name):
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    options = {} if name == "occlusion" else {"passes": 3}
    passes = []
    one, many = (
        tiny.explain_on(
            name, classifier, tiny.photo(), [0, 2], batch_size=size, seed=3, on_passes=passes.append, **options
        )
        for size in (1, 7)
    )
    assert sum(passes) == one.passes + many.passes
    alone = tiny.explain_on(name, classifier, tiny.photo(), [2], seed=3, **options)
    assert alone.passes == one.passes  # all classes share them
    assert any(each.map.any() for each in one.classes)
    for first, second in zip((*one.classes, one.classes[1]), (*many.classes, alone.classes[0]), strict=True):
        assert np.abs(first.map - second.map).max() <= 1e-5 * first.map.max()


def test_noise_is_chosen_by_seed_photo_and_class_and_by_nothing_else():
    found = tiny.maps("random", tiny.seeing(), tiny.photo(), [0, 1], seed=1)
    again = tiny.maps("random", tiny.seeing(), tiny.photo(), [1], seed=1, batch_size=3)[0]
    np.testing.assert_array_equal(found[1], again)
    for other in (
        found[0],
        tiny.maps("random", tiny.seeing(), tiny.photo(), [1], seed=2)[0],
        tiny.maps("random", tiny.seeing(), tiny.photo(9), [1], seed=1)[0],
    ):
        assert abs(np.corrcoef(other.ravel(), again.ravel())[0, 1]) < 0.3  # 256 numbers: a deviation is 0.06
    assert 0 <= found[0].min() < 0.1
    assert 0.9 < found[0].max() <= 1


def test_noise_is_as_smooth_as_the_grid():
    model = model_zoo.functional()  # grid 7 x 7, photo 16 x 16
    found = tiny.maps("random", model, tiny.photo(), [0])[0]
    steps = np.abs(np.diff(found, axis=0)).max()
    assert 0 < steps <= 7 / 16 + 1e-6  # at most one unit from one grid position to the next
